"""The larger and the smaller: of two, within bounds, along axes.

At a tie every choice within the subdifferential is a derivative (Clarke, Optimization and Nonsmooth
Analysis, section 2.3); here the cotangent is shared evenly, except that bounds count as inside.
"""

from math import inf
from typing import Final

import numpy as np

from gradverify.arrays import Array, Shape
from gradverify.ops.axes import Axes, kept, reduced_count, reduced_shape
from gradverify.ops.broadcasting import broadcast_shape
from gradverify.ops.comparison import gap
from gradverify.ops.elementwise import BINARY, UNARY, same_shape
from gradverify.ops.errors import EmptyError
from gradverify.ops.op import Attribute, AttributeKind, Op

OVER: Final = (
    Attribute("axis", AttributeKind.AXIS),
    Attribute("keepdims", AttributeKind.FLAG, default=False),
)


def maximum_vjp(ct: Array, out: Array, x: Array, y: Array) -> tuple[Array, Array]:
    tied = np.where(np.equal(x, y), ct / 2, 0)
    return np.where(np.greater(x, y), ct, tied), np.where(np.less(x, y), ct, tied)


def minimum_vjp(ct: Array, out: Array, x: Array, y: Array) -> tuple[Array, Array]:
    tied = np.where(np.equal(x, y), ct / 2, 0)
    return np.where(np.less(x, y), ct, tied), np.where(np.greater(x, y), ct, tied)


def clip(x: Array, *, min: float | None = None, max: float | None = None) -> Array:
    raised = x if min is None else np.maximum(x, min)
    return raised if max is None else np.minimum(raised, max)


def clip_vjp(
    ct: Array, out: Array, x: Array, *, min: float | None = None, max: float | None = None
) -> tuple[Array]:
    above = ct if min is None else np.where(np.greater_equal(x, min), ct, 0)
    return (above if max is None else np.where(np.less_equal(x, max), above, 0),)


def clip_margin(x: Array, *, min: float | None = None, max: float | None = None) -> Array:
    return np.minimum(
        np.abs(x - (-inf if min is None else min)), np.abs(x - (inf if max is None else max))
    )


def max_over(x: Array, *, axis: Axes = None, keepdims: bool = False) -> Array:
    return np.max(x, axis=axis, keepdims=keepdims)


def min_over(x: Array, *, axis: Axes = None, keepdims: bool = False) -> Array:
    return np.min(x, axis=axis, keepdims=keepdims)


def max_shape(shape: Shape, *, axis: Axes = None, keepdims: bool = False) -> Shape:
    return _extremum_shape("max", shape, axis, keepdims=keepdims)


def min_shape(shape: Shape, *, axis: Axes = None, keepdims: bool = False) -> Shape:
    return _extremum_shape("min", shape, axis, keepdims=keepdims)


def _extremum_shape(op: str, shape: Shape, axis: Axes, *, keepdims: bool) -> Shape:
    reduced = reduced_shape(shape, axis=axis, keepdims=keepdims)
    if not reduced_count(shape, axis):
        raise EmptyError(shape, op)
    return reduced


def extremum_vjp(
    ct: Array, out: Array, x: Array, *, axis: Axes = None, **_: object
) -> tuple[Array]:
    return (shared(ct, x, np.equal(x, kept(out, np.shape(x), axis)), axis),)


def shared(ct: Array, x: Array, chosen: Array, axis: Axes) -> Array:
    """Return the cotangent of a reduction of `x`, split evenly among the chosen entries."""
    one = np.where(chosen, np.ones_like(x), np.zeros_like(x))
    ties = np.sum(one, axis=axis, keepdims=True)
    return np.where(chosen, kept(ct, np.shape(x), axis) / ties, 0)


def max_margin(x: Array, *, axis: Axes = None, keepdims: bool = False) -> Array:
    """Return the gap to the runner-up: 0 at a tie, infinite where there is no other entry."""
    top = np.max(x, axis=axis, keepdims=True)
    chosen = np.equal(x, top)
    second = np.max(np.where(chosen, -inf, x), axis=axis, keepdims=True)
    tied = np.sum(chosen, axis=axis, keepdims=True) > 1
    shape = reduced_shape(np.shape(x), axis=axis, keepdims=keepdims)
    return np.reshape(np.where(tied, 0, top - second), shape)


def min_margin(x: Array, *, axis: Axes = None, keepdims: bool = False) -> Array:
    return max_margin(-x, axis=axis, keepdims=keepdims)


ROWS: Final = (
    Op(
        "maximum",
        np.maximum,
        maximum_vjp,
        broadcast_shape,
        BINARY,
        margin=gap,
        broadcasts=True,
        about=(
            "The larger of two operands, entry by entry; at a tie each gets half of the cotangent."
        ),
    ),
    Op(
        "minimum",
        np.minimum,
        minimum_vjp,
        broadcast_shape,
        BINARY,
        margin=gap,
        broadcasts=True,
        about=(
            "The smaller of two operands, entry by entry; at a tie each gets half of the cotangent."
        ),
    ),
    Op(
        "clip",
        clip,
        clip_vjp,
        same_shape,
        UNARY,
        (Attribute("min", AttributeKind.NUMBER), Attribute("max", AttributeKind.NUMBER)),
        margin=clip_margin,
        aliases=("clamp",),
        about=(
            "Entries held within bounds; the derivative is 1 within and at the bounds, 0 outside."
        ),
    ),
    Op(
        "max",
        max_over,
        extremum_vjp,
        max_shape,
        UNARY,
        OVER,
        margin=max_margin,
        aliases=("amax",),
        about="The largest entry over axes; entries that share it share the cotangent evenly.",
    ),
    Op(
        "min",
        min_over,
        extremum_vjp,
        min_shape,
        UNARY,
        OVER,
        margin=min_margin,
        aliases=("amin",),
        about="The smallest entry over axes; entries that share it share the cotangent evenly.",
    ),
)
