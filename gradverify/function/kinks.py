"""Entries at a kink: found by halving, left out of the lines, and judged one by one."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, final

import numpy as np

from gradverify.arrays import Array
from gradverify.function.draws import even_direction, own_scale
from gradverify.function.line import Line, Point
from gradverify.function.reading import Claimed, Reading, hold, read
from gradverify.function.trial import Trial
from gradverify.oracles.kink import bends
from gradverify.verdict.truth import Outcome

NEARBY: Final = 48  # points next to a kink whose slopes are looked at
ASIDE: Final = 2.0**-18  # how far aside they lie
CLOSE: Final = 2.0**-26  # the step there, far smaller: it meets no kink of its own
COARSE: Final = 2.0**-12  # how well so small a step tells a slope
LOOKS: Final = 600  # directions that are worth trying to find all entries at a kink


@final
@dataclass(frozen=True, slots=True)
class Kinked:
    """One entry at a kink, and what its own line says of the claim for it."""

    entry: int
    reading: Reading
    left: float
    right: float


def entries_at_kinks(point: Point, direction: Array) -> tuple[int, ...]:
    """Return the entries whose movement bends the outputs; nothing where they are too many."""
    found: list[int] = []
    waiting = [np.flatnonzero(direction)]
    for _ in range(LOOKS):
        if not waiting:
            break
        part = waiting.pop()
        if not _bends(point, alone(direction, part)):
            continue
        if part.size == 1:
            found.append(int(part[0]))
        else:
            waiting += [part[: part.size // 2], part[part.size // 2 :]]
    return () if waiting else tuple(sorted(found))


def _bends(point: Point, direction: Array) -> bool:
    line = point.line(direction)
    return bends(lambda step: float(line.at(step)[0]), noise=point.noise[0])


def alone(direction: Array, entries: Array) -> Array:
    """Return a direction that moves these entries alone."""
    kept = np.zeros(direction.size)
    kept[entries] = direction[entries]
    return kept


def unit(primal: Array, entry: int) -> Array:
    """Return the direction that moves one entry by a power of two of its own size."""
    kept = np.zeros(primal.size)
    kept[entry] = own_scale(primal)[entry]
    return kept


def at_kinks(trial: Trial, claimed: Claimed, entries: Sequence[int]) -> tuple[Kinked, ...]:
    """Hold a claim against the slopes on both sides of each entry."""
    return tuple(_judged(trial, claimed, entry) for entry in entries)


def _judged(trial: Trial, claimed: Claimed, entry: int) -> Kinked:
    leaf, _ = trial.point.leaves.place(entry)
    span = trial.point.leaves.span(leaf)
    direction = np.zeros(trial.point.primal.size)
    direction[span] = unit(trial.point.primal[span], entry - span.start)
    line, size = trial.point.line(direction), float(direction[entry])
    slope = line.slope(claimed.k)
    reading = read(slope, claimed, line) if slope.kinked else hold(line, claimed)
    if reading.outcome is Outcome.REFUTED and slope.kinked:
        reading = _nearby(trial, claimed, line, reading)
    return Kinked(entry, reading, slope.left / size, slope.right / size)


def _nearby(trial: Trial, claimed: Claimed, line: Line, reading: Reading) -> Reading:
    """Return the reading with the slopes at points nearby allowed for.

    Where several entries meet in a kink, as in a tie, the limits of nearby gradients reach further
    than the two slopes by one entry: F. H. Clarke, "Optimization and Nonsmooth Analysis" (1983).
    """
    along, slopes = float(claimed.flat @ line.direction), [reading.derivative]
    for draw in range(NEARBY):
        slopes.append(_slope_near(trial, claimed.k, line, draw))
        slack = COARSE * max(map(abs, slopes))
        if min(slopes) - slack <= along <= max(slopes) + slack:
            return replace(reading, outcome=Outcome.INSIDE, gap=0.0)
    return reading


def _slope_near(trial: Trial, k: int, line: Line, draw: int) -> float:
    """Return the slope along a line through a point next to its own."""
    point = trial.point
    aside = ASIDE * even_direction(trial.names, trial.primals, trial.ask.seed + draw + 1)
    ends = [point.change(aside + step * line.direction, 1.0) for step in (CLOSE, -CLOSE)]
    return float(point.cotangents[k] @ (ends[0] - ends[1])) / (2 * CLOSE)
