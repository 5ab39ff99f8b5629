"""What pydantic complains of becomes our own faults, each at its place."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from difflib import get_close_matches
from itertools import chain, islice
from types import MappingProxyType
from typing import Any, Final, TypeAlias, cast

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from gradverify.errors import CLOSE, Mark, SpecError
from gradverify.spec import entries
from gradverify.spec import model_errors as wording
from gradverify.spec import tape_errors as tape_wording
from gradverify.spec.errors import shown
from gradverify.spec.located import MAX_FAULTS, Located, Path
from gradverify.spec.model import (
    DerivedModel,
    ExpectModel,
    FindingModel,
    HvpModel,
    InputModel,
    RecordedModel,
    SpecModel,
)
from gradverify.spec.tape_model import LossModel, RepeatModel, TapeStepModel

_LONGEST_KEY: Final = 80

Facts: TypeAlias = Mapping[str, Any]
_Wording: TypeAlias = Callable[[wording.Found, Facts], SpecError]

# Which model reads the mapping at a path; * is any name or position.
_MODELS: Final[Mapping[Path, type[BaseModel]]] = MappingProxyType(
    {
        (): SpecModel,
        ("inputs", "*"): InputModel,
        ("expect",): ExpectModel,
        ("expect", "hvp", "*"): HvpModel,
        ("recorded",): RecordedModel,
        ("derived",): DerivedModel,
        ("tape", "*"): TapeStepModel,
        ("tape", "*", "repeat"): RepeatModel,
        ("tape", "*", "repeat", "loss"): LossModel,
        ("findings", "*"): FindingModel,
    }
)

_EXPECTED: Final[Mapping[str, str]] = MappingProxyType(
    # pydantic's name for a type error, and what was expected in our words
    {
        "bool_type": "true or false",
        "tuple_type": "a list",
        "dict_type": "a mapping",
        "mapping_type": "a mapping",
        "model_type": "a mapping",
    }
)

_WORDINGS: Final[Mapping[str, _Wording]] = MappingProxyType(
    {
        entries.ENTRY: lambda found, _: wording.EntryError(found),
        entries.TOO_LARGE: lambda found, _: wording.TooLargeError(found),
        entries.RAGGED: lambda found, facts: wording.RaggedError(
            found, facts["first"], facts["here"]
        ),
        entries.RANGE: lambda found, facts: wording.RangeError(found, facts["rule"]),
        entries.BLANK: lambda found, facts: wording.BlankError(found, facts["advice"]),
        entries.REFERENCE: lambda found, _: wording.NotAReferenceError(found),
        entries.TITLE: lambda found, _: wording.TitleError(found),
        entries.UNKNOWN_WORD: lambda found, facts: wording.UnknownWordError(found, facts["known"]),
        entries.WRONG_TYPE: lambda found, facts: _wrong_type(found, facts["expected"]),
        entries.VERBS: lambda found, facts: tape_wording.VerbsError(
            found, facts["verbs"], facts["known"]
        ),
        entries.MODIFIER: lambda found, facts: tape_wording.ModifierError(
            found, facts["word"], facts["verb"], facts["beside"]
        ),
        entries.BY: lambda found, _: tape_wording.ByMissingError(found),
        "literal_error": lambda found, _: wording.VersionError(found),
        "too_short": lambda found, _: wording.BlankError(found, "It needs at least one name."),
    }
)


_NAMES: Final[Mapping[str, Callable[[Mark, str], SpecError]]] = MappingProxyType(
    {entries.NOT_A_NAME: wording.NotANameError, entries.RESERVED_NAME: wording.ReservedNameError}
)

SHOWN: Final = ("grad", "grad_fn", "hooked", "by")
NULLS: Final = ("null", "Null", "NULL", "~")

_OF_KEYS: Final = ("extra_forbidden", *_NAMES)

_ADVICE: Final = (
    # what was expected, what stands there, and how to get from one to the other
    ("text", "scalar", "Put it between quotes."),
    ("text", "mapping", "Put text that contains `: ` or begins with { between quotes."),
    ("text", "list", "Put text that begins with [ between quotes."),
    ("list", "text", "Write `[a, b]`, or a line `- a` for each item."),
    ("list", "scalar", "Write `[a, b]`, or a line `- a` for each item."),
    ("list", "mapping", "Begin each item with a dash and a space."),
    ("false", "text", "YAML 1.2 has no other words for them."),
    ("mapping", "text", "Write `{name: value}`, or an indented line `name: value` for each."),
    ("mapping", "scalar", "Write `{name: value}`, or an indented line `name: value` for each."),
    ("mapping", "list", "Write `name: value` without the dash or the brackets."),
)


def faults_of(located: Located, details: Sequence[ErrorDetails]) -> list[SpecError]:
    """Return a document's faults in our own words, those of its YAML first.

    `details` is what pydantic found; what follows from another fault is left out.
    """
    foreign = {_key(detail) for detail in details if detail["type"] in _OF_KEYS}
    judged = (detail for detail in details if not _misspelt(detail, details))
    found = filter(None, (_fault(located, detail) for detail in judged))
    # One more than are shown, so that it is seen that there are more.
    return list(islice(chain(located.faults, _nothings(located, foreign), found), MAX_FAULTS + 1))


def stranger_fault(located: Located) -> SpecError | None:
    """Return the fault of a document that is no spec of version 1, so that it ends there."""
    data = located.data
    if data is None:
        return None if located.spoilt else wording.EmptyDocumentError(located.mark(()))
    if not isinstance(data, dict):
        return wording.NotASpecError(_found(located, ()))
    version = cast("dict[str, Any]", data).get("gradverify")
    if version is None or (version == 1 and type(version) is int):
        return None
    return wording.VersionError(_found(located, ("gradverify",)))


def _nothings(located: Located, foreign: Collection[Path]) -> Iterator[SpecError]:
    for path in located.nulls:
        if _may_be_null(located, path):
            continue
        if not _within(path, foreign) and not _within(path, located.spoilt):
            yield wording.NothingError(_found(located, path))


def _may_be_null(located: Located, path: Path) -> bool:
    """Whether null stands, in so many words, where a tape shows None."""
    shown = any(_fits(path, ("tape", "*", verb, "*")) for verb in SHOWN)
    return shown and located.text(path) in NULLS


def _key(detail: ErrorDetails) -> Path:
    loc = detail["loc"]
    return loc[:-1] if detail["type"] in _NAMES else loc


def _fault(located: Located, detail: ErrorDetails) -> SpecError | None:
    facts, kind, loc = detail.get("ctx", {}), detail["type"], detail["loc"]
    if kind == "missing":
        return _missing(located, loc)
    if loc and loc[-1] == "[key]" and kind in _NAMES:
        return None if _within(loc[:-1], located.spoilt) else _misnamed(located, loc[:-1], kind)
    path = located.known((*loc, *facts.get("path", ())))
    if kind == "extra_forbidden":
        return None if _within(path, located.spoilt) else _unknown(located, path)
    if _within(path, located.spoilt) or path in located.nulls:
        return None
    found = _found(located, path)
    if kind in _WORDINGS:
        return _WORDINGS[kind](found, facts)
    return _wrong_type(found, _EXPECTED.get(kind, "something else"))


def _misnamed(located: Located, path: Path, kind: str) -> SpecError:
    return _NAMES[kind](located.key_mark(path), str(path[-1]))


def _missing(located: Located, loc: Path) -> SpecError | None:
    if _within(loc, located.spoilt):
        return None
    name = str(loc[-1])
    return wording.MissingKeyError(located.mark(loc[:-1]), name, _about(loc, name))


def _about(loc: Path, name: str) -> str:
    return _model_at(loc[:-1]).model_fields[name].description or ""


def _unknown(located: Located, path: Path) -> SpecError:
    mark, name = located.key_mark(path), str(path[-1])
    return wording.UnknownKeyError(mark, name, tuple(_model_at(path[:-1]).model_fields))


def _misspelt(detail: ErrorDetails, details: Sequence[ErrorDetails]) -> bool:
    if detail["type"] != "missing":
        return False
    *parent, name = detail["loc"]
    unknown = (other["loc"] for other in details if other["type"] == "extra_forbidden")
    near = [str(loc[-1])[:_LONGEST_KEY] for loc in unknown if [*loc[:-1]] == parent]
    return bool(get_close_matches(str(name), near, cutoff=CLOSE))


def _model_at(path: Path) -> type[BaseModel]:
    fits = (model for pattern, model in _MODELS.items() if _fits(path, pattern))
    return next(fits, SpecModel)


def _fits(path: Path, pattern: Path) -> bool:
    pairs = zip(path, pattern, strict=False)
    return len(path) == len(pattern) and all(want in (have, "*") for have, want in pairs)


def _within(path: Path, places: Collection[Path]) -> bool:
    return bool(places) and any(path[:n] in places for n in range(len(path) + 1))


def _wrong_type(found: wording.Found, expected: str) -> SpecError:
    return wording.WrongTypeError(found, expected, _advice(found, expected))


def _advice(found: wording.Found, expected: str) -> str:
    wanted = next(
        (word for word in ("text", "list", "mapping", "false") if expected.endswith(word)), ""
    )
    return next(
        (advice for want, got, advice in _ADVICE if (want, got) == (wanted, found.sort)), ""
    )


def _found(located: Located, path: Path) -> wording.Found:
    mark, text = located.mark(path), located.text(path) or ""
    sort, words = _described(_at(located.data, path), text)
    seen = text if mark.text.startswith(text, mark.column - 1) else ""
    return wording.Found(mark, _dotted(path), sort, words, seen)


def _at(data: Any, path: Path) -> Any:
    for name in path:
        data = data[name]
    return data


def _dotted(path: Path) -> str:
    names = (f"[{name}]" if isinstance(name, int) else f".{name}" for name in path)
    return "".join(names).removeprefix(".")


def _described(value: Any, text: str) -> tuple[str, str]:
    match value:
        case None:
            return "nothing", "nothing"
        case bool():
            return "scalar", f"`{str(value).lower()}`"
        case int() | float():
            return "scalar", f"the number {shown(text)}"
        case str():
            return "text", f"the text {shown(text)}"
        case list():
            return "list", "a list"
        case _:
            return "mapping", "a mapping"
