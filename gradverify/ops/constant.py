"""Constants: arrays that a program makes for itself."""

from typing import Final

import numpy as np

from gradverify.arrays import Array, Shape
from gradverify.ops.op import Attribute, AttributeKind, Op, Result


def constant(*, value: Array) -> Array:
    return np.asarray(value)


def constant_vjp(ct: Array, out: Array, *, value: Array) -> tuple[()]:
    return ()


def constant_shape(*, value: Array) -> Shape:
    return np.shape(value)


ROWS: Final = (
    Op(
        "constant",
        constant,
        constant_vjp,
        constant_shape,
        (),
        (Attribute("value", AttributeKind.NUMBER, required=True),),
        Result.GIVEN,
        about="What makers such as `zeros` become inside a program.",
    ),
)
