"""Axes: which ones an attribute means, what is left after them, and cotangents spread over them."""

from math import prod
from typing import TypeAlias

import numpy as np

from gradverify.arrays import Array, Shape
from gradverify.ops.errors import AxisError, RepeatedAxisError

Axes: TypeAlias = int | tuple[int, ...] | None


def normalized(axis: Axes, shape: Shape) -> tuple[int, ...]:
    """Return the axes counted from 0, all of them for None; raises ShapeMismatch."""
    if axis is None:
        return tuple(range(len(shape)))
    given = axis if isinstance(axis, tuple) else (axis,)
    for one in given:
        if not -len(shape) <= one < len(shape):
            raise AxisError(one, shape)
    axes = tuple(one % len(shape) for one in given)
    if len(set(axes)) < len(axes):
        raise RepeatedAxisError(given, shape)
    return axes


def kept_shape(shape: Shape, axis: Axes) -> Shape:
    """Return the shape with the reduced axes of size 1."""
    axes = normalized(axis, shape)
    return tuple(1 if n in axes else size for n, size in enumerate(shape))


def reduced_shape(shape: Shape, *, axis: Axes = None, keepdims: bool = False) -> Shape:
    """Return the shape of a reduction; raises ShapeMismatch."""
    axes = normalized(axis, shape)
    if keepdims:
        return kept_shape(shape, axis)
    return tuple(size for n, size in enumerate(shape) if n not in axes)


def reduced_count(shape: Shape, axis: Axes) -> int:
    """Return how many entries become one."""
    return prod(shape[n] for n in normalized(axis, shape))


def kept(reduced: Array, shape: Shape, axis: Axes) -> Array:
    """Return the result of a reduction of `shape` with its axes put back, of size 1."""
    return np.reshape(reduced, kept_shape(shape, axis))


def spread(reduced: Array, shape: Shape, axis: Axes) -> Array:
    """Return the result of a reduction of `shape`, repeated for every entry it came from."""
    return np.broadcast_to(kept(reduced, shape, axis), shape)
