"""Losses: scores against what they should have been.

Names and meaning are those of torch.nn.functional, without its weights and its ignored class.
"""

from math import prod
from typing import Final

import numpy as np

from gradverify.arrays import Array, Shape
from gradverify.ops.activation import log_softmax
from gradverify.ops.elementwise import BINARY
from gradverify.ops.errors import DifferentShapesError, RankError, TargetShapeError
from gradverify.ops.op import Attribute, AttributeKind, Op, Result

REDUCED: Final = (
    Attribute("reduction", AttributeKind.WORD, default="mean", words=("mean", "sum", "none")),
)


class TargetRangeError(IndexError):
    """A target that is no class: it would silently cost nothing."""

    def __init__(self, classes: int) -> None:
        super().__init__(f"targets of {classes} classes lie between 0 and {classes - 1}")


def reduced(losses: Array, reduction: str) -> Array:
    """Return the losses as they are, or their sum, or their mean."""
    if reduction == "none":
        return losses
    total = np.sum(losses)
    return total / prod(np.shape(losses)) if reduction == "mean" else total


def mse_loss(x: Array, y: Array, *, reduction: str = "mean") -> Array:
    return reduced(np.square(x - y), reduction)


def mse_loss_vjp(
    ct: Array, out: Array, x: Array, y: Array, *, reduction: str = "mean"
) -> tuple[Array, Array]:
    difference = x - y
    by_x = 2 * ct * difference
    if reduction == "mean":
        by_x = by_x / prod(np.shape(difference))
    return by_x, -by_x


def mse_loss_shape(x: Shape, y: Shape, *, reduction: str = "mean") -> Shape:
    """Return the shape of the losses, reduced or not; raises DifferentShapesError."""
    if x != y:
        raise DifferentShapesError(x, y, "mse_loss")
    return x if reduction == "none" else ()


def one_hot(target: Array, classes: int) -> Array:
    """Return whether each class is the target's; raises TargetRangeError."""
    chosen = np.equal(np.reshape(target, (*np.shape(target), 1)), np.arange(classes))
    if not np.all(np.any(chosen, axis=-1)):
        raise TargetRangeError(classes)
    return chosen


def cross_entropy(logits: Array, target: Array, *, reduction: str = "mean") -> Array:
    chosen = one_hot(target, np.shape(logits)[-1])
    return reduced(-np.sum(np.where(chosen, log_softmax(logits), 0), axis=-1), reduction)


def cross_entropy_vjp(
    ct: Array, out: Array, logits: Array, target: Array, *, reduction: str = "mean"
) -> tuple[Array, None]:
    chosen = one_hot(target, np.shape(logits)[-1])
    by_logits = np.exp(log_softmax(logits)) - chosen
    if reduction == "none":
        return np.reshape(ct, (*np.shape(ct), 1)) * by_logits, None
    return ct * by_logits / (prod(np.shape(target)) if reduction == "mean" else 1), None


def cross_entropy_shape(logits: Shape, target: Shape, *, reduction: str = "mean") -> Shape:
    """Return the shape of the losses, reduced or not; raises ShapeMismatch."""
    if len(logits) not in (1, 2):
        raise RankError(logits, op="cross_entropy", expected="logits of one or two axes")
    if target != logits[:-1]:
        raise TargetShapeError(logits, target)
    return target if reduction == "none" else ()


ROWS: Final = (
    Op(
        "mse_loss",
        mse_loss,
        mse_loss_vjp,
        mse_loss_shape,
        BINARY,
        REDUCED,
        Result.FLOATING,
        about="The squared differences of two operands, averaged unless `reduction` asks else.",
    ),
    Op(
        "cross_entropy",
        cross_entropy,
        cross_entropy_vjp,
        cross_entropy_shape,
        ("logits", "target"),
        REDUCED,
        Result.FLOATING,
        about=(
            "Minus log_softmax of the logits at the target class, averaged; targets are whole "
            "numbers, one class a row, and get no gradient."
        ),
    ),
)
