"""Broadcasting: the common shape, and the way back for a cotangent."""

import numpy as np

from gradverify.arrays import Array, Shape
from gradverify.ops.errors import BroadcastError, BroadcastToError


def broadcast_shape(*shapes: Shape) -> Shape:
    """Return the common shape; raises ShapeMismatch."""
    try:
        return np.broadcast_shapes(*shapes)
    except ValueError:
        raise BroadcastError(*shapes) from None


def stretched(shape: Shape, target: Shape) -> Shape:
    """Return `target` where `shape` broadcasts to it; raises ShapeMismatch."""
    try:
        fits = np.broadcast_shapes(shape, target) == target
    except ValueError:
        fits = False
    if not fits:
        raise BroadcastToError(shape, target)
    return target


def unbroadcast(ct: Array, shape: Shape) -> Array:
    """Return a cotangent summed to the shape of the operand that was broadcast to `ct`'s.

    Broadcasting repeats an entry; the derivative by the entry is the sum over its copies.
    """
    if np.shape(ct) == shape:
        return ct
    new = np.ndim(ct) - len(shape)
    stretched_axes = (n + new for n, size in enumerate(shape) if size == 1)
    return np.reshape(np.sum(ct, axis=(*range(new), *stretched_axes)), shape)
