"""Whether a spec that does not pass has only reasons that its baseline knows."""

from gradverify.baseline.model import Kept, Row
from gradverify.verdict.parties import MEASURED
from gradverify.verdict.verdict import SpecResult, Status


def is_excused(result: SpecResult, before: Kept, now: Kept) -> bool:
    """Return whether all that keeps a spec from passing was so before.

    Nothing may be new or worse: that is found out elsewhere. What is broken is never excused, and
    neither is a finding that the spec lists and nobody made, unless nobody made it before.
    """
    if result.status not in {"failed", "undecided"} or result.faults or result.interrupted:
        return False
    expected = {(f.party, f.of) for f in result.findings if f.expected}
    wrong = (row for row in now.rows.values() if _counts(row, Status.DISAGREE))
    open_ = (row for row in now.rows.values() if _counts(row, Status.UNDECIDED))
    return (
        set(now.missing) <= set(before.missing)
        and all((row.key[0], row.key[2]) in expected or _was(before, row) for row in wrong)
        and all(_was(before, row) for row in open_)
    )


def _counts(row: Row, status: Status) -> bool:
    """Whether a row is so; differences that cannot tell keep no spec from passing."""
    return row.status is status and (status is Status.DISAGREE or row.key[0] != MEASURED)


def _was(before: Kept, row: Row) -> bool:
    known = before.rows.get(row.key)
    return known is not None and known.status is row.status
