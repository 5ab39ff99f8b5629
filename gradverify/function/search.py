"""Which leaf and which entries are at fault: by halving a direction that shows it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, final

import numpy as np

from gradverify.arrays import EPS, Array, length
from gradverify.function.kinks import alone
from gradverify.function.line import Line, Point
from gradverify.function.trial import Trial

WIDEST: Final = 2.0**-7  # the larger of the two steps of a look
NARROWER: Final = 2.0**-2
SHRUNK: Final = NARROWER**-2 - 1
TRUST: Final = 2.0**-5  # how much of what extrapolation removed may be left
GROSS: Final = 2.0**-16  # a gap, relative, that one step of `GLANCE` shows as well
GLANCE: Final = 2.0**-13
SHARE: Final = 0.02  # of the whole gap: what is less is nobody's fault
SPREAD: Final = 0.04  # an entry that explains less of the gap is one of too many
LOOKS: Final = 64


@final
@dataclass(frozen=True, slots=True)
class Look:
    """Derivatives along one direction for all cotangents, in four passes, with their bars."""

    direction: Array
    values: Array
    bars: Array


@final
@dataclass(frozen=True, slots=True)
class Wrong:
    """One entry at fault: what is claimed and what is true, for the first cotangent."""

    entry: int
    claimed: float
    true: float
    bar: float


def look(point: Point, direction: Array, step: float) -> Look:
    """Return derivatives along a direction from two steps, the larger no larger than `step`."""
    line = point.line(direction)
    wide = min(step, WIDEST)
    narrow = wide * NARROWER
    first, second = (_central(line, h) for h in (wide, narrow))
    removed = (second - first) / SHRUNK
    bars = TRUST * np.abs(removed) + 2 * np.asarray(point.noise) / narrow
    return Look(direction, second + removed, bars)


def _central(line: Line, step: float) -> Array:
    return (line.at(step) - line.at(-step)) / (2 * step)


@final
@dataclass(slots=True)
class Search:
    """Halves the support of a direction along which a claim is off by `gap`."""

    trial: Trial
    flat: Array
    direction: Array
    step: float
    gross: bool = False
    left: int = LOOKS

    def gap(self, support: Array) -> tuple[float, float]:
        """Return how far the claim is off along part of the direction, and the bar of that."""
        self.left -= 1
        part = alone(self.direction, support)
        claimed, size = float(self.flat @ part), length(self.flat * part)
        if self.gross and self.step >= GLANCE:
            line = self.trial.point.line(part)
            true = float(_central(line, GLANCE)[0])
            bar = GLANCE * max(size, abs(true)) * GLANCE**0.5 + self.trial.point.noise[0] / GLANCE
        else:
            seen = look(self.trial.point, part, self.step)
            true, bar = float(seen.values[0]), float(seen.bars[0])
        return claimed - true, 3 * bar + EPS * 8 * size

    def groups(self, groups: Sequence[Array], gap: float) -> dict[int, float]:
        """Return which of several supports are at fault, and by how much each."""
        whole = abs(gap)
        found: dict[int, float] = {}
        waiting = [(tuple(range(len(groups))), gap)]
        while waiting:
            part, off = waiting.pop()
            if len(part) == 1:
                found[part[0]] = off
                continue
            halves = part[: len(part) // 2], part[len(part) // 2 :]
            first, bar = self.gap(np.concatenate([groups[k] for k in halves[0]]))
            for half, share in ((halves[0], first), (halves[1], off - first)):
                if not abs(share) <= max(bar, EPS * whole):
                    waiting.append((half, share))
        return found

    def entries(self, support: Array, gap: float) -> Iterator[tuple[int, float]]:
        """Yield entries at fault, the larger share of the gap first."""
        waiting = [(support, gap)]
        while waiting and self.left > 0:
            part, off = waiting.pop()
            if part.size == 1:
                yield int(part[0]), off
                continue
            halves = part[: part.size // 2], part[part.size // 2 :]
            first, bar = self.gap(halves[0])
            shares = [(halves[0], first), (halves[1], off - first)]
            shares = [(half, s) for half, s in shares if not abs(s) <= max(bar, SHARE * abs(gap))]
            waiting += sorted(shares, key=lambda item: abs(item[1]))
