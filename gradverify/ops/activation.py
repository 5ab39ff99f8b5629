"""Activations: what a network puts between its layers.

Stable forms: no exponential of a positive number is ever taken (Higham, Accuracy and Stability of
Numerical Algorithms, section 27.8; Blanchard, Higham and Higham, IMA J. Numer. Anal. 41, 2021).
"""

from typing import Final

import numpy as np

from gradverify.arrays import Array, Shape
from gradverify.ops.axes import normalized
from gradverify.ops.elementwise import UNARY, same_shape
from gradverify.ops.op import Attribute, AttributeKind, Op, Result

ALONG: Final = (Attribute("axis", AttributeKind.INTEGER, default=-1),)


def relu(x: Array) -> Array:
    return np.maximum(x, 0)


def relu_vjp(ct: Array, out: Array, x: Array) -> tuple[Array]:
    return (np.where(np.greater(x, 0), ct, 0),)


def sigmoid(x: Array) -> Array:
    decayed = np.exp(-np.abs(x))
    return np.where(np.greater_equal(x, 0), 1, decayed) / (1 + decayed)


def sigmoid_vjp(ct: Array, out: Array, x: Array) -> tuple[Array]:
    return (ct * out * (1 - out),)


def softplus(x: Array) -> Array:
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))


def softplus_vjp(ct: Array, out: Array, x: Array) -> tuple[Array]:
    return (ct * sigmoid(x),)


def along_shape(shape: Shape, *, axis: int = -1) -> Shape:
    """Return the operand's own shape; raises ShapeMismatch for an axis that it does not have."""
    _ = normalized(axis, shape)
    return shape


def below_top(x: Array, axis: int) -> Array:
    """Return the distances to the largest entry along an axis, all of them 0 or less."""
    return x - np.max(x, axis=axis, keepdims=True)


def softmax(x: Array, *, axis: int = -1) -> Array:
    if not np.shape(x)[axis]:
        return x
    weights = np.exp(below_top(x, axis))
    return weights / np.sum(weights, axis=axis, keepdims=True)


def softmax_vjp(ct: Array, out: Array, x: Array, *, axis: int = -1) -> tuple[Array]:
    return (out * (ct - np.sum(ct * out, axis=axis, keepdims=True)),)


def log_softmax(x: Array, *, axis: int = -1) -> Array:
    if not np.shape(x)[axis]:
        return x
    below = below_top(x, axis)
    return below - np.log(np.sum(np.exp(below), axis=axis, keepdims=True))


def log_softmax_vjp(ct: Array, out: Array, x: Array, *, axis: int = -1) -> tuple[Array]:
    return (ct - np.exp(out) * np.sum(ct, axis=axis, keepdims=True),)


ROWS: Final = (
    Op(
        "relu",
        relu,
        relu_vjp,
        same_shape,
        UNARY,
        margin=np.abs,
        about="Each entry, or 0 where it is negative; the derivative is 0 at 0.",
    ),
    Op(
        "sigmoid",
        sigmoid,
        sigmoid_vjp,
        same_shape,
        UNARY,
        result=Result.FLOATING,
        about="1 / (1 + exp(-x)), which does not overflow.",
    ),
    Op(
        "softplus",
        softplus,
        softplus_vjp,
        same_shape,
        UNARY,
        result=Result.FLOATING,
        about="log(1 + exp(x)), which does not overflow.",
    ),
    Op(
        "softmax",
        softmax,
        softmax_vjp,
        along_shape,
        UNARY,
        ALONG,
        Result.FLOATING,
        about="exp(x) over its sum along one axis, which does not overflow.",
    ),
    Op(
        "log_softmax",
        log_softmax,
        log_softmax_vjp,
        along_shape,
        UNARY,
        ALONG,
        Result.FLOATING,
        about="The logarithm of softmax along one axis, without the loss of digits.",
    ),
)
