"""Products agree with einsum, and shapes that have none are named."""

import numpy as np
import pytest

from gradverify.arrays import Shape
from gradverify.ops.op import ShapeMismatch
from gradverify.ops.table import OPS

RNG = np.random.default_rng(0)
INPUT, X, Y = RNG.normal(size=(2, 4)), RNG.normal(size=(5, 2, 3)), RNG.normal(size=(5, 3, 4))


def test_a_batch_is_added_up() -> None:
    out = OPS["addbmm"].primal(INPUT, X, Y, beta=2, alpha=-3)
    assert np.allclose(out, 2 * INPUT - 3 * np.einsum("bij,bjk->ik", X, Y))


def test_a_batch_is_added_to() -> None:
    out = OPS["baddbmm"].primal(INPUT, X, Y, beta=2, alpha=-3)
    assert np.allclose(out, 2 * INPUT - 3 * np.einsum("bij,bjk->bik", X, Y))


def test_a_matrix_is_added_to() -> None:
    out = OPS["addmm"].primal(INPUT, X[0], Y[0])
    assert np.allclose(out, INPUT + np.einsum("ij,jk->ik", X[0], Y[0]))


@pytest.mark.parametrize(
    ("op", "shapes", "sentence"),
    [
        ("mm", [(2, 3), (2, 3)], "mm of shapes (2, 3) and (2, 3): the inner sizes 3 and 2 differ"),
        ("mm", [(3,), (3, 2)], "mm takes two matrices, not (3,) and (3, 2)"),
        ("dot", [(2, 2), (2, 2)], "dot takes two vectors, not (2, 2) and (2, 2)"),
        ("dot", [(2,), (3,)], "dot of shapes (2,) and (3,): the inner sizes 2 and 3 differ"),
        (
            "bmm",
            [(2, 1, 1), (3, 1, 1)],
            "bmm of shapes (2, 1, 1) and (3, 1, 1): the batch sizes 2 and 3 differ",
        ),
        ("matmul", [(), (3,)], "matmul takes two arrays of one or more axes, not () and (3,)"),
        ("matmul", [(2, 1, 1), (3, 1, 1)], "shapes (2,) and (3,) do not broadcast"),
        ("outer", [(2, 2), (2,)], "outer takes two vectors, not (2, 2) and (2,)"),
        ("addmm", [(3,), (2, 1), (1, 2)], "shape (3,) does not broadcast to (2, 2)"),
        (
            "addbmm",
            [(7, 2, 2), (7, 2, 1), (7, 1, 2)],
            "shape (7, 2, 2) does not broadcast to (2, 2)",
        ),
    ],
)
def test_shapes_without_a_product_are_named(op: str, shapes: list[Shape], sentence: str) -> None:
    with pytest.raises(ShapeMismatch) as caught:
        _ = OPS[op].shape(*shapes)
    assert str(caught.value) == sentence
