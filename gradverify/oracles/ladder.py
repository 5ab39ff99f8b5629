"""A derivative along one line, with an error bar: differences on a ladder of steps, extrapolated.

Central differences have errors in even powers of the step, so a Neville tableau removes them one by
one: C. J. F. Ridders, "Accurate computation of F'(x) and F'(x)F''(x)", Adv. Eng. Softw. 4 (1982).
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, TypeAlias, final

Line: TypeAlias = Callable[[float], float]
"""t ↦ ⟨u, f(x + t·v) − f(x)⟩."""

FIRST: Final = -3  # the exponent of the largest step: an eighth of the size of the values
SHRINK: Final = 2  # a step is 2^-SHRINK of the one before
PLUNGE: Final = 8  # ... and 2^-PLUNGE while a kink lies inside it
ROWS: Final = 8
LISTEN: Final = -44  # at so small a step what moves, besides the derivative, is noise
LOUD: Final = 16.0  # an even part this many times above the noise says something
BENDING: Final = (-20, -24)  # steps at which only what is all but at 0 still bends the line
PASSES: Final = 2 * (ROWS + 1)


@final
@dataclass(frozen=True, slots=True)
class Slope:
    """A derivative along a line and how far it can be off; at a kink, the slopes on both sides.

    `value` lies half-way between `left` and `right` where `kinked`, and `bar` is about either slope.
    """

    value: float
    bar: float
    left: float
    right: float
    kinked: bool
    passes: int


@final
@dataclass(frozen=True, slots=True)
class Rung:
    """The line's values one step to either side."""

    step: float
    plus: float
    minus: float

    @property
    def central(self) -> float:
        """The slope of the chord across 0."""
        return (self.plus - self.minus) / (2 * self.step)

    @property
    def even(self) -> float:
        """What a straight line lacks: it shrinks as step² where smooth, as step across a kink."""
        return abs(self.plus + self.minus)

    @property
    def finite(self) -> bool:
        """Whether the line has values on both sides."""
        return math.isfinite(self.plus) and math.isfinite(self.minus)


@final
@dataclass(frozen=True, slots=True)
class _Estimate:
    value: float
    bar: float


UNKNOWN: Final = _Estimate(math.nan, math.inf)


def differentiate(line: Line, *, noise: float) -> Slope:
    """Return the derivative of `line` at 0, in at most `PASSES` values of it.

    `noise` is the least that rounding adds to a value of `line`; a tiny step shows when it is more.
    Where no two steps have finite values the bar is infinite.
    """
    heard = _rung(line, LISTEN)
    noise = max(noise, heard.even) if heard.finite else noise
    climb = _climb(line, noise)
    best = min(climb.estimates, key=lambda estimate: estimate.bar)
    passes = 2 * (climb.tried + 1)
    if climb.kinked and len(climb.rungs) > 1:
        slope = _at_a_kink(climb.rungs, noise, passes)
        if 2 * best.bar > abs(slope.right - slope.left) > 2 * slope.bar:
            return slope
    return Slope(best.value, best.bar, best.value, best.value, kinked=False, passes=passes)


@final
@dataclass(frozen=True, slots=True)
class _Climb:
    """The steps that had values, what they come to, whether a kink was met, how many were tried."""

    rungs: tuple[Rung, ...]
    estimates: tuple[_Estimate, ...]
    kinked: bool
    tried: int


def _climb(line: Line, noise: float) -> _Climb:
    """Take smaller and smaller steps until they can only add noise, faster while a kink is inside."""
    rungs: list[Rung] = []
    smooth: list[Rung] = []  # those below the last step with a kink inside
    estimates = [UNKNOWN]
    exponent, met, tried = FIRST, False, 0
    while tried < ROWS and exponent > LISTEN:
        tried += 1
        rung = _rung(line, exponent)
        kinked = bool(smooth) and has_kink(smooth[-1], rung, noise)
        met = met or kinked
        exponent -= PLUNGE if kinked else SHRINK
        if not rung.finite:
            smooth = []
            continue
        smooth = [rung] if kinked else [*smooth, rung]
        rungs.append(rung)
        estimates.extend(_estimates(smooth, noise))
        if _settled(min(estimates, key=lambda estimate: estimate.bar), smooth, noise):
            break
    return _Climb(tuple(rungs), tuple(estimates), met, tried)


def has_kink(wide: Rung, narrow: Rung, noise: float) -> bool:
    """Whether the even part shrank too slowly, between two steps, for a smooth line."""
    if min(wide.even, narrow.even) <= LOUD * noise:
        return False
    return narrow.even > wide.even * (narrow.step / wide.step) ** 1.5


def bends(line: Line, *, noise: float) -> bool:
    """Whether `line` has a kink at 0 or next to it, in four values of it."""
    wide, narrow = (_rung(line, exponent) for exponent in BENDING)
    return has_kink(wide, narrow, noise)


def _rung(line: Line, exponent: int) -> Rung:
    step = 2.0**exponent
    return Rung(step, line(step), line(-step))


def _settled(best: _Estimate, rungs: Sequence[Rung], noise: float) -> bool:
    """Whether smaller steps can only add noise."""
    if len(rungs) < 2:
        return False
    at_the_noise = best.bar <= 4 * noise / rungs[0].step
    return at_the_noise or (len(rungs) > 2 and 2 * noise / rungs[-1].step > best.bar)


def _estimates(rungs: Sequence[Rung], noise: float) -> Iterator[_Estimate]:
    """Yield the entries of the tableau with their bars, the last row being the newest.

    An entry's bar is how far it is from the two entries it was made of, plus the noise of its row.
    """
    above: list[float] = []
    for k, rung in enumerate(rungs):
        row = [rung.central]
        for j in range(1, k + 1):
            shrunk = (rungs[k - j].step / rung.step) ** 2
            row.append(row[j - 1] + (row[j - 1] - above[j - 1]) / (shrunk - 1))
            spread = max(abs(row[j] - row[j - 1]), abs(row[j] - above[j - 1]))
            if math.isfinite(spread):
                yield _Estimate(row[j], spread + 2 * noise / rung.step)
        above = row


def _at_a_kink(rungs: Sequence[Rung], noise: float, passes: int) -> Slope:
    """Return both one-sided slopes from the two neighbouring steps that agree best about them."""
    return min(
        (_one_sided(*neighbours, noise, passes) for neighbours in pairwise(rungs)),
        key=lambda slope: slope.bar,
    )


def _one_sided(wide: Rung, narrow: Rung, noise: float, passes: int) -> Slope:
    right, right_before = narrow.plus / narrow.step, wide.plus / wide.step
    left, left_before = -narrow.minus / narrow.step, -wide.minus / wide.step
    spread = max(abs(right - right_before), abs(left - left_before))
    bar = spread + 2 * noise / narrow.step
    return Slope((left + right) / 2, bar, left, right, kinked=True, passes=passes)
