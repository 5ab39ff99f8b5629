"""Products of vectors and matrices, and of batches of them.

For C = A B with cotangent G, A has the cotangent G Bᵀ and B has Aᵀ G (Giles, Collected Matrix
Derivative Results for Forward and Reverse Mode Algorithmic Differentiation, 2008, section 2.2.2).
"""

from typing import Final

import numpy as np

from gradverify.arrays import Array, Shape
from gradverify.ops.broadcasting import broadcast_shape, stretched, unbroadcast
from gradverify.ops.elementwise import BINARY
from gradverify.ops.errors import BatchSizeError, InnerSizeError, RankError
from gradverify.ops.op import Attribute, AttributeKind, Op

SCALED: Final = (
    Attribute("beta", AttributeKind.NUMBER, default=1),
    Attribute("alpha", AttributeKind.NUMBER, default=1),
)
ADDED: Final = ("input", "x", "y")


def swapped(matrix: Array) -> Array:
    return np.swapaxes(matrix, -1, -2)


def matrix_shapes(x: Shape, y: Shape) -> tuple[Shape, Shape]:
    """Return the shapes as matmul sees them: a row on the left, a column on the right."""
    return ((1, *x) if len(x) == 1 else x), ((*y, 1) if len(y) == 1 else y)


def matmul_vjp(ct: Array, out: Array, x: Array, y: Array) -> tuple[Array, Array]:
    shapes = matrix_shapes(np.shape(x), np.shape(y))
    left, right = np.reshape(x, shapes[0]), np.reshape(y, shapes[1])
    batch = np.broadcast_shapes(shapes[0][:-2], shapes[1][:-2])
    middle = np.reshape(ct, (*batch, shapes[0][-2], shapes[1][-1]))
    by_left = unbroadcast(np.matmul(middle, swapped(right)), shapes[0])
    by_right = unbroadcast(np.matmul(swapped(left), middle), shapes[1])
    return np.reshape(by_left, np.shape(x)), np.reshape(by_right, np.shape(y))


def matmul_shape(x: Shape, y: Shape) -> Shape:
    """Return the shape of a batched product; raises RankError or InnerSizeError."""
    if not x or not y:
        raise RankError(x, y, op="matmul", expected="two arrays of one or more axes")
    left, right = matrix_shapes(x, y)
    if left[-1] != right[-2]:
        raise InnerSizeError(x, y, "matmul")
    batch = broadcast_shape(left[:-2], right[:-2])
    return (*batch, *x[-2:-1], *(y[-1:] if len(y) > 1 else ()))


def product_shape(op: str, axes: int, x: Shape, y: Shape) -> Shape:
    """Return the shape of a product of two arrays of so many axes; raises ShapeMismatch."""
    if len(x) != axes or len(y) != axes:
        words = {1: "two vectors", 2: "two matrices", 3: "two batches of matrices"}
        raise RankError(x, y, op=op, expected=words[axes])
    if x[:-2] != y[:-2]:
        raise BatchSizeError(x, y, op)
    if x[-1] != y[-2 if axes > 1 else 0]:
        raise InnerSizeError(x, y, op)
    return matmul_shape(x, y)


def dot_shape(x: Shape, y: Shape) -> Shape:
    return product_shape("dot", 1, x, y)


def mm_shape(x: Shape, y: Shape) -> Shape:
    return product_shape("mm", 2, x, y)


def bmm_shape(x: Shape, y: Shape) -> Shape:
    return product_shape("bmm", 3, x, y)


def outer(x: Array, y: Array) -> Array:
    return x[:, None] * y[None, :]


def outer_vjp(ct: Array, out: Array, x: Array, y: Array) -> tuple[Array, Array]:
    return np.matmul(ct, y), np.matmul(x, ct)


def outer_shape(x: Shape, y: Shape) -> Shape:
    """Return one axis for each vector; raises RankError."""
    if len(x) != 1 or len(y) != 1:
        raise RankError(x, y, op="outer", expected="two vectors")
    return x + y


def add_product(input: Array, x: Array, y: Array, *, beta: float = 1, alpha: float = 1) -> Array:
    return beta * input + alpha * np.matmul(x, y)


def add_product_vjp(
    ct: Array, out: Array, *operands: Array, beta: float = 1, alpha: float = 1
) -> tuple[Array, Array, Array]:
    added, x, y = operands
    # addbmm adds up its batch: each of its products gets the whole cotangent, by broadcasting.
    by_product = alpha * ct
    by_added = unbroadcast(beta * ct, np.shape(added))
    return by_added, np.matmul(by_product, swapped(y)), np.matmul(swapped(x), by_product)


def addmm_shape(input: Shape, x: Shape, y: Shape, *, beta: float = 1, alpha: float = 1) -> Shape:
    return stretched(input, product_shape("addmm", 2, x, y))


def baddbmm_shape(input: Shape, x: Shape, y: Shape, *, beta: float = 1, alpha: float = 1) -> Shape:
    return stretched(input, product_shape("baddbmm", 3, x, y))


def addbmm(input: Array, x: Array, y: Array, *, beta: float = 1, alpha: float = 1) -> Array:
    return beta * input + alpha * np.sum(np.matmul(x, y), axis=0)


def addbmm_shape(input: Shape, x: Shape, y: Shape, *, beta: float = 1, alpha: float = 1) -> Shape:
    return stretched(input, product_shape("addbmm", 3, x, y)[1:])


ROWS: Final = (
    Op(
        "matmul",
        np.matmul,
        matmul_vjp,
        matmul_shape,
        BINARY,
        about="The product of matrices or vectors, `x @ y`; axes before the last two are batches.",
    ),
    Op(
        "dot",
        np.matmul,
        matmul_vjp,
        dot_shape,
        BINARY,
        about="The inner product of two vectors, as in torch.",
    ),
    Op(
        "mm",
        np.matmul,
        matmul_vjp,
        mm_shape,
        BINARY,
        about="The product of two matrices.",
    ),
    Op(
        "bmm",
        np.matmul,
        matmul_vjp,
        bmm_shape,
        BINARY,
        about="The products of two batches of matrices, one by one.",
    ),
    Op(
        "outer",
        outer,
        outer_vjp,
        outer_shape,
        BINARY,
        about="The outer product of two vectors.",
    ),
    Op(
        "addmm",
        add_product,
        add_product_vjp,
        addmm_shape,
        ADDED,
        SCALED,
        about="beta * input + alpha * (x @ y), of matrices.",
    ),
    Op(
        "addbmm",
        addbmm,
        add_product_vjp,
        addbmm_shape,
        ADDED,
        SCALED,
        about="beta * input + alpha * the sum of a batch of products x @ y.",
    ),
    Op(
        "baddbmm",
        add_product,
        add_product_vjp,
        baddbmm_shape,
        ADDED,
        SCALED,
        about="beta * input + alpha * (x @ y), for each pair of a batch.",
    ),
)
