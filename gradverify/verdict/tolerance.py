"""How far a party may be from the truth, entry by entry, and why."""

from dataclasses import dataclass
from typing import Final, final

import numpy as np

from gradverify.arrays import EPS, Array, Dtype, largest, length
from gradverify.verdict.truth import NOTHING, Truth

RADII: Final = 2.0  # the truth's own evaluation and the party's may each be one radius off
PLACES: Final = 8.0  # units in the last place of the largest entry that nobody is blamed for


@final
@dataclass(frozen=True, slots=True)
class Tolerance:
    """Absolute errors that are allowed, and why; above 1, `bluntness` decides nothing.

    A printed number is as sharp as it was printed, but a rounding bound of half the gradient is
    blunt.
    """

    allowed: Array
    because: str
    bluntness: float


def tolerance(
    truth: Truth, dtype: Dtype, precision: Array | None, stated: float | None
) -> Tolerance:
    """Return what a party's gradient is allowed, in units of the gradient.

    `dtype` is the format that the party computes in, `precision` how precisely it claims its
    numbers, and `stated` the spec's own `tolerance:`, relative to the largest entry.
    """
    scale = largest(truth.array)
    if stated is not None:
        return Tolerance(
            np.full(truth.array.shape, stated * scale), "`tolerance:` of the spec", 0.0
        )
    eps = float(np.finfo(dtype).eps)
    rounding = RADII * truth.radius + PLACES * eps * scale
    digits = max(eps**0.5, PLACES**2 * eps)
    sharp = max(scale * digits, nothing(truth) * max(1.0, digits / NOTHING))
    bluntness = largest(rounding) / sharp if sharp else 0.0
    if precision is None or not np.any(precision):
        return Tolerance(rounding, f"rounding of these steps in {dtype}, in any order", bluntness)
    precision = np.where(np.isfinite(precision), precision, 0.0)
    because = f"known to {float(np.max(precision)):.1e}, and rounding in {dtype}"
    return Tolerance(rounding + precision, because, bluntness)


def nothing(truth: Truth) -> float:
    """Return how large an entry of a gradient may be that does nothing to the loss.

    The loss is as large as it is, or as what cancels in it: rounding shows how large that is.
    """
    cancelled = truth.rounding / EPS
    moved = [
        max(p.size, cancelled) / length(p.direction)
        for p in truth.probes
        if p.size and np.any(p.direction)
    ]
    return NOTHING * max(moved, default=0.0)
