"""Entry by entry: arithmetic and elementary functions.

Rules of ops that broadcast return cotangents of the output's shape; the walker sums them.
Derivatives: NIST Digital Library of Mathematical Functions, sections 4.7, 4.20 and 4.34.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

import numpy as np

from gradverify.arrays import Array, Shape
from gradverify.ops.broadcasting import broadcast_shape
from gradverify.ops.op import POSITIVE, Domain, Op, Result, is_number

POSITIVE_X: Final[Mapping[str, Domain]] = MappingProxyType({"x": POSITIVE})
POSITIVE_Y: Final[Mapping[str, Domain]] = MappingProxyType({"y": POSITIVE})


def same_shape(shape: Shape, **_: Any) -> Shape:
    """Return the operand's own shape."""
    return shape


def add_vjp(ct: Array, out: Array, x: Array, y: Array) -> tuple[Array, Array]:
    return ct, ct


def subtract_vjp(ct: Array, out: Array, x: Array, y: Array) -> tuple[Array, Array]:
    return ct, -ct


def multiply_vjp(ct: Array, out: Array, x: Array, y: Array) -> tuple[Array, Array]:
    return ct * y, ct * x


def divide_vjp(ct: Array, out: Array, x: Array, y: Array) -> tuple[Array, Array]:
    return ct / y, -ct * out / y


def power_vjp(ct: Array, out: Array, x: Array, y: Array) -> tuple[Array, Array | None]:
    # x**-1 times 0 is NaN at x = 0, where x**0 is flat: no power is taken there.
    lowered = y - 1 + (y == 0)
    by_x = ct * y * np.power(x, lowered)
    return by_x, None if is_number(y) else ct * _power_by_exponent(out, x, y)


def _power_by_exponent(out: Array, x: Array, y: Array) -> Array:
    # A base that is a number takes the exponent's dtype; at 0 the limit of x**y log(x) is 0.
    base = x + 0 * y
    zero = base == 0
    return np.where(zero, 0, out * np.log(base + zero))


def negative_vjp(ct: Array, out: Array, x: Array) -> tuple[Array]:
    return (-ct,)


def exp_vjp(ct: Array, out: Array, x: Array) -> tuple[Array]:
    return (ct * out,)


def expm1_vjp(ct: Array, out: Array, x: Array) -> tuple[Array]:
    return (ct * np.exp(x),)


def log_vjp(ct: Array, out: Array, x: Array) -> tuple[Array]:
    return (ct / x,)


def log1p_vjp(ct: Array, out: Array, x: Array) -> tuple[Array]:
    return (ct / (1 + x),)


def sqrt_vjp(ct: Array, out: Array, x: Array) -> tuple[Array]:
    return (ct / (2 * out),)


def sin_vjp(ct: Array, out: Array, x: Array) -> tuple[Array]:
    return (ct * np.cos(x),)


def cos_vjp(ct: Array, out: Array, x: Array) -> tuple[Array]:
    return (-ct * np.sin(x),)


def tanh_vjp(ct: Array, out: Array, x: Array) -> tuple[Array]:
    return (ct * (1 - out * out),)


def square_vjp(ct: Array, out: Array, x: Array) -> tuple[Array]:
    return (2 * ct * x,)


def reciprocal(x: Array) -> Array:
    return 1 / x


def reciprocal_vjp(ct: Array, out: Array, x: Array) -> tuple[Array]:
    return (-ct * out * out,)


def signs(x: Array) -> Array:
    """Return -1, 0 or 1 for each entry; NaN stays."""
    one = np.ones_like(x)
    return np.where(np.greater(x, 0), one, np.where(np.less(x, 0), -one, 0 * x))


def abs_vjp(ct: Array, out: Array, x: Array) -> tuple[Array]:
    return (ct * signs(x),)


def sign_vjp(ct: Array, out: Array, x: Array) -> tuple[Array]:
    return (0 * ct,)


BINARY: Final = ("x", "y")
UNARY: Final = ("x",)

ROWS: Final = (
    Op(
        "add",
        np.add,
        add_vjp,
        broadcast_shape,
        BINARY,
        broadcasts=True,
        about="The sum of two operands, entry by entry.",
    ),
    Op(
        "subtract",
        np.subtract,
        subtract_vjp,
        broadcast_shape,
        BINARY,
        broadcasts=True,
        aliases=("sub",),
        about="The first operand less the second, entry by entry.",
    ),
    Op(
        "multiply",
        np.multiply,
        multiply_vjp,
        broadcast_shape,
        BINARY,
        broadcasts=True,
        aliases=("mul",),
        about="The product of two operands, entry by entry.",
    ),
    Op(
        "divide",
        np.divide,
        divide_vjp,
        broadcast_shape,
        BINARY,
        result=Result.FLOATING,
        domain=POSITIVE_Y,
        broadcasts=True,
        aliases=("div", "true_divide"),
        about="The first operand over the second, entry by entry; the result is floating.",
    ),
    Op(
        "power",
        np.power,
        power_vjp,
        broadcast_shape,
        BINARY,
        domain=POSITIVE_X,
        broadcasts=True,
        aliases=("pow",),
        about=(
            "x to the power of y; 0**0 is 1 and flat in its base, and by the exponent the "
            "derivative at a base of 0 is 0."
        ),
    ),
    Op(
        "negative",
        np.negative,
        negative_vjp,
        same_shape,
        UNARY,
        aliases=("neg",),
        about="Each entry with the other sign.",
    ),
    Op(
        "exp",
        np.exp,
        exp_vjp,
        same_shape,
        UNARY,
        result=Result.FLOATING,
        about="e to the power of each entry.",
    ),
    Op(
        "expm1",
        np.expm1,
        expm1_vjp,
        same_shape,
        UNARY,
        result=Result.FLOATING,
        about="exp(x) - 1, exact to rounding where x is small.",
    ),
    Op(
        "log",
        np.log,
        log_vjp,
        same_shape,
        UNARY,
        result=Result.FLOATING,
        domain=POSITIVE_X,
        about="The natural logarithm of each entry.",
    ),
    Op(
        "log1p",
        np.log1p,
        log1p_vjp,
        same_shape,
        UNARY,
        result=Result.FLOATING,
        domain=POSITIVE_X,
        about="log(1 + x), exact to rounding where x is small.",
    ),
    Op(
        "sqrt",
        np.sqrt,
        sqrt_vjp,
        same_shape,
        UNARY,
        result=Result.FLOATING,
        domain=POSITIVE_X,
        margin=np.abs,
        about="The square root of each entry; at 0 the slope is infinite, and so is the gradient.",
    ),
    Op(
        "sin",
        np.sin,
        sin_vjp,
        same_shape,
        UNARY,
        result=Result.FLOATING,
        about="The sine of each entry, in radians.",
    ),
    Op(
        "cos",
        np.cos,
        cos_vjp,
        same_shape,
        UNARY,
        result=Result.FLOATING,
        about="The cosine of each entry, in radians.",
    ),
    Op(
        "tanh",
        np.tanh,
        tanh_vjp,
        same_shape,
        UNARY,
        result=Result.FLOATING,
        about="The hyperbolic tangent of each entry.",
    ),
    Op(
        "square",
        np.square,
        square_vjp,
        same_shape,
        UNARY,
        about="Each entry times itself.",
    ),
    Op(
        "reciprocal",
        reciprocal,
        reciprocal_vjp,
        same_shape,
        UNARY,
        result=Result.FLOATING,
        domain=POSITIVE_X,
        about="1 over each entry; the result is floating.",
    ),
    Op(
        "abs",
        np.abs,
        abs_vjp,
        same_shape,
        UNARY,
        margin=np.abs,
        aliases=("absolute",),
        about="The magnitude of each entry; the derivative is 0 at 0.",
    ),
    Op(
        "sign",
        signs,
        sign_vjp,
        same_shape,
        UNARY,
        margin=np.abs,
        about="-1, 0 or 1 for each entry; the derivative is 0 everywhere, at 0 too.",
    ),
)
