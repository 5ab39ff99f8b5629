"""Reductions over axes that are smooth: sums, means, products, and what is made of them.

`spread` undoes a reduction of axes: it repeats a cotangent for every entry that was summed.
"""

from math import inf, nan
from typing import Final

import numpy as np

from gradverify.arrays import Array, Shape
from gradverify.ops.axes import Axes, kept, reduced_count, reduced_shape, spread
from gradverify.ops.elementwise import UNARY
from gradverify.ops.extremum import OVER
from gradverify.ops.op import Attribute, AttributeKind, Op, Result

CORRECTED: Final = (
    OVER[0],
    Attribute("correction", AttributeKind.INTEGER, default=0),
    OVER[1],
)


def total(x: Array, *, axis: Axes = None, keepdims: bool = False) -> Array:
    return np.sum(x, axis=axis, keepdims=keepdims)


def total_vjp(ct: Array, out: Array, x: Array, *, axis: Axes = None, **_: object) -> tuple[Array]:
    return (spread(ct, np.shape(x), axis),)


def mean(x: Array, *, axis: Axes = None, keepdims: bool = False) -> Array:
    if not reduced_count(np.shape(x), axis):  # numpy warns, whatever its error state
        return np.sum(x, axis=axis, keepdims=keepdims) + nan
    return np.mean(x, axis=axis, keepdims=keepdims)


def mean_vjp(ct: Array, out: Array, x: Array, *, axis: Axes = None, **_: object) -> tuple[Array]:
    return (spread(ct / reduced_count(np.shape(x), axis), np.shape(x), axis),)


def product(x: Array, *, axis: Axes = None, keepdims: bool = False) -> Array:
    return np.prod(x, axis=axis, keepdims=keepdims)


def product_vjp(ct: Array, out: Array, x: Array, *, axis: Axes = None, **_: object) -> tuple[Array]:
    # The derivative by an entry is the product of the others. It is 0 where one of the others is,
    # and else the product of all that are not 0, without the entry itself.
    zero = np.equal(x, 0)
    nonzero = np.where(zero, 1, x)
    others = np.prod(nonzero, axis=axis, keepdims=True) / nonzero
    vanishes = np.greater(np.sum(zero, axis=axis, keepdims=True), zero)
    return (np.where(vanishes, 0, kept(ct, np.shape(x), axis) * others),)


def logsumexp(x: Array, *, axis: Axes = None, keepdims: bool = False) -> Array:
    if not reduced_count(np.shape(x), axis):
        return np.sum(x, axis=axis, keepdims=keepdims) - inf
    top = np.max(x, axis=axis, keepdims=True)  # exp of a difference to it cannot overflow
    raised = np.log(np.sum(np.exp(x - top), axis=axis, keepdims=True)) + top
    return np.reshape(raised, reduced_shape(np.shape(x), axis=axis, keepdims=keepdims))


def logsumexp_vjp(
    ct: Array, out: Array, x: Array, *, axis: Axes = None, **_: object
) -> tuple[Array]:
    shape = np.shape(x)
    return (kept(ct, shape, axis) * np.exp(x - kept(out, shape, axis)),)


def centred(x: Array, axis: Axes) -> Array:
    return x - mean(x, axis=axis, keepdims=True)


def freedom(x: Array, axis: Axes, correction: int) -> int:
    """Return what a sum of squares is divided by, 0 where nothing is left."""
    return max(reduced_count(np.shape(x), axis) - correction, 0)


def variance_shape(
    shape: Shape, *, axis: Axes = None, correction: int = 0, keepdims: bool = False
) -> Shape:
    return reduced_shape(shape, axis=axis, keepdims=keepdims)


def variance(x: Array, *, axis: Axes = None, correction: int = 0, keepdims: bool = False) -> Array:
    squares = np.square(centred(x, axis))
    return np.sum(squares, axis=axis, keepdims=keepdims) / freedom(x, axis, correction)


def variance_vjp(
    ct: Array, out: Array, x: Array, *, axis: Axes = None, correction: int = 0, **_: object
) -> tuple[Array]:
    by_square = kept(ct, np.shape(x), axis) / freedom(x, axis, correction)
    return (2 * by_square * centred(x, axis),)


def deviation(x: Array, *, axis: Axes = None, correction: int = 0, keepdims: bool = False) -> Array:
    return np.sqrt(variance(x, axis=axis, correction=correction, keepdims=keepdims))


def deviation_vjp(
    ct: Array, out: Array, x: Array, *, axis: Axes = None, correction: int = 0, **_: object
) -> tuple[Array]:
    shape = np.shape(x)
    flat = np.equal(kept(out, shape, axis), 0)
    length = (kept(out, shape, axis) + flat) * freedom(x, axis, correction)
    return (np.where(flat, 0, kept(ct, shape, axis) * centred(x, axis) / length),)


ROWS: Final = (
    Op(
        "sum",
        total,
        total_vjp,
        reduced_shape,
        UNARY,
        OVER,
        Result.SUMMED,
        about="The sum over axes, all unless said; whole numbers and masks are summed as int64.",
    ),
    Op(
        "mean",
        mean,
        mean_vjp,
        reduced_shape,
        UNARY,
        OVER,
        Result.FLOATING,
        about="The mean over axes, all unless said; of no entries it is NaN.",
    ),
    Op(
        "prod",
        product,
        product_vjp,
        reduced_shape,
        UNARY,
        OVER,
        Result.SUMMED,
        about=(
            "The product over axes, all unless said; the derivative holds where entries are 0, too."
        ),
    ),
    Op(
        "logsumexp",
        logsumexp,
        logsumexp_vjp,
        reduced_shape,
        UNARY,
        OVER,
        Result.FLOATING,
        about="log(sum(exp(x))) over axes, all unless said, which does not overflow.",
    ),
    Op(
        "var",
        variance,
        variance_vjp,
        variance_shape,
        UNARY,
        CORRECTED,
        Result.FLOATING,
        about=(
            "The variance over axes; correction is 0 as in the Array API, and torch's default is 1 "
            "(`ddof` and `unbiased` are read, too)."
        ),
    ),
    Op(
        "std",
        deviation,
        deviation_vjp,
        variance_shape,
        UNARY,
        CORRECTED,
        Result.FLOATING,
        margin=deviation,
        about=(
            "The root of the variance, 0 its gradient where all entries are equal; correction is "
            "0 as in the Array API, and torch's default is 1 (`ddof` and `unbiased` are read, too)."
        ),
    ),
)
