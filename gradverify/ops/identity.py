"""Identities: the same entries with another dtype, or with no gradient."""

from typing import Any, Final

import numpy as np

from gradverify.arrays import Array, Dtype, Shape
from gradverify.ops.elementwise import UNARY, same_shape
from gradverify.ops.op import Attribute, AttributeKind, Op, Result, is_number

DTYPES: Final = (
    *("float16", "float32", "float64", "bool", "uint8"),
    *("int8", "int16", "int32", "int64"),
)


def astype(x: Array, *, dtype: Any) -> Array:
    return converted(np.asarray(x) if is_number(x) else x, np.dtype(dtype))


def converted(x: Array, dtype: Dtype) -> Array:
    """Return an array of another dtype; numbers of arbitrary precision stay what they are."""
    exact = own_dtype(x).kind == "O" and dtype.kind in "fO"
    return x if exact else x.astype(dtype)


def own_dtype(x: Array) -> Dtype:
    # A bare number of arbitrary precision, which is what numpy makes of one without axes, has none.
    return getattr(x, "dtype", np.dtype(object))


def astype_vjp(ct: Array, out: Array, x: Array, *, dtype: Any) -> tuple[Array | None]:
    floating = own_dtype(x).kind in "fO" and np.dtype(dtype).kind == "f"
    return (converted(ct, own_dtype(x)) if floating else None,)


def astype_shape(shape: Shape, *, dtype: Any) -> Shape:
    return shape


def identity(x: Array) -> Array:
    return x


def barrier_vjp(ct: Array, out: Array, x: Array) -> tuple[None]:
    return (None,)


ROWS: Final = (
    Op(
        "astype",
        astype,
        astype_vjp,
        astype_shape,
        UNARY,
        (Attribute("dtype", AttributeKind.WORD, required=True, words=DTYPES),),
        Result.GIVEN,
        about=(
            "The same entries in another dtype; the cotangent is cast back between floating "
            "dtypes, and stops at others."
        ),
    ),
    Op(
        "detach",
        identity,
        barrier_vjp,
        same_shape,
        UNARY,
        about="The same entries; the gradient stops here.",
    ),
    Op(
        "no_grad",
        identity,
        barrier_vjp,
        same_shape,
        UNARY,
        about="The same entries; the gradient stops here.",
    ),
)
