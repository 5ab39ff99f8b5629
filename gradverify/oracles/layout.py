"""The same numbers in another memory layout, for numpy."""

import numpy as np

from gradverify.arrays import Array
from gradverify.oracles.function import Layout


def laid(array: Array, layout: Layout) -> Array:
    """Return equal values in a layout; an expanded array holds its first number throughout."""
    if layout is Layout.PLAIN or not array.ndim or not array.size:
        return array
    if layout is Layout.EXPANDED:
        zeros = (0,) * array.ndim  # as_strided: writeable, as what frameworks expand is
        return np.lib.stride_tricks.as_strided(array.ravel()[:1], array.shape, zeros)
    if layout is Layout.TRANSPOSED and array.ndim > 1:
        return np.ascontiguousarray(array.T).T
    return _spaced(array.T).T if layout is Layout.TANGLED else _spaced(array)


def _spaced(array: Array) -> Array:
    """Return equal values with gaps between them, in which other numbers stand."""
    wide = np.empty((*array.shape, 2), array.dtype)
    wide[..., 0] = array
    wide[..., 1] = 1 - 3 * array
    return wide[..., 0]
