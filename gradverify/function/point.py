"""Where a function is looked at: its value there, and the cotangents that weigh its outputs."""

import math
from collections.abc import Sequence
from typing import Final

import numpy as np

from gradverify.arrays import EPS, Array, length
from gradverify.function.asking import Asking
from gradverify.function.draws import cotangent
from gradverify.function.line import Point
from gradverify.oracles.function import Arrays, Layout, Weight

LEAST: Final = float(np.finfo(np.float64).smallest_subnormal)  # rounding of what is denormal
SIZES: Final = (1.0, 32.0)  # of the drawn cotangents
MANY: Final = 2**22  # outputs above which one cotangent fewer is held in memory


def weights(values: Sequence[Array], seed: int, eps: float) -> tuple[Weight, ...]:
    """Return the cotangents: drawn ones, and last ones as `sum().backward()` expands them.

    `eps` is that of the coarsest format among the inputs.
    """
    sizes = SIZES[:1] if sum(value.size for value in values) > MANY else SIZES
    digits = 1 - round(math.log2(eps))
    drawn = [Weight(cotangent(values, seed, size, digits)) for size in sizes]
    ones = tuple(np.broadcast_to(1.0, value.shape) for value in values)
    return (*drawn, Weight(ones, Layout.EXPANDED))


def point(
    ask: Asking, primals: Sequence[Array], drawn: Sequence[Weight], found: tuple[Arrays, float]
) -> Point:
    """Return the point at these leaves; `found` are the outputs and the eps of their format."""
    values, eps = found
    value = np.concatenate([np.ravel(array) for array in values])
    rows = tuple(_row(weight) for weight in drawn)
    noise = tuple(max(eps, EPS) * length(row * value) + LEAST * length(row) for row in rows)
    return Point(ask, ask.leaves, ask.leaves.join(primals), value, rows, noise)


def _row(weight: Weight) -> Array:
    """Return a cotangent, flat; ones take no memory however many there are."""
    if weight.layout is Layout.EXPANDED:
        return np.broadcast_to(1.0, (sum(array.size for array in weight.arrays),))
    parts = [np.ravel(array) for array in weight.arrays]
    return parts[0] if len(parts) == 1 else np.concatenate(parts)
