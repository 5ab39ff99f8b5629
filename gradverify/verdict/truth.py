"""The truth about one gradient: what the error-barred derivative of the forward pass says it is.

The rules' gradient, enclosed against rounding, stands for it entry by entry once the derivative
along every probed line confirms it. Until then only the lines themselves are known.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final, final

import numpy as np

from gradverify.arrays import EPS, Array, largest, length
from gradverify.oracles.enclosure import Enclosure
from gradverify.oracles.oracle import Probe

BARS: Final = 3.0  # how many bars a right gradient may be from the derivative
WIDE: Final = 0.05  # a bar this wide, against what it is a bar of, calls nothing right
NOTHING: Final = 1e-6  # ... and against the loss itself, where the gradient is nothing


@final
class Outcome(Enum):
    """What one line says about a gradient."""

    FITS = "within the bar"
    INSIDE = "between the slopes on both sides of a kink"
    REFUTED = "further off than the bar allows"
    SILENT = "the bar is too wide to tell"


@final
@dataclass(frozen=True, slots=True)
class Reading:
    """A gradient held against one probe: how far off along its line, and how far it may be.

    `size` is what an error along the line is small against; 0 where the gradient is nothing at all.
    """

    outcome: Outcome
    error: float
    allowed: float
    size: float


@final
@dataclass(frozen=True, slots=True)
class Measured:
    """What differences say of a gradient: along lines, and of each entry where they are few."""

    probes: tuple[Probe, ...]
    entries: Enclosure | None


@final
@dataclass(frozen=True, slots=True)
class Doubt:
    """The most that float64 does to the loss, and its share of the program's own rounding."""

    rounding: float
    share: float


@final
@dataclass(frozen=True, slots=True)
class Truth:
    """`array` ± `radius` where the lines confirm it, else only `probes` are known.

    `readings` hold it against the probes; `rounding` is the most that rounding can do to the
    weighed loss, where differences assume the least. `refuted`: the lines contradict the rules,
    so that the rules cannot stand for the truth; `contradicted`: every library contradicts the
    lines, and there is none.
    """

    array: Array
    radius: Array
    probes: tuple[Probe, ...]
    readings: tuple[Reading, ...]
    rounding: float
    confirmed: bool
    refuted: bool
    contradicted: bool = False


def establish(enclosure: Enclosure, measured: Measured, doubt: Doubt) -> Truth:
    """Return the truth, given the rules' enclosure and what differences measured.

    Differences measure the function in float64, so that is how the enclosure is held against them.
    Where they refute the rules but took every entry, their own array stands for the truth.
    """
    probes, rounding = measured.probes, doubt.rounding
    slack = enclosure.rad * doubt.share
    readings = tuple(read(probe, enclosure.mid, slack, rounding) for probe in probes)
    refuted = any(r.outcome is Outcome.REFUTED for r in readings)
    if refuted and measured.entries is not None:
        entries = measured.entries
        held = tuple(read(probe, entries.mid, entries.rad, rounding) for probe in probes)
        radius = BARS * entries.rad
        return Truth(entries.mid, radius, probes, held, rounding, confirmed=True, refuted=True)
    confirmed = not refuted and _finite(enclosure) and (covered(probes, readings) or not probes)
    return Truth(enclosure.mid, enclosure.rad, probes, readings, rounding, confirmed, refuted)


def covered(probes: Sequence[Probe], readings: Sequence[Reading]) -> bool:
    """Whether every entry was moved along at least one line that could tell."""
    telling = [p.direction != 0 for p, r in zip(probes, readings, strict=True) if _tells(r)]
    return bool(telling) and bool(np.all(np.any(telling, axis=0)))


def _tells(reading: Reading) -> bool:
    return reading.outcome is not Outcome.SILENT


def _finite(enclosure: Enclosure) -> bool:
    """Whether an enclosure bounds anything."""
    return bool(np.all(np.isfinite(enclosure.mid)) and np.all(np.isfinite(enclosure.rad)))


def read(probe: Probe, gradient: Array, slack: Array, rounding: float) -> Reading:
    """Hold a gradient, each entry known to within `slack`, against one derivative.

    A right gradient may be off by three bars and by the rounding of the inner product itself. It is
    refuted only where the most that `rounding` can do to the loss does not explain the rest.
    """
    moved = np.where(probe.direction != 0, gradient * probe.direction, 0.0)
    along, off = float(np.sum(moved)), length(moved)
    allowed = (
        BARS * probe.bar
        + EPS * (8 * off + 16 * abs(along))
        + 4 * length(np.where(probe.direction != 0, slack * np.abs(probe.direction), 0.0))
    )
    low, high = sorted((probe.left, probe.right))
    error = max(low - along, along - high, 0.0) if probe.kinked else abs(along - probe.derivative)
    size = _size(probe, gradient, slack, off)
    doubt = 2 * BARS * rounding / probe.step
    return Reading(_outcome(probe, (error, allowed, doubt), size), error, allowed + doubt, size)


def _size(probe: Probe, gradient: Array, slack: Array, off: float) -> float:
    """Return what an error along this line is small against; 0 where nothing is there."""
    slopes = max(abs(probe.left), abs(probe.right))
    if not np.any(np.abs(gradient) > slack):
        return slopes if probe.kinked else 0.0
    alone = np.count_nonzero(probe.direction) == 1
    whole = largest(gradient) * largest(probe.direction) if alone else 0.0
    return max(off, whole, slopes)


def _outcome(probe: Probe, numbers: tuple[float, float, float], size: float) -> Outcome:
    error, allowed, doubt = numbers
    if not np.isfinite(probe.bar) or not np.isfinite(probe.derivative):
        return Outcome.SILENT
    if not np.isfinite(error):
        return Outcome.REFUTED  # not a number, or infinite, where the line has a slope
    if np.isnan(allowed):
        return Outcome.SILENT
    if not error <= allowed:
        # the slopes bound every valid choice for one entry; for several only where all bend alike
        several = probe.kinked and np.count_nonzero(probe.direction) > 1
        return Outcome.SILENT if several or error <= allowed + doubt else Outcome.REFUTED
    if allowed > (WIDE * size if size else NOTHING * probe.size):
        return Outcome.SILENT
    return Outcome.INSIDE if probe.kinked else Outcome.FITS
