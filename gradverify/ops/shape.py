"""Manipulation: the same entries in another arrangement, joined, or repeated.

Names and axes are those of the Array API standard 2024.12, section "Manipulation functions".
"""

from itertools import accumulate
from math import prod
from typing import Final

import numpy as np

from gradverify.arrays import Array, Shape
from gradverify.ops.axes import Axes, normalized
from gradverify.ops.broadcasting import stretched, unbroadcast
from gradverify.ops.elementwise import UNARY
from gradverify.ops.errors import (
    AxesError,
    JoinError,
    NothingToJoinError,
    RankError,
    ReshapeError,
    SqueezeError,
)
from gradverify.ops.op import Attribute, AttributeKind, Op

TARGET: Final = (Attribute("shape", AttributeKind.SHAPE, required=True),)
AXES: Final = (Attribute("axes", AttributeKind.SHAPE, required=True),)
AXIS: Final = Attribute("axis", AttributeKind.AXIS)
NEW_AXIS: Final = Attribute("axis", AttributeKind.AXIS, required=True)
JOINED_AXIS: Final = Attribute("axis", AttributeKind.INTEGER, default=0)


def as_it_was_vjp(ct: Array, out: Array, x: Array, **_: object) -> tuple[Array]:
    """Arrange the cotangent as the operand was, where entries keep their order."""
    return (np.reshape(ct, np.shape(x)),)


def reshape(x: Array, *, shape: Shape) -> Array:
    return np.reshape(x, reshape_shape(np.shape(x), shape=shape))


def reshape_shape(old: Shape, *, shape: Shape) -> Shape:
    """Return the target with its -1 worked out; raises ShapeMismatch."""
    size = prod(old)
    known = prod(n for n in shape if n != -1)
    free = shape.count(-1)
    if free == 1 and known > 0 and size % known == 0:
        return tuple(size // known if n == -1 else n for n in shape)
    if free or known != size or any(n < 0 for n in shape):
        raise ReshapeError(old, shape)
    return shape


def flatten(x: Array) -> Array:
    return np.reshape(x, flatten_shape(np.shape(x)))


def flatten_shape(shape: Shape) -> Shape:
    return (prod(shape),)


def permute_dims(x: Array, *, axes: tuple[int, ...]) -> Array:
    return np.transpose(x, axes)


def permute_dims_vjp(ct: Array, out: Array, x: Array, *, axes: tuple[int, ...]) -> tuple[Array]:
    order = normalized(axes, np.shape(x))
    back = tuple(order.index(n) for n in range(len(order)))
    return (np.transpose(ct, back),)


def permute_dims_shape(shape: Shape, *, axes: tuple[int, ...]) -> Shape:
    """Return the lengths in their new order; raises ShapeMismatch."""
    order = normalized(axes, shape)
    if len(order) != len(shape):
        raise AxesError(axes, shape)
    return tuple(shape[n] for n in order)


def transpose(x: Array) -> Array:
    return np.transpose(x)


def transpose_vjp(ct: Array, out: Array, x: Array) -> tuple[Array]:
    return (np.transpose(ct),)


def transpose_shape(shape: Shape) -> Shape:
    return shape[::-1]


def matrix_transpose(x: Array) -> Array:
    return np.swapaxes(x, -1, -2)


def matrix_transpose_vjp(ct: Array, out: Array, x: Array) -> tuple[Array]:
    return (np.swapaxes(ct, -1, -2),)


def matrix_transpose_shape(shape: Shape) -> Shape:
    """Return the shape with its last two lengths exchanged; raises ShapeMismatch."""
    if len(shape) in (0, 1):
        raise RankError(shape, op="matrix_transpose", expected="two or more axes")
    return (*shape[:-2], shape[-1], shape[-2])


def squeeze(x: Array, *, axis: Axes = None) -> Array:
    return np.reshape(x, squeeze_shape(np.shape(x), axis=axis))


def squeeze_shape(shape: Shape, *, axis: Axes = None) -> Shape:
    """Return the shape without axes of length 1; raises ShapeMismatch."""
    if axis is None:
        return tuple(size for size in shape if size != 1)
    gone = normalized(axis, shape)
    for n in gone:
        if shape[n] != 1:
            raise SqueezeError(n, shape)
    return tuple(size for n, size in enumerate(shape) if n not in gone)


def expand_dims(x: Array, *, axis: int | tuple[int, ...]) -> Array:
    return np.reshape(x, expand_dims_shape(np.shape(x), axis=axis))


def expand_dims_shape(shape: Shape, *, axis: int | tuple[int, ...]) -> Shape:
    count = len(axis) if isinstance(axis, tuple) else 1
    new = normalized(axis, (*shape, *(1,) * count))
    old = iter(shape)
    return tuple(1 if n in new else next(old) for n in range(len(shape) + count))


def broadcast_to(x: Array, *, shape: Shape) -> Array:
    return np.broadcast_to(x, broadcast_to_shape(np.shape(x), shape=shape))


def broadcast_to_vjp(ct: Array, out: Array, x: Array, *, shape: Shape) -> tuple[Array]:
    return (unbroadcast(ct, np.shape(x)),)


def broadcast_to_shape(old: Shape, *, shape: Shape) -> Shape:
    aligned = (*(-1,) * (len(shape) - len(old)), *old)
    kept = (was if n == -1 else n for n, was in zip(shape, aligned[-len(shape) :], strict=False))
    return stretched(old, tuple(kept))


def concat(*arrays: Array, axis: int = 0) -> Array:
    return np.concatenate(arrays, axis=axis)


def concat_vjp(ct: Array, out: Array, *arrays: Array, axis: int = 0) -> tuple[Array, ...]:
    *ends, _ = accumulate(np.shape(array)[axis] for array in arrays)
    return tuple(np.split(ct, ends, axis=axis))


def concat_shape(*shapes: Shape, axis: int = 0) -> Shape:
    """Return the shape with the lengths along one axis summed; raises ShapeMismatch."""
    if not shapes:
        raise NothingToJoinError
    (n,) = normalized(axis, shapes[0])
    others = {(*shape[:n], *shape[n + 1 :]) for shape in shapes}
    if len(others) > 1 or len({len(shape) for shape in shapes}) > 1:
        raise JoinError(*shapes, op="concat", axis=axis)
    return (*shapes[0][:n], sum(shape[n] for shape in shapes), *shapes[0][n + 1 :])


def stack(*arrays: Array, axis: int = 0) -> Array:
    shape = stack_shape(*map(np.shape, arrays), axis=axis)
    parts = [np.reshape(array, _of_one(shape, axis)) for array in arrays]
    return np.concatenate(parts, axis=axis)


def _of_one(shape: Shape, axis: int) -> Shape:
    """Return the shape of a stack of one array."""
    return tuple(1 if n == axis % len(shape) else size for n, size in enumerate(shape))


def stack_vjp(ct: Array, out: Array, *arrays: Array, axis: int = 0) -> tuple[Array, ...]:
    parts = np.split(ct, len(arrays), axis=axis)
    return tuple(np.reshape(part, np.shape(arrays[0])) for part in parts)


def stack_shape(*shapes: Shape, axis: int = 0) -> Shape:
    """Return the shape with one axis more; raises ShapeMismatch."""
    if not shapes:
        raise NothingToJoinError
    if len(set(shapes)) > 1:
        raise JoinError(*shapes, op="stack", axis=axis)
    (n,) = normalized(axis, (*shapes[0], 1))
    return (*shapes[0][:n], len(shapes), *shapes[0][n:])


ROWS: Final = (
    Op(
        "reshape",
        reshape,
        as_it_was_vjp,
        reshape_shape,
        UNARY,
        TARGET,
        aliases=("view",),
        about="The same entries in another shape, row by row; one length may be -1.",
    ),
    Op(
        "flatten",
        flatten,
        as_it_was_vjp,
        flatten_shape,
        UNARY,
        aliases=("ravel",),
        about="The same entries as a vector, row by row.",
    ),
    Op(
        "permute_dims",
        permute_dims,
        permute_dims_vjp,
        permute_dims_shape,
        UNARY,
        AXES,
        aliases=("permute",),
        about="The same entries with the axes in another order.",
    ),
    Op(
        "transpose",
        transpose,
        transpose_vjp,
        transpose_shape,
        UNARY,
        aliases=("t",),
        about="The same entries with all axes reversed, `x.T`.",
    ),
    Op(
        "matrix_transpose",
        matrix_transpose,
        matrix_transpose_vjp,
        matrix_transpose_shape,
        UNARY,
        about="The same entries with the last two axes exchanged, `x.mT`.",
    ),
    Op(
        "squeeze",
        squeeze,
        as_it_was_vjp,
        squeeze_shape,
        UNARY,
        (AXIS,),
        about="The same entries without axes of length 1: all of them, or those named.",
    ),
    Op(
        "expand_dims",
        expand_dims,
        as_it_was_vjp,
        expand_dims_shape,
        UNARY,
        (NEW_AXIS,),
        aliases=("unsqueeze",),
        about="The same entries with a new axis of length 1.",
    ),
    Op(
        "broadcast_to",
        broadcast_to,
        broadcast_to_vjp,
        broadcast_to_shape,
        UNARY,
        TARGET,
        aliases=("expand",),
        about=(
            "Entries repeated to a larger shape, in which -1 keeps a length; their cotangents "
            "are summed."
        ),
    ),
    Op(
        "concat",
        concat,
        concat_vjp,
        concat_shape,
        ("arrays",),
        (JOINED_AXIS,),
        variadic=True,
        aliases=("cat", "concatenate"),
        about="Arrays joined along an axis that they have.",
    ),
    Op(
        "stack",
        stack,
        stack_vjp,
        stack_shape,
        ("arrays",),
        (JOINED_AXIS,),
        variadic=True,
        about="Arrays of one shape joined along a new axis.",
    ),
)
