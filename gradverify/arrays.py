"""The array aliases that every stage shares."""

from collections.abc import Mapping
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[Any]
Shape: TypeAlias = tuple[int, ...]
Dtype: TypeAlias = np.dtype[Any]

EPS: Final = float(np.finfo(np.float64).eps)
REAL: Final = "fiub"  # kinds of real, whole and boolean dtypes
TINY: Final = 1e-150  # below this, squares underflow

Values: TypeAlias = Mapping[str, Array]
"""Arrays by the name of a value of a program."""


def frozen(array: Array) -> Array:
    """Return a read-only view of what is read-only from now on: whoever writes fails loudly."""
    array.flags.writeable = False
    return array.view()


def largest(array: Array) -> float:
    """Return the largest magnitude in an array, 0.0 for an empty one."""
    return float(np.max(np.abs(array))) if array.size else 0.0


def length(array: Array) -> float:
    """Return the Euclidean length of an array, which does not overflow before its entries do."""
    with np.errstate(over="ignore", invalid="ignore"):
        found = float(np.linalg.norm(np.ravel(array)))
    if np.isfinite(found) and found > TINY:
        return found
    scale = largest(array)
    if not np.isfinite(scale) or scale == 0.0:
        return scale
    return scale * float(np.linalg.norm(np.ravel(array / scale)))
