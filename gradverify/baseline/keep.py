"""What is kept of a result: its rows, findings and who answered."""

import os
from collections.abc import Iterable, Mapping
from datetime import date
from math import frexp, isnan, ldexp, prod
from typing import Final, TypeVar

from gradverify.baseline.model import FindingKey, Kept, Print, Remembered, Row, RowKey
from gradverify.verdict.fingerprint import Fingerprint
from gradverify.verdict.verdict import Finding, SpecResult, Status, Verdict

PLACES: Final = 256.0  # an error is kept to its first 8 bits: nobody reads more of it
HUGE: Final = 2.0**1023  # above it, and infinity, there is no room to round up
ANSWERED: Final = frozenset({Status.AGREE, Status.DISAGREE, Status.UNDECIDED})

Item = TypeVar("Item")


def kept(result: SpecResult, today: date, digest: str = "") -> Kept:
    """Return what a baseline has of a result; its findings are seen for the first time `today`."""
    return Kept(
        id=id_of(result.id),
        seed=result.seed,
        status=result.status,
        digest=digest,
        answered=tuple(sorted(a.name for a in result.oracles if a.status in ANSWERED)),
        missing=tuple(sorted((m["code"], m["party"], m["of"]) for m in result.missing)),
        rows=rows_of(result),
        findings=findings_of(result, today.isoformat()),
    )


def id_of(given: str) -> str:
    """Return an id that does not depend on how the path was written: from the current folder on."""
    path, separator, title = given.partition("::")
    here = os.getcwd()  # noqa: PTH109 - a thousand ids a second, for which a Path takes too long
    if path.startswith(here + os.sep):
        path = path[len(here) + 1 :]
    return path + separator + title


def rows_of(result: SpecResult) -> Mapping[RowKey, Row]:
    """Return a row a verdict."""
    prints = {(p.party, p.kind, p.of, p.at): p for p in result.prints}
    return {key: _row(key, v, prints.get(key)) for key, v in verdicts_of(result).items()}


def findings_of(result: SpecResult, today: str) -> dict[FindingKey, Remembered]:
    """Return the findings of a result as if all were new."""
    named = identified(result)
    return {key: Remembered(key, f.severity, today, today) for key, f in named.items()}


def verdicts_of(result: SpecResult) -> dict[RowKey, Verdict]:
    """Return the verdicts by their rows' keys; a second one of a name has `#2` at its end."""
    return _numbered(((v.party, v.kind, v.of, v.at), v) for v in result.comparisons)


def identified(result: SpecResult) -> dict[FindingKey, Finding]:
    """Return the findings by identity, numbered likewise."""
    return _numbered(((f.code, f.party, f.of, f.at), f) for f in result.findings)


def _numbered(
    items: Iterable[tuple[tuple[str, str, str, str], Item]],
) -> dict[tuple[str, str, str, str], Item]:
    found: dict[tuple[str, str, str, str], Item] = {}
    for key, item in items:
        place, count = key, 1
        while place in found:
            count += 1
            place = (*key[:3], f"{key[3]} #{count}".lstrip())
        found[place] = item
    return found


def _row(key: RowKey, verdict: Verdict, shown: Fingerprint | None) -> Row:
    kept_print = None if shown is None else _print(verdict, shown)
    numbers = rounded(verdict.error), rounded(verdict.allowed)
    return Row(key, verdict.status, *numbers, kept_print)


def _print(verdict: Verdict, shown: Fingerprint) -> Print:
    whole = len(shown.probes) == prod(shown.shape)
    return Print(
        shape=shown.shape,
        dtype=shown.dtype,
        bar=rounded(bar_of(verdict, shown)),
        nonfinite=shown.nonfinite,
        projections=() if whole else shown.projections,
        probes=shown.probes,
    )


def bar_of(verdict: Verdict, shown: Fingerprint) -> float:
    """Return how far each entry may be off, in units of the array.

    What is allowed is relative to the largest entry; of a gradient of zeros it is absolute.
    """
    told = verdict.allowed * (shown.size or 1.0)
    return told if isnan(verdict.slack) else max(told, verdict.slack)


def rounded(number: float) -> float:
    """Return a number from zero up with 8 bits, no smaller than it was."""
    if not 0.0 < number < HUGE:
        return number
    fraction, exponent = frexp(number)
    return ldexp(-(-fraction * PLACES // 1) / PLACES, exponent)
