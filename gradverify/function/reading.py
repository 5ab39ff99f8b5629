"""A claimed gradient held against derivatives along lines."""

import math
from dataclasses import dataclass
from typing import Final, final

import numpy as np

from gradverify.arrays import EPS, Array, length
from gradverify.function.draws import MANY
from gradverify.function.line import Line
from gradverify.oracles.ladder import Slope
from gradverify.verdict.truth import BARS, NOTHING, Outcome

SHARP: Final = 2.0**-34  # the bar, relative to the claim, at which looking closer shows nothing new
FINE: Final = 2.0**-26  # a bar this narrow, relative, needs no closer look
DULL: Final = 2.0**-7  # a bar this wide, relative, calls nothing right
SIGNS: Final = EPS * 8
DOT: Final = EPS * 16


@final
@dataclass(frozen=True, slots=True)
class Reading:
    """A claim along one line: how far it is off, how far it may be, and what it is small against.

    `gap` has a sign: claimed minus true. `step` is the smallest step that counted.
    """

    outcome: Outcome
    gap: float
    allowed: float
    size: float
    derivative: float
    step: float
    kinked: bool = False

    @property
    def error(self) -> float:
        """The gap, relative to the claim."""
        return abs(self.gap) / (self.size or 1.0)


@final
@dataclass(frozen=True, slots=True)
class Claimed:
    """A gradient for cotangent `k`; rounding may have moved it by a share `shaky` along a line."""

    flat: Array
    k: int
    shaky: float = 0.0

    def along(self, direction: Array) -> tuple[float, float, float]:
        """Return ⟨g, v⟩, ‖g∘v‖₂ and how far rounding can have moved the first."""
        if not np.all(np.isfinite(self.flat)):
            return math.nan, math.nan, 0.0
        along, off = float(self.flat @ direction), length(self.flat * direction)
        return along, off, SIGNS * off + DOT * abs(along) + self.shaky * off


def hold(line: Line, claimed: Claimed) -> Reading:
    """Hold a claim against a line: at a glance where that is enough, else as sharply as can be.

    Nobody is refuted at a glance: at a kink it is the average of two slopes.
    """
    along, off, slack = claimed.along(line.direction)
    more = claimed.k == 0
    sharp = SHARP if claimed.flat.size <= MANY else FINE
    best = line.glance(claimed.k, sharp * off, more=more)
    gap, allowed = along - best.value, BARS * best.bar + slack
    size = max(off, abs(best.value)) if math.isfinite(best.value) else off
    if abs(gap) <= allowed <= max(FINE * size, _nothing(line, claimed.k)):
        return Reading(Outcome.FITS, gap, allowed, size, best.value, best.step)
    return read(line.slope(claimed.k), claimed, line)


def _nothing(line: Line, k: int) -> float:
    """Return the slope that is nothing, beside what the outputs are or are moved by."""
    return NOTHING * max(line.point.noise[k] / EPS, line.swing(k))


def read(slope: Slope, claimed: Claimed, line: Line) -> Reading:
    """Hold a claim against a slope: inside of a kink it is between both sides."""
    along, off, slack = claimed.along(line.direction)
    allowed = BARS * slope.bar + slack
    low, high = sorted((slope.left, slope.right))
    gap = along - slope.value
    if slope.kinked:
        gap = min(along - low, 0.0) + max(along - high, 0.0)
    steepest = max(abs(slope.left), abs(slope.right))
    size = max(off, steepest) if math.isfinite(off) else steepest
    outcome = _outcome(slope, gap, allowed, max(DULL * size, _nothing(line, claimed.k)))
    several = slope.kinked and np.count_nonzero(line.direction) > 1
    if several and outcome is Outcome.REFUTED and math.isfinite(gap):
        outcome = Outcome.SILENT
    return Reading(outcome, gap, allowed, size, slope.value, slope.step, slope.kinked)


def _outcome(slope: Slope, gap: float, allowed: float, wide: float) -> Outcome:
    if not math.isfinite(slope.bar) or not math.isfinite(slope.value):
        return Outcome.SILENT
    if not math.isfinite(gap):
        return Outcome.REFUTED
    if abs(gap) > allowed:
        return Outcome.REFUTED
    if allowed > wide:
        return Outcome.SILENT
    return Outcome.INSIDE if slope.kinked else Outcome.FITS
