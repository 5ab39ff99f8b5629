"""A baseline brought up to date: lines whose numbers did not change stay as they are."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import isnan
from typing import Final, final

from gradverify.baseline.both import Against, Both, both_of
from gradverify.baseline.keep import identified, kept
from gradverify.baseline.model import FindingKey, Kept, Print, Remembered, Row, RowKey
from gradverify.baseline.moved import UNITS, eps_of, moved
from gradverify.verdict.verdict import Severity, SpecResult

NEAR: Final = 10.0
"""Error bars and errors that differ by less are the same, as far as a baseline is concerned."""


@final
@dataclass(frozen=True, slots=True)
class Remark:
    """What a person says of the findings that are accepted; None leaves it as it is."""

    expires: str | None = None
    reason: str | None = None


def renewed(result: SpecResult, before: Kept | None, against: Against, remark: Remark) -> Kept:
    """Return what is to be kept of a result from now on.

    What the baseline has of oracles that were not asked stays, and so do findings and arrays that
    went away, until they are pruned.
    """
    if before is None:
        now = kept(result, against.today, against.digest)
        return replace(now, findings=_remarked(result, now.findings, remark))
    both = both_of(result, before, against)
    unasked = [name for name in both.unheard() if not both.is_asked(name)]
    return replace(
        both.now,
        digest=both.now.digest or before.digest,
        answered=tuple(sorted({*both.now.answered, *unasked})),
        rows=_rows(both),
        findings=_remarked(result, _findings(both), remark),
    )


def pruned(result: SpecResult, before: Kept, against: Against) -> Kept:
    """Return what is kept of a spec, without the arrays and findings that nobody makes any more."""
    both = both_of(result, before, against)
    rows, findings = set(both.gone_rows()), set(both.gone_findings())
    return replace(
        before,
        rows={key: row for key, row in before.rows.items() if key not in rows},
        findings={key: f for key, f in before.findings.items() if key not in findings},
    )


def _rows(both: Both) -> Mapping[RowKey, Row]:
    before, now = both.before.rows, both.now.rows
    stale = {key for key in before if key not in now and both.is_asked(key[0])}
    stale -= set(both.gone_rows())
    held = {key: row for key, row in before.items() if key not in now and key not in stale}
    fresh = {
        key: before[key] if key in before and is_alike(before[key], row) else row
        for key, row in now.items()
    }
    return {**held, **fresh}


def _findings(both: Both) -> Mapping[FindingKey, Remembered]:
    """Return all findings; those made again keep when they were first seen, and what people say."""
    again = {
        key: replace(known, severity=found.severity, last_seen=found.last_seen)
        for key, found in both.now.findings.items()
        if (known := both.before.findings.get(key)) is not None
    }
    return {**both.before.findings, **both.now.findings, **again}


def _remarked(
    result: SpecResult, findings: Mapping[FindingKey, Remembered], remark: Remark
) -> Mapping[FindingKey, Remembered]:
    """Write what a person says to each finding that was made and has to be accepted."""
    given = {"expires": remark.expires, "reason": remark.reason}
    said = {name: value for name, value in given.items() if value is not None}
    accepted = {
        key
        for key, found in identified(result).items()
        if not found.expected and found.severity is not Severity.NOTE
    }
    return {
        key: replace(item, **said) if key in accepted else item for key, item in findings.items()
    }


def is_alike(before: Row, now: Row) -> bool:
    """Return whether two rows of one key differ by no more than rounding makes them."""
    if before.status is not now.status or not _near(before.allowed, now.allowed):
        return False
    dtypes = [row.print.dtype for row in (before, now) if row.print is not None]
    floor = UNITS * eps_of(*dtypes)
    if not _near(max(before.error, floor), max(now.error, floor)):
        return False
    if before.print is None or now.print is None:
        return before.print is now.print
    return _is_same_array(before.print, now.print)


def _is_same_array(before: Print, now: Print) -> bool:
    form = (before.shape, before.dtype, before.nonfinite)
    same = form == (now.shape, now.dtype, now.nonfinite) and _near(before.bar, now.bar)
    return same and moved(before, now) is None


def _near(one: float, other: float) -> bool:
    if one == other or (isnan(one) and isnan(other)):
        return True
    small, large = sorted((one, other))
    return small > 0.0 and large < NEAR * small
