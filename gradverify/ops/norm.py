"""Norms of vectors: of order 1, 2 and infinity, over all axes or some.

Derivatives: Petersen and Pedersen, The Matrix Cookbook, section 2.6; at kinks the even choice.
"""

from math import inf
from typing import Final

import numpy as np

from gradverify.arrays import Array, Shape
from gradverify.ops.axes import Axes, kept, reduced_count, reduced_shape
from gradverify.ops.elementwise import UNARY, signs
from gradverify.ops.errors import EmptyError, NormOrderError
from gradverify.ops.extremum import OVER, max_margin, shared
from gradverify.ops.op import Attribute, AttributeKind, Op, Result


def vector_norm(x: Array, *, ord: float = 2, axis: Axes = None, keepdims: bool = False) -> Array:
    if ord == 1:
        return np.sum(np.abs(x), axis=axis, keepdims=keepdims)
    if ord == inf:
        # of an array of one object numpy returns the object, whose own `max` takes no axis
        return np.max(np.abs(x), axis=axis, keepdims=keepdims) if x.ndim else np.abs(x)
    return np.sqrt(np.sum(np.square(x), axis=axis, keepdims=keepdims))


def vector_norm_shape(
    shape: Shape, *, ord: float = 2, axis: Axes = None, keepdims: bool = False
) -> Shape:
    """Return the shape of the norms; raises NormOrderError or EmptyError."""
    if ord not in (1, 2, inf):
        raise NormOrderError(ord)
    reduced = reduced_shape(shape, axis=axis, keepdims=keepdims)
    if ord == inf and not reduced_count(shape, axis):
        raise EmptyError(shape, "a norm of order inf")
    return reduced


def vector_norm_vjp(
    ct: Array, out: Array, x: Array, *, ord: float = 2, axis: Axes = None, **_: object
) -> tuple[Array]:
    along, length = kept(ct, np.shape(x), axis), kept(out, np.shape(x), axis)
    if ord == 1:
        return (along * signs(x),)
    if ord == inf:
        return (signs(x) * shared(ct, x, np.equal(np.abs(x), length), axis),)
    flat = np.equal(length, 0)
    return (np.where(flat, 0, along * x / (length + flat)),)


def vector_norm_margin(
    x: Array, *, ord: float = 2, axis: Axes = None, keepdims: bool = False
) -> Array:
    if ord == 1:
        return np.abs(x)
    length = vector_norm(x, ord=ord, axis=axis, keepdims=keepdims)
    if ord == inf:
        return np.minimum(length, max_margin(np.abs(x), axis=axis, keepdims=keepdims))
    return length


ROWS: Final = (
    Op(
        "vector_norm",
        vector_norm,
        vector_norm_vjp,
        vector_norm_shape,
        UNARY,
        (Attribute("ord", AttributeKind.NUMBER, default=2), *OVER),
        Result.FLOATING,
        margin=vector_norm_margin,
        aliases=("norm",),
        about=(
            "The norm of order 1, 2 or inf over axes; its gradient is 0 at 0, and entries that "
            "share the largest magnitude share it evenly."
        ),
    ),
)
