"""The smallest error that the comparisons would have noticed, read off bars and tolerances."""

import numpy as np

from gradverify.arrays import Array, Dtype, largest
from gradverify.oracles.oracle import Probe
from gradverify.verdict.compare import Ground
from gradverify.verdict.tolerance import tolerance
from gradverify.verdict.truth import Truth
from gradverify.verdict.verdict import Sensitivity


def sensitivity(ground: Ground, dtype: Dtype) -> Sensitivity:
    """Return the smallest error in the whole gradient, and in its least visible entry, that shows.

    Both are relative to the largest entry of the gradient, absolute where rounding could have made
    all of it, and infinite where no line could tell. It must show beside what is allowed to a party
    that computes in `dtype`.
    """
    truth = ground.truth
    scale = _scale(truth)
    allowed = tolerance(truth, dtype, None, ground.stated).allowed
    whole, entry = np.inf, np.full(truth.array.shape, np.inf)
    for probe, reading in zip(truth.probes, truth.readings, strict=True):
        within = reading.allowed + _between(probe)
        if np.isfinite(within):
            whole = min(whole, within / (reading.size or 1.0))
            entry = np.minimum(entry, _seen(within, np.abs(probe.direction), scale))
    whole += float(np.min(_share(allowed, truth.array))) if entry.size else 0.0
    return Sensitivity(float(whole), largest(entry + allowed / scale))


def _scale(truth: Truth) -> float:
    return largest(truth.array) if np.any(np.abs(truth.array) > truth.radius) else 1.0


def _between(probe: Probe) -> float:
    """Return how far a claim may lie between two slopes; a line through several kinks refutes none.

    See `truth.read`.
    """
    if not probe.kinked:
        return 0.0
    return abs(probe.right - probe.left) if np.count_nonzero(probe.direction) == 1 else np.inf


def _share(allowed: Array, array: Array) -> Array:
    """Return what is allowed of each entry, as a share of it."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(array != 0, allowed / np.abs(array), allowed)


def _seen(allowed: float, moved: Array, scale: float) -> Array:
    """Return the error in each entry, relative to `scale`, that shows along a direction."""
    with np.errstate(divide="ignore"):
        return np.where(moved > 0, allowed / (moved * scale), np.inf)
