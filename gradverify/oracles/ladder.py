"""A derivative along one line, with an error bar: a ladder of differences, extrapolated.

Central differences have errors in even powers of the step, so a Neville tableau removes them one by
one: C. J. F. Ridders, "Accurate computation of F'(x) and F'(x)F''(x)", Adv. Eng. Softw. 4 (1982).
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, final

from gradverify.oracles.kink import bent, sides, tiny_rungs
from gradverify.oracles.rung import (
    LOUD,
    UNKNOWN,
    Estimate,
    Line,
    Rung,
    bar_of,
    has_kink,
    rung_at,
    wider,
)

FIRST: Final = 2.0**-3  # the first step: an eighth of the size of the values
LEAP: Final = 2.0**12  # how much wider the next one is where the line hardly moves
LEAPS: Final = 3
WEAK: Final = 2.0**16  # hardly: not this many times above the noise
SHRINK: Final = 2  # a step is 2^-SHRINK of the one before
PLUNGE: Final = 8  # ... and 2^-PLUNGE while a kink lies inside it
ROWS: Final = 9
TINY_ROWS: Final = 2  # of these, at tiny steps, where a kink at 0 is all that bends the line
HEARING: Final = 64.0  # what the tiniest step says is trusted to so many times its noise
ENOUGH: Final = 3  # steps that show whether a line converges
LISTEN: Final = 2.0**-44  # at so small a step what moves, besides the derivative, is noise
CONVERGED: Final = 2.0**-5  # the bar, relative, that shows that a line is what it seems
CONVERGING: Final = 2.0**-16  # the bar, relative, that three steps of a smooth line reach
PASSES: Final = 2 * (ROWS + 1)


@final
@dataclass(frozen=True, slots=True)
class Slope:
    """A derivative along a line and how far it can be off; at a kink, the slopes on both sides.

    `value` lies half-way between `left` and `right` where `kinked`; `bar` is about either slope.
    `step` is the smallest step that it was made of, and `swing` the furthest that the line was seen
    to go from 0.
    """

    value: float
    bar: float
    left: float
    right: float
    kinked: bool
    step: float
    swing: float
    passes: int


def differentiate(line: Line, *, noise: float, widest: float = FIRST) -> Slope:
    """Return the derivative of `line` at 0, in at most `PASSES` values of it.

    `noise` is the least that rounding adds to a value of `line`; a tiny step shows when it is more.
    Where the line hardly rises above it, steps up to `widest` are taken first.
    The bar is infinite where no two steps have finite values, and where what happens at the tiny
    step contradicts what larger ones say.
    """
    heard = rung_at(line, LISTEN)
    noise = max(noise, heard.even) if heard.finite else noise
    climb = _climb(line, noise, heard, widest)
    if bent(climb.rungs, noise):
        left, right = sides(climb.rungs, noise)
        heard_so = _hears(left, -heard.minus, noise) and _hears(right, heard.plus, noise)
        if heard_so and abs(right.value - left.value) > 2 * wider((left, right)):
            return _slope(climb, left, right, kinked=True)
    best = min(climb.estimates, key=bar_of)
    sound = _consistent(best, heard, noise) and _reaches(best, climb.rungs, noise)
    best = best if sound else UNKNOWN
    return _slope(climb, best, best, kinked=False)


def _consistent(best: Estimate, heard: Rung, noise: float) -> bool:
    """Whether the tiniest step allows an estimate: what is narrower than the others shows there."""
    return _hears(best, heard.central * LISTEN, noise)


def _reaches(best: Estimate, rungs: Sequence[Rung], noise: float) -> bool:
    """Whether an estimate holds at the narrowest step, where its own truncation has shrunk away."""
    if len(rungs) < ENOUGH:
        return True
    wide, narrow = rungs[-2:]
    shrunk = abs(wide.central - best.value) * (narrow.step / wide.step) ** 2
    allowed = 3 * best.bar + 4 * shrunk + LOUD * noise / narrow.step
    return abs(narrow.central - best.value) <= allowed


def _hears(slope: Estimate, moved: float, noise: float) -> bool:
    if not math.isfinite(moved):
        return True
    return abs(moved - slope.value * LISTEN) <= HEARING * noise + 3 * slope.bar * LISTEN


def _slope(climb: "_Climb", left: Estimate, right: Estimate, *, kinked: bool) -> Slope:
    return Slope(
        value=(left.value + right.value) / 2,
        bar=wider((left, right)),
        left=left.value,
        right=right.value,
        kinked=kinked,
        step=left.step,
        swing=max((rung.swing for rung in climb.rungs), default=0.0),
        passes=2 * (climb.tried + 1),
    )


@final
@dataclass(frozen=True, slots=True)
class _Climb:
    """The steps that had values, what they come to, and how many were tried."""

    rungs: tuple[Rung, ...]
    estimates: tuple[Estimate, ...]
    tried: int


def _climb(line: Line, noise: float, heard: Rung, widest: float) -> _Climb:
    """Take smaller and smaller steps until they can only add noise, faster past a kink.

    The last one is tiny: a kink too small to be seen beside the curvature shows there.
    """
    rung, tried = _first(line, noise, widest)
    rungs: list[Rung] = []
    smooth: list[Rung] = []  # those below the last step with a kink inside
    made = [UNKNOWN]
    while True:
        kinked = rung.finite and bool(smooth) and has_kink(smooth[-1], rung, noise)
        if kinked:  # what wider steps came to was about another slope
            smooth, made = [], [UNKNOWN]
        smooth.append(rung)
        if rung.finite:
            rungs.append(rung)
            made.extend(estimates(smooth, noise))
        else:
            smooth = []
        best = min(made, key=bar_of)
        step = rung.step * 2.0 ** -_stride(best, smooth, kinked=kinked)
        settled = _settled(best, smooth, noise) and _consistent(best, heard, noise)
        if tried >= ROWS - TINY_ROWS or step < LISTEN or settled:
            break
        rung, tried = rung_at(line, step), tried + 1
    tiny = tiny_rungs(line, rungs, noise)
    return _Climb((*rungs, *tiny), tuple(made), tried + len(tiny))


def _first(line: Line, noise: float, widest: float) -> tuple[Rung, int]:
    """Return the first step: FIRST, or a wider one where the line hardly rises above the noise."""
    first, tried = rung_at(line, FIRST), 1
    rung = first
    while rung.finite and rung.swing <= WEAK * noise:
        if tried > LEAPS or rung.step * LEAP > widest:
            return first, tried
        rung, tried = rung_at(line, rung.step * LEAP), tried + 1
    return (rung if rung.finite else first), tried


def _stride(best: Estimate, rungs: Sequence[Rung], *, kinked: bool) -> int:
    """Return how far to go down: further where there is no value, a kink, or no convergence.

    Kinks in large numbers look smooth together, and only below the nearest is there convergence.
    """
    if kinked or not rungs:
        return PLUNGE
    converges = len(rungs) < ENOUGH or best.bar <= CONVERGING * abs(best.value)
    return SHRINK if converges else 2 * SHRINK


def _settled(best: Estimate, rungs: Sequence[Rung], noise: float) -> bool:
    """Whether smaller steps can only add noise."""
    if len(rungs) < ENOUGH - 1:
        return False
    at_the_noise = best.bar <= 4 * noise / rungs[0].step
    return at_the_noise or (len(rungs) >= ENOUGH and 2 * noise / rungs[-1].step > best.bar)


def estimates(rungs: Sequence[Rung], noise: float) -> Iterator[Estimate]:
    """Yield the entries of the tableau with their bars, the last row being the newest.

    The steps of `rungs` shrink, and all have values.

    An entry's bar is how far it is from the two entries it was made of, plus the noise of its row.
    """
    above: list[float] = []
    for k, rung in enumerate(rungs):
        row = [rung.central]
        for j in range(1, k + 1):
            shrunk = (rungs[k - j].step / rung.step) ** 2
            row.append(row[j - 1] + (row[j - 1] - above[j - 1]) / (shrunk - 1))
            spread = max(abs(row[j] - row[j - 1]), abs(row[j] - above[j - 1]))
            bar = spread + 2 * noise / rung.step
            # a step wider than the values themselves must converge, or it has left them behind
            near = rungs[k - j].step <= FIRST or bar <= CONVERGED * abs(row[j])
            if math.isfinite(spread) and near:
                yield Estimate(row[j], bar, rung.step)
        above = row
