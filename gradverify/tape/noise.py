"""Rounding at random: how far a computation can go astray by rounding alone.

Stochastic arithmetic (Vignes, "A stochastic arithmetic for reliable scientific computation",
Mathematics and Computers in Simulation 35, 1993): every result is moved by one unit in its last
place, up or down, and runs are compared.
"""

import numpy as np

from gradverify.arrays import Array


def rounded_at_random(array: Array, rng: np.random.Generator) -> Array:
    """Return floating entries moved by a unit in the last place, up or down; all others stay."""
    if array.dtype.kind != "f":
        return array
    signs = 1 - 2 * rng.integers(0, 2, array.shape, dtype=np.int8)
    with np.errstate(all="ignore"):
        return np.asarray(array + array * array.dtype.type(np.finfo(array.dtype).eps) * signs)
