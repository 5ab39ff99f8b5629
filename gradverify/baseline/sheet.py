"""Sheet: the lines of a baseline that were read so far, each held against those before it."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, TypeAlias, TypeVar, final

from gradverify.baseline.errors import (
    BaselineError,
    ConflictError,
    ContradictionError,
    OrphanError,
    UnknownKeyError,
    WrongDateError,
    WrongLineError,
)
from gradverify.baseline.lines import FIRST, LAST, key_of
from gradverify.baseline.model import (
    DOUBLE,
    GRADIENT,
    Baseline,
    FindingKey,
    Kept,
    Print,
    Remembered,
    Row,
    RowKey,
    is_day,
)
from gradverify.verdict.verdict import Severity, Status

Item: TypeAlias = dict[str, Any]
Key = TypeVar("Key")
Value = TypeVar("Value")

KINDS: Final[Mapping[str, Mapping[str, type]]] = MappingProxyType(
    {
        "gradverify": {"gradverify": str, "version": int},
        "environment": {"environment": str, "is": str},
        "spec": {
            "spec": str, "key": str, "seed": int, "status": str, "digest": str,
            "oracles": list, "missing": list,
        },
        "row": {
            "row": str, "party": str, "kind": str, "of": str, "at": str, "status": str,
            "error": str, "allowed": str, "shape": list, "dtype": str, "bar": str,
            "nonfinite": int, "signed": list, "some": list, "all": list,
        },
        "finding": {
            "finding": str, "code": str, "party": str, "of": str, "at": str, "severity": str,
            "first_seen": str, "last_seen": str, "expires": str, "reason": str,
        },
        "end": {"end": str},
    }
)  # fmt: skip
"""Kinds of lines by their first key, and the type of what stands under each key."""

WORDS: Final[Mapping[type, str]] = MappingProxyType(
    {str: "a text in quotes", int: "a whole number", list: "a list"}
)
DATES: Final = ("first_seen", "last_seen", "expires")
MARKERS: Final = ("<<<<<<<", "=======", ">>>>>>>", "|||||||")
"""What git puts around lines that it could not merge."""
STATUSES: Final = MappingProxyType({status.value: status for status in Status})
SEVERITIES: Final = MappingProxyType({severity.value: severity for severity in Severity})


@final
@dataclass(frozen=True, slots=True)
class Sheet:
    """What was read, each item with the number of its line; rows and findings by spec's key."""

    path: Path
    environment: dict[str, tuple[int, str]] = field(default_factory=dict[str, tuple[int, str]])
    specs: dict[str, tuple[int, Kept]] = field(default_factory=dict[str, tuple[int, Kept]])
    rows: dict[str, dict[RowKey, tuple[int, Row]]] = field(
        default_factory=dict[str, dict[RowKey, tuple[int, Row]]]
    )
    findings: dict[str, dict[FindingKey, tuple[int, Remembered]]] = field(
        default_factory=dict[str, dict[FindingKey, tuple[int, Remembered]]]
    )
    forms: set[tuple[object, ...]] = field(default_factory=set[tuple[object, ...]])

    def take(self, number: int, line: Any) -> None:
        """Read one line, a text or the value that it has as JSON.

        Raises BaselineError if it says nothing, or contradicts another.
        """
        item: Item = _parsed(self, number, line) if isinstance(line, str) else line
        if type(item) is not dict or not item:
            raise WrongLineError(self.path, number, "this is no JSON object with something in it")
        kind = _kind_of(self, number, item)
        try:
            TAKERS[kind](self, number, item)
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise WrongLineError(self.path, number, _reason(kind, error)) from error

    def baseline(self) -> Baseline:
        """Return all that was read; raises OrphanError for a row or a finding of no spec."""
        _assert_owned(self, self.rows)
        _assert_owned(self, self.findings)
        return Baseline(
            environment={name: version for name, (_, version) in self.environment.items()},
            specs={kept.id: _whole(self, key, kept) for key, (_, kept) in self.specs.items()},
        )


def _parsed(sheet: Sheet, number: int, line: str) -> Any:
    if line.startswith(MARKERS):
        raise ConflictError(sheet.path, number)
    try:
        return json.loads(line)
    except ValueError as error:
        raise WrongLineError(sheet.path, number, "this is not a line of JSON") from error


def _whole(sheet: Sheet, key: str, kept: Kept) -> Kept:
    return replace(
        kept,
        rows={name: row for name, (_, row) in sheet.rows.get(key, {}).items()},
        findings={name: item for name, (_, item) in sheet.findings.get(key, {}).items()},
    )


def _assert_owned(sheet: Sheet, items: Mapping[str, Mapping[Key, tuple[int, Value]]]) -> None:
    for key, owned in items.items():
        if key not in sheet.specs:
            raise OrphanError(sheet.path, min(line for line, _ in owned.values()), key)


def _kind_of(sheet: Sheet, number: int, item: Item) -> str:
    """Return which kind of line it is, once its keys and their types are known to be right."""
    kind = next(iter(item))
    form = (*item, *map(type, item.values()))
    if form in sheet.forms:  # most lines have that of one before
        return kind
    types = KINDS.get(kind)
    if types is None:
        raise UnknownKeyError(sheet.path, number, kind, tuple(KINDS))
    for key, value in item.items():
        if type(value) is not types.get(key):
            raise _misfit(sheet, number, (key, value), types)
    sheet.forms.add(form)
    return kind


def _misfit(
    sheet: Sheet, number: int, pair: tuple[str, object], types: Mapping[str, type]
) -> BaselineError:
    key, value = pair
    if key not in types:
        return UnknownKeyError(sheet.path, number, key, tuple(types))
    problem = f"`{key}` is {json.dumps(value)[:60]}, and must be {WORDS[types[key]]}"
    return WrongLineError(sheet.path, number, problem)


def _reason(kind: str, error: Exception) -> str:
    if isinstance(error, KeyError):
        return (
            f"this {kind} lacks {error.args[0]!r}, or that is a word that gradverify never writes"
        )
    return f"this {kind} has a number or a list that cannot be read ({error})"


def _again(sheet: Sheet, number: int, item: Item) -> None:
    """Take a first or a last line between others, as a merge line by line can leave them."""
    if item not in (FIRST, json.loads(LAST)):
        raise WrongLineError(sheet.path, number, "no line of this format is like this one")


def _environment(sheet: Sheet, number: int, item: Item) -> None:
    name = item["environment"]
    before = sheet.environment.setdefault(name, (number, item["is"]))
    _assert_same(sheet, before, (number, item["is"]), f"the version of {name}")


def _spec(sheet: Sheet, number: int, item: Item) -> None:
    kept = Kept(
        id=item["spec"],
        seed=item["seed"],
        status=item["status"],
        digest=item.get("digest", ""),
        answered=tuple(map(str, item["oracles"])),
        missing=tuple((str(c), str(p), str(of)) for c, p, of in item.get("missing", ())),
    )
    before = sheet.specs.setdefault(key_of(kept.id), (number, kept))
    _assert_same(sheet, before, (number, kept), f"the spec {kept.id}")


def _row(sheet: Sheet, number: int, item: Item) -> None:
    key = (item["party"], item.get("kind", GRADIENT), item["of"], item.get("at", ""))
    row = Row(
        key=key,
        status=STATUSES[item.get("status", "agree")],
        error=float.fromhex(item.get("error", "0")),
        allowed=float.fromhex(item.get("allowed", "0")),
        print=_print(item) if "shape" in item else None,
    )
    before = sheet.rows.setdefault(item["row"], {}).setdefault(key, (number, row))
    if before[1] is not row:
        _assert_same(sheet, before, (number, row), f"the {key[1]} by {key[2]!r} as of {key[0]}")


def _print(item: Item) -> Print:
    if "all" in item:
        probes = tuple(enumerate(map(float.fromhex, item["all"])))
    else:
        probes = tuple((int(k), float.fromhex(value)) for k, value in item["some"])
    return Print(
        shape=tuple(map(int, item["shape"])),
        dtype=item.get("dtype", DOUBLE),
        bar=float.fromhex(item["bar"]),
        nonfinite=item.get("nonfinite", 0),
        projections=tuple(map(float.fromhex, item.get("signed", ()))),
        probes=probes,
    )


def _finding(sheet: Sheet, number: int, item: Item) -> None:
    for name in DATES:
        _assert_date(sheet, number, name, item.get(name, ""))
    key = (item["code"], item["party"], item.get("of", ""), item.get("at", ""))
    made = Remembered(
        key=key,
        severity=SEVERITIES[item.get("severity", "error")],
        first_seen=item["first_seen"],
        last_seen=item["last_seen"],
        expires=item.get("expires", ""),
        reason=item.get("reason", ""),
    )
    owned = sheet.findings.setdefault(item["finding"], {})
    line, before = owned.get(key, (number, made))
    joined = _seen_by_both(before, made)
    what = f"the finding {key[0]} of {key[1]}"
    _assert_same(sheet, (line, replace(before, **_seen(joined))), (number, joined), what)
    owned[key] = (line, joined)


def _seen_by_both(one: Remembered, other: Remembered) -> Remembered:
    """Return a finding that two branches saw on different days: that is no contradiction."""
    first = min(one.first_seen, other.first_seen)
    return replace(other, first_seen=first, last_seen=max(one.last_seen, other.last_seen))


def _seen(item: Remembered) -> dict[str, str]:
    return {"first_seen": item.first_seen, "last_seen": item.last_seen}


def _assert_date(sheet: Sheet, number: int, name: str, value: str) -> None:
    if value and not is_day(value):
        raise WrongDateError(sheet.path, number, name, value)


def _assert_same(
    sheet: Sheet, before: tuple[int, object], now: tuple[int, object], what: str
) -> None:
    if repr(before[1]) != repr(now[1]):  # == would tell two NaNs apart
        raise ContradictionError(sheet.path, (before[0], now[0]), what)


TAKERS: Final[Mapping[str, Callable[[Sheet, int, Item], None]]] = MappingProxyType(
    {
        "gradverify": _again,
        "environment": _environment,
        "spec": _spec,
        "row": _row,
        "finding": _finding,
        "end": _again,
    }
)
