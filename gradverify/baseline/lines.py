"""A baseline becomes lines of JSON, each of which stands by itself, sorted."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from typing import Final

from gradverify.baseline.model import (
    DOUBLE,
    FORMAT,
    GRADIENT,
    Baseline,
    Kept,
    Print,
    Remembered,
    Row,
)
from gradverify.verdict.verdict import Severity, Status

FIRST: Final[Mapping[str, object]] = {"gradverify": "baseline", "version": FORMAT}
LAST: Final = '{"end":"baseline"}'
ZEROS: Final = re.compile(r"\.?0+(?=p)")
KEY: Final = 12  # hexadecimal digits of what stands for a spec's id in its rows


def text_of(baseline: Baseline) -> str:
    """Return the whole file: the same baseline is the same text, whatever came first."""
    return "".join(f"{line}\n" for line in _lines(baseline))


def _lines(baseline: Baseline) -> Iterator[str]:
    yield _line(FIRST)
    for name, version in sorted(baseline.environment.items()):
        yield _line({"environment": name, "is": version})
    for _, kept in sorted(baseline.specs.items()):
        key = key_of(kept.id)
        yield _line(_spec(kept, key))
        yield from (_line(_row(row, key)) for _, row in sorted(kept.rows.items()))
        yield from (_line(_finding(item, key)) for _, item in sorted(kept.findings.items()))
    yield LAST


def key_of(spec_id: str) -> str:
    """Return what stands for an id: it is long, and would stand in every row."""
    return sha256(spec_id.encode(errors="surrogatepass")).hexdigest()[:KEY]


def hex_of(number: float) -> str:
    """Return a number as hexadecimal, all of its bits, without zeros at its end."""
    return ZEROS.sub("", number.hex(), count=1) if number else "0"


def _line(item: Mapping[str, object]) -> str:
    line = json.dumps(item, ensure_ascii=False, separators=(",", ":"))
    return line if _is_text(line) else json.dumps(item, separators=(",", ":"))


def _is_text(line: str) -> bool:
    """Whether it can be written: a file's name can have bytes that are no text."""
    try:
        _ = line.encode()
    except UnicodeEncodeError:
        return False
    return True


def _spec(kept: Kept, key: str) -> dict[str, object]:
    return {
        "spec": kept.id,
        "key": key,
        "seed": kept.seed,
        "status": kept.status,
        **_given(digest=kept.digest),
        "oracles": kept.answered,
        **_given(missing=kept.missing),
    }


def _row(row: Row, key: str) -> dict[str, object]:
    party, kind, of, at = row.key
    return {
        "row": key,
        "party": party,
        **({} if kind == GRADIENT else {"kind": kind}),
        "of": of,
        **_given(at=at),
        **({} if row.status is Status.AGREE else {"status": row.status.value}),
        **({"error": hex_of(row.error)} if row.error != 0.0 else {}),
        **({"allowed": hex_of(row.allowed)} if row.allowed != 0.0 else {}),
        **({} if row.print is None else _print(row.print)),
    }


def _print(shown: Print) -> dict[str, object]:
    numbers = [value for _, value in shown.probes]
    entries = [[k, hex_of(value)] for k, value in shown.probes]
    return {
        "shape": shown.shape,
        **({} if shown.dtype == DOUBLE else {"dtype": shown.dtype}),
        "bar": hex_of(shown.bar),
        **_given(nonfinite=shown.nonfinite),
        **({"signed": _hexes(shown.projections)} if shown.projections else {}),
        **({"some": entries} if shown.projections else {"all": _hexes(numbers)}),
    }


def _hexes(numbers: Iterable[float]) -> list[str]:
    return [hex_of(number) for number in numbers]


def _finding(item: Remembered, key: str) -> dict[str, object]:
    code, party, of, at = item.key
    return {
        "finding": key,
        "code": code,
        "party": party,
        **_given(of=of, at=at),
        **({} if item.severity is Severity.ERROR else {"severity": item.severity.value}),
        "first_seen": item.first_seen,
        "last_seen": item.last_seen,
        **_given(expires=item.expires, reason=item.reason),
    }


def _given(**items: object) -> dict[str, object]:
    """Return what there is of what may be left out."""
    return {key: value for key, value in items.items() if value}
