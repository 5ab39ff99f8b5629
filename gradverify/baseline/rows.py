"""Rows of a result against those of its baseline: moved, of another shape, less sure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import inf
from typing import Final, final

from gradverify.baseline import words
from gradverify.baseline.compared import Change, Regression
from gradverify.baseline.model import Kept, Print, Row, RowKey
from gradverify.baseline.moved import UNITS, eps_of, moved
from gradverify.verdict.parties import MEASURED, WRITTEN
from gradverify.verdict.verdict import Status, Verdict

TENFOLD: Final = 10.0
BLURRED: Final = 8.0
"""How many times its error bars an array that is undecided may be off (`verdict/compare.py`)."""
MENDED: Final = (Status.DISAGREE, Status.AGREE)
"""What was wrong and is right has moved, which is no regression."""
SHARE: Final = 0.01
"""A margin measured along lines that is below this is as good as this.

There the error is that of the measurement, which is anything up to its error bar.
"""


@final
@dataclass(frozen=True, slots=True)
class _Both:
    """A row before and now, the verdict that it comes from, and the noise of its array before."""

    before: Row
    now: Row
    verdict: Verdict
    noise: float


def compared_rows(
    before: Kept, now: Kept, verdicts: Mapping[RowKey, Verdict]
) -> tuple[Regression, ...]:
    """Return what is worse about the rows that both have."""
    differing = [
        (known, row)
        for key, row in now.rows.items()
        if (known := before.rows.get(key)) is not None and known != row
    ]
    if not differing:  # as in most specs, bit by bit
        return ()
    noise = _noise(before, now)
    both = (_Both(old, row, verdicts[row.key], noise[row.key[1:]]) for old, row in differing)
    return tuple(regression for pair in both for regression in _regressions(pair))


def _noise(before: Kept, now: Kept) -> Mapping[tuple[str, str, str], float]:
    """Return how large errors of rounding are, by kind, of and at.

    One party's error can be small by chance, so that the next one seems to be much larger; the
    largest of all that compute the same is not.
    """
    prints = (row.print for kept in (before, now) for row in kept.rows.values())
    least = UNITS * eps_of(*(shown.dtype for shown in prints if shown is not None))
    found = {key[1:]: least for key in now.rows}
    for (party, *array), row in before.rows.items():
        key = (array[0], array[1], array[2])
        agrees = row.status is Status.AGREE and row.error <= row.allowed
        if agrees and party not in WRITTEN and party != MEASURED:
            found[key] = max(found.get(key, least), row.error)
    return found


def _regressions(both: _Both) -> Iterator[Regression]:
    if both.before.print is not None and both.now.print is not None:
        yield from _prints(both, both.before.print, both.now.print)
    yield from _undecided(both)
    yield from _margin(both)


def _prints(both: _Both, before: Print, now: Print) -> Iterator[Regression]:
    if before.shape != now.shape:
        yield _made(both, Change.SHAPE, words.told_shape(both.now, before.shape, now.shape))
        return
    if before.dtype != now.dtype:
        yield _made(both, Change.DTYPE, words.told_dtype(both.now, before.dtype, now.dtype))
    if before.nonfinite != now.nonfinite:
        message = words.told_nonfinite(both.now, before.nonfinite, now.nonfinite)
        yield _made(both, Change.MOVED, message)
        return
    statuses = both.before.status, both.now.status
    found = moved(before, now, BLURRED if Status.UNDECIDED in statuses else 1.0)
    if found is not None and statuses != MENDED:
        yield Regression(
            Change.MOVED,
            *_who(both.now),
            words.told_moved(both.now, now.shape, found),
            found.times,
            index=None if found.index is None else words.unravelled(found.index, now.shape),
            before=found.before,
            now=found.now,
        )


def _undecided(both: _Both) -> Iterator[Regression]:
    """Yield a row that was decided; of differences alone it says nothing, while others decide."""
    undecided = both.now.status is Status.UNDECIDED and both.before.status is not Status.UNDECIDED
    if undecided and both.now.key[0] != MEASURED:
        message = words.told_undecided(both.now, both.before, both.verdict.because)
        yield _made(both, Change.UNDECIDED, message)


def _margin(both: _Both) -> Iterator[Regression]:
    """Yield an error that takes ten times as much of what is allowed, more than rounding does."""
    worse = _worse(both)
    if worse >= TENFOLD:
        message = words.told_margin(both.now, both.before, worse)
        yield Regression(Change.MARGIN, *_who(both.now), message, worse / TENFOLD)


def _worse(both: _Both) -> float:
    """Return how many times the margin is what it was, 0.0 where there is none.

    At a kink an error can be more than is allowed and right: that is a choice, and no margin. An
    error that exceeds all that was allowed before is held against that: what is allowed is measured
    on the code, and grows as it rounds more.
    """
    before, now = both.before, both.now
    sound = all(row.status is Status.AGREE and row.error <= row.allowed for row in (before, now))
    if not sound or now.key[0] == MEASURED or not 0.0 < now.allowed < inf or not before.allowed:
        return 0.0
    along_lines = both.verdict.worst is None
    share = max(before.error, both.noise) / before.allowed
    allowed = before.allowed if now.error > before.allowed else now.allowed
    return (now.error / allowed) / max(share, SHARE if along_lines else 0.0)


def _made(both: _Both, change: Change, message: str) -> Regression:
    return Regression(change, *_who(both.now), message, inf)


def _who(row: Row) -> tuple[str, str, str]:
    party, _, of, at = row.key
    return party, of, at
