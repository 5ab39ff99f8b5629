"""One step of the ladder: a line's values to both sides, and what they come to."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeAlias, final

Line: TypeAlias = Callable[[float], float]
"""t ↦ ⟨u, f(x + t·v) - f(x)⟩."""

LOUD: Final = 16.0  # an even part this many times above the noise says something


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
    def swing(self) -> float:
        """How far the line goes from 0."""
        return max(abs(self.plus), abs(self.minus))

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
class Estimate:
    """A derivative, how far it can be off, and the smallest step that it was made of."""

    value: float
    bar: float
    step: float


UNKNOWN: Final = Estimate(math.nan, math.inf, 1.0)


def rung_at(line: Line, step: float) -> Rung:
    """Return the line's values one step to either side."""
    return Rung(step, line(step), line(-step))


def has_kink(wide: Rung, narrow: Rung, noise: float) -> bool:
    """Whether the even part shrank too slowly, between two steps, for a smooth line."""
    if min(wide.even, narrow.even) <= LOUD * noise:
        return False
    return narrow.even > wide.even * (narrow.step / wide.step) ** 1.5


def bar_of(estimate: Estimate) -> float:
    """Return how far an estimate can be off."""
    return estimate.bar


def wider(pair: tuple[Estimate, Estimate]) -> float:
    """Return the wider of two bars."""
    return max(map(bar_of, pair))
