"""Comparison, logic and choice: what is true of entries, and what is taken where it is."""

from typing import Final

import numpy as np

from gradverify.arrays import Array
from gradverify.ops.broadcasting import broadcast_shape
from gradverify.ops.elementwise import BINARY, UNARY, same_shape
from gradverify.ops.op import Op, Result


def gap(x: Array, y: Array) -> Array:
    # A difference of bools is an error in numpy, one of unsigned integers wraps around.
    return np.abs(np.multiply(x, 1.0) - np.multiply(y, 1.0))


def logical_and(x: Array, y: Array) -> Array:
    return np.logical_and(np.not_equal(x, 0), np.not_equal(y, 0))


def logical_or(x: Array, y: Array) -> Array:
    return np.logical_or(np.not_equal(x, 0), np.not_equal(y, 0))


def logical_not(x: Array) -> Array:
    return np.equal(x, 0)


def where(condition: Array, x: Array, y: Array) -> Array:
    return np.where(condition, x, y)


def where_vjp(
    ct: Array, out: Array, condition: Array, x: Array, y: Array
) -> tuple[None, Array, Array]:
    return None, np.where(condition, ct, 0), np.where(condition, 0, ct)


def _comparison(name: str, primal: np.ufunc, alias: str, sign: str) -> Op:
    return Op(
        name,
        primal,
        None,
        broadcast_shape,
        BINARY,
        result=Result.BOOLEAN,
        margin=gap,
        broadcasts=True,
        aliases=(alias,),
        about=f"True where `x {sign} y`; no gradient passes.",
    )


ROWS: Final = (
    _comparison("equal", np.equal, "eq", "=="),
    _comparison("not_equal", np.not_equal, "ne", "!="),
    _comparison("less", np.less, "lt", "<"),
    _comparison("less_equal", np.less_equal, "le", "<="),
    _comparison("greater", np.greater, "gt", ">"),
    _comparison("greater_equal", np.greater_equal, "ge", ">="),
    Op(
        "logical_and",
        logical_and,
        None,
        broadcast_shape,
        BINARY,
        result=Result.BOOLEAN,
        broadcasts=True,
        about="True where both operands are true or not 0; no gradient passes.",
    ),
    Op(
        "logical_or",
        logical_or,
        None,
        broadcast_shape,
        BINARY,
        result=Result.BOOLEAN,
        broadcasts=True,
        about="True where one of the operands is true or not 0; no gradient passes.",
    ),
    Op(
        "logical_not",
        logical_not,
        None,
        same_shape,
        UNARY,
        result=Result.BOOLEAN,
        about="True where the operand is false or 0; no gradient passes.",
    ),
    Op(
        "where",
        where,
        where_vjp,
        broadcast_shape,
        ("condition", "x", "y"),
        broadcasts=True,
        about=(
            "x where the condition is true and y elsewhere; the cotangent goes to the one taken."
        ),
    ),
)
