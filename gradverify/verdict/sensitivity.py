"""The smallest error that the comparisons would have noticed, read off the bars."""

import numpy as np

from gradverify.arrays import Array, largest
from gradverify.verdict.truth import Truth
from gradverify.verdict.verdict import Sensitivity


def sensitivity(truth: Truth) -> Sensitivity:
    """Return the smallest error in the whole gradient, and in its least visible entry, that shows.

    Both are relative to the largest entry of the gradient, absolute where rounding could have made
    all of it, and infinite where no line could tell.
    """
    scale = largest(truth.array) if np.any(np.abs(truth.array) > truth.radius) else 1.0
    whole = np.inf
    entry = np.full(truth.array.shape, np.inf)
    for probe, reading in zip(truth.probes, truth.readings, strict=True):
        if not np.isfinite(reading.allowed):
            continue
        whole = min(whole, reading.allowed / (reading.size or 1.0))
        entry = np.minimum(entry, _seen(reading.allowed, np.abs(probe.direction), scale))
    return Sensitivity(float(whole), float(np.max(entry)) if entry.size else 0.0)


def _seen(allowed: float, moved: Array, scale: float) -> Array:
    """Return the error in each entry, relative to `scale`, that shows along a direction."""
    with np.errstate(divide="ignore"):
        return np.where(moved > 0, allowed / (moved * scale), np.inf)
