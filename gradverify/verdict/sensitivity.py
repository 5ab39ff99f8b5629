"""The smallest error that the comparisons would have noticed, read off the bars."""

import numpy as np

from gradverify.arrays import Array, largest
from gradverify.verdict.truth import Truth, line_size, read
from gradverify.verdict.verdict import Sensitivity


def sensitivity(truth: Truth) -> Sensitivity:
    """Return the smallest error in the whole gradient, and in its least visible entry, that shows.

    Both are relative to the largest entry of the gradient; infinite where no line could tell.
    """
    scale = largest(truth.array) or 1.0
    whole = np.inf
    entry = np.full(truth.array.shape, np.inf)
    for probe in truth.probes:
        allowed = read(probe, truth.array, truth.radius).allowed
        if not np.isfinite(allowed):
            continue
        size = line_size(probe, truth.array)
        whole = min(whole, allowed / size if size else allowed)
        entry = np.minimum(entry, _seen(allowed, np.abs(probe.direction), scale))
    return Sensitivity(float(whole), float(np.max(entry)) if entry.size else 0.0)


def _seen(allowed: float, moved: Array, scale: float) -> Array:
    """Return the error in each entry, relative to `scale`, that shows along a direction."""
    with np.errstate(divide="ignore"):
        return np.where(moved > 0, allowed / (moved * scale), np.inf)
