"""Derivatives of a function along one direction, for several cotangents at once."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final, final

import numpy as np
from numpy.polynomial import Polynomial

from gradverify.arrays import Array
from gradverify.function.asking import Asking
from gradverify.function.space import Space
from gradverify.oracles.function import Arrays
from gradverify.oracles.ladder import FIRST, LISTEN, Slope, differentiate, estimates
from gradverify.oracles.rung import LOUD, UNKNOWN, Estimate, Rung, bar_of, has_kink

ROWS: Final = 6  # steps of a glance, at most
SHRINK: Final = 2.0**-2  # each so much smaller than the one before
PLUNGE: Final = 2.0**-8  # ... while a kink lies inside, or there is no value
LEAST: Final = 1  # a glance takes more steps than this
ENOUGH: Final = 4  # steps without which no polynomial is fitted
WIDE: Final = 3  # steps, the widest, that tell the slope of stairs
HIGHER: Final = 4.0  # times the stairs that were seen, others may be
STAIR: Final = 2.0**-9  # a step below which a smooth line is straight
STEEP: Final = 4.0  # the even part of a line is h² f'': its noise is so many times the noise / h²


@final
@dataclass(frozen=True, slots=True)
class Point:
    """A place: the leaves, the outputs there, and cotangents of these, all flat.

    `noise` is the least that rounding adds to the outputs weighed by each.
    """

    ask: Asking
    leaves: Space
    primal: Array
    value: Array
    cotangents: Arrays
    noise: tuple[float, ...]

    def moved(self, direction: Array, step: float) -> tuple[Array, ...]:
        """Return the leaves after a step."""
        there = step * direction
        there += self.primal
        return self.leaves.split(there)

    def change(self, direction: Array, step: float) -> Array:
        """Return how far the outputs move, flat."""
        found, _ = self.ask.values(self.moved(direction, step))
        flat = np.ravel(found[0]) if len(found) == 1 else np.concatenate(list(map(np.ravel, found)))
        return flat - self.value

    def weighed(self, outputs: Array) -> Array:
        """Return the sum of outputs, weighed by every cotangent; expanded ones weigh nothing."""
        sums = (float(np.sum(outputs)) if not any(row.strides) else None for row in self.cotangents)
        rows = zip(sums, self.cotangents, strict=True)
        return np.array([row @ outputs if total is None else total for total, row in rows])

    def line(self, direction: Array) -> "Line":
        """Return the line through this point."""
        return Line(self, direction)


@final
@dataclass(slots=True)
class Line:
    """What was seen along one direction: the weighed change of the outputs, by step."""

    point: Point
    direction: Array
    seen: dict[float, Array] = field(default_factory=dict[float, Array])

    def at(self, step: float) -> Array:
        """Return ⟨u, f(x + t·v) - f(x)⟩ for every cotangent u."""
        if step not in self.seen:
            with np.errstate(all="ignore"):
                moved = self.point.change(self.direction, step)
                self.seen[step] = self.point.weighed(moved)
        return self.seen[step]

    def swing(self, k: int) -> float:
        """Return the furthest that the line was seen to go from 0, within an ordinary step."""
        moves = (abs(float(dots[k])) for step, dots in self.seen.items() if abs(step) <= FIRST)
        return max((move for move in moves if math.isfinite(move)), default=0.0)

    def glance(self, k: int, enough: float, *, more: bool = True) -> Estimate:
        """Return the derivative for cotangent `k` as soon as its bar is at most `enough`.

        It may be the average of two slopes at a kink, and is no ground to call anybody wrong.
        """
        if not more:
            return self._best(k)
        noise, step = self.point.noise[k], FIRST
        best = UNKNOWN
        rungs: list[Rung] = []
        for row in range(ROWS):
            rung = Rung(step, float(self.at(step)[k]), float(self.at(-step)[k]))
            kinked = bool(rungs) and rung.finite and has_kink(rungs[-1], rung, noise)
            rungs = [*([] if kinked else rungs), rung] if rung.finite else []
            best = min((UNKNOWN if kinked else best, *estimates(rungs, noise)), key=bar_of)
            settled = len(rungs) > 1 and best.bar <= 4 * noise / step
            if len(rungs) > 1 and row >= LEAST and (best.bar <= enough or settled):
                break
            step *= PLUNGE if kinked or not rungs else SHRINK
        return best

    def _best(self, k: int) -> Estimate:
        """Return the best estimate from what was seen below all kinks."""
        return min((UNKNOWN, *estimates(self._smooth(k), self.point.noise[k])), key=bar_of)

    def _smooth(self, k: int) -> list[Rung]:
        """Return what was seen below the narrowest step across a kink."""
        rungs, noise = [r for r in self._rungs(k) if r.step > LISTEN], self.point.noise[k]
        kinks = [i for i, (a, b) in enumerate(pairwise(rungs)) if has_kink(a, b, noise)]
        return rungs[kinks[-1] + 1 :] if kinks else rungs

    def slope(self, k: int = 0, *, more: bool = True) -> Slope:
        """Return the derivative for cotangent `k`; without `more`, of what was seen already."""
        size = float(np.max(np.abs(self.direction), initial=0.0))

        def along(step: float) -> float:
            if not more and step not in self.seen:
                return math.nan
            return float(self.at(step)[k])

        with np.errstate(all="ignore"):
            return differentiate(along, noise=self.point.noise[k], widest=1.0 / (size or 1.0))

    def on_stairs(self, k: int = 0) -> tuple[Estimate, float] | None:
        """Return the slope of what moves in stairs, and how high those are; None for what does not.

        A cast inside of a function makes it flat where it is looked at closely; its slope is that
        of the wide steps.
        """
        still = not (np.any(self.at(LISTEN)) or np.any(self.at(-LISTEN)))
        rungs = self._rungs(k)
        wide, narrow = rungs[:WIDE], [rung for rung in rungs if rung.step < STAIR]
        slope = min((UNKNOWN, *estimates(wide, self.point.noise[k])), key=bar_of)
        if not (still and abs(slope.value) * STAIR > LOUD * self.point.noise[k]):
            return None
        high = max(
            (abs(end - step * slope.value) for r in narrow for end, step in _ends(r)), default=0.0
        )
        return min((UNKNOWN, *estimates(wide, HIGHER * high)), key=bar_of), high

    def slope_at(self, step: float, k: int = 0) -> tuple[float, float]:
        """Return the derivative a step further along, and how far it can be off.

        That of the polynomial through all that was seen, and of the one without the widest step.
        """
        taken = sorted((h for h in self.seen if abs(h) <= FIRST), key=abs, reverse=True)
        if len(taken) < ENOUGH:
            return math.nan, math.inf
        slopes = [self._slope_of_fit((*taken[i:], 0.0), step, k) for i in (0, 2)]
        return slopes[0], abs(slopes[0] - slopes[1])

    def _slope_of_fit(self, steps: Sequence[float], step: float, k: int) -> float:
        values = [float(self.seen[h][k]) if h else 0.0 for h in steps]
        fit = Polynomial.fit(steps, values, len(steps) - 1)
        return float(fit.deriv()(step))

    def creased(self, k: int = 0) -> bool:
        """Whether the first or the second derivative jumps somewhere along what was seen.

        Where both are smooth, the even part shrinks as h², what the odd part has besides the slope
        as h³; at a kink of the slope the latter only as h².
        """
        rungs, slope, noise = self._smooth(k), self.slope(k), self.point.noise[k]
        if slope.kinked:
            return True
        odd = [abs(rung.central - slope.value) * rung.step for rung in rungs]
        return any(
            min(wide, narrow) > LOUD * noise + slope.bar * below.step
            and narrow > wide * (below.step / above.step) ** 2.5
            for (above, wide), (below, narrow) in pairwise(zip(rungs, odd, strict=True))
        )

    def _rungs(self, k: int) -> list[Rung]:
        """Return what was seen to both sides, the widest step first."""
        steps = sorted({step for step in self.seen if step > 0 and -step in self.seen})
        rungs = [Rung(h, float(self.seen[h][k]), float(self.seen[-h][k])) for h in steps[::-1]]
        return [rung for rung in rungs if rung.finite]

    def heard(self, k: int = 0) -> float:
        """Return what rounding adds to a value, as a tiny step shows: nothing else moves there."""
        return max(abs(float(self.at(LISTEN)[k] + self.at(-LISTEN)[k])), self.point.noise[k])

    def curvature(self, k: int = 0, *, noise: float = 0.0) -> tuple[float, float]:
        """Return the second derivative along the line, and how far it can be off.

        From the even parts of what was seen: they are h²·f'' + O(h⁴), and extrapolated as the odd
        ones are.
        """
        best, bar = math.nan, math.inf
        above: list[float] = []
        used: list[float] = []
        for rung in self._smooth(k):
            added = STEEP * max(noise, self.point.noise[k]) / rung.step**2
            row = [(rung.plus + rung.minus) / rung.step**2]
            for j, before in enumerate(above):
                shrunk = (used[len(used) - 1 - j] / rung.step) ** 2
                row.append(row[j] + (row[j] - before) / (shrunk - 1))
                spread = max(abs(row[-1] - row[j]), abs(row[-1] - before)) + added
                if spread < bar:
                    best, bar = row[-1], spread
            above = row
            used.append(rung.step)
        return best, bar


def _ends(rung: Rung) -> tuple[tuple[float, float], tuple[float, float]]:
    """Return the values one step to either side, with their steps."""
    return (rung.plus, rung.step), (rung.minus, -rung.step)
