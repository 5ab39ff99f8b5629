"""Arrangements agree with numpy's, and those that do not fit are named."""

from collections.abc import Mapping

import numpy as np
import pytest

from gradverify.arrays import Shape
from gradverify.ops.op import ShapeMismatch
from gradverify.ops.table import OPS


def test_a_size_of_minus_one_is_worked_out() -> None:
    assert OPS["reshape"].shape((2, 6), shape=(3, -1)) == (3, 4)
    assert OPS["broadcast_to"].shape((2, 1), shape=(5, -1, 3)) == (5, 2, 3)


def test_new_axes_count_in_the_new_shape() -> None:
    assert OPS["expand_dims"].shape((2, 3), axis=(0, -1)) == (1, 2, 3, 1)
    assert OPS["stack"].shape((2, 3), (2, 3), axis=-1) == (2, 3, 2)


def test_a_permutation_is_undone_by_its_rule() -> None:
    x = np.arange(24.0).reshape(2, 3, 4)
    op = OPS["permute_dims"]
    out = op.primal(x, axes=(1, -1, 0))
    assert op.vjp is not None
    assert np.array_equal(np.asarray(op.vjp(out, out, x, axes=(1, -1, 0))[0]), x)


@pytest.mark.parametrize(
    ("op", "shapes", "attributes", "sentence"),
    [
        ("reshape", [(2, 3)], {"shape": (4, -1)}, "shape (2, 3) cannot be viewed as (4, -1)"),
        ("reshape", [(2, 3)], {"shape": (-1, -1)}, "shape (2, 3) cannot be viewed as (-1, -1)"),
        ("reshape", [(0,)], {"shape": (0, -1)}, "shape (0,) cannot be viewed as (0, -1)"),
        ("reshape", [(6,)], {"shape": (-2, -3)}, "shape (6,) cannot be viewed as (-2, -3)"),
        ("squeeze", [(2, 1)], {"axis": 0}, "axis 0 of shape (2, 1) has size 2, not 1"),
        ("squeeze", [(2, 1)], {"axis": 2}, "shape (2, 1) has no axis 2"),
        (
            "permute_dims",
            [(2, 3)],
            {"axes": (0, 0)},
            "axes (0, 0) of shape (2, 3) name one axis twice",
        ),
        (
            "permute_dims",
            [(2, 3)],
            {"axes": (1,)},
            "axes (1,) do not name each axis of shape (2, 3) once",
        ),
        ("matrix_transpose", [(3,)], {}, "matrix_transpose takes two or more axes, not (3,)"),
        ("broadcast_to", [(3,)], {"shape": (2,)}, "shape (3,) does not broadcast to (2,)"),
        ("broadcast_to", [(3,)], {"shape": ()}, "shape (3,) does not broadcast to ()"),
        ("broadcast_to", [()], {"shape": (-1,)}, "shape () does not broadcast to (-1,)"),
        (
            "concat",
            [(2, 3), (2, 4)],
            {"axis": 0},
            "concat along axis 0 does not fit shapes (2, 3) and (2, 4)",
        ),
        ("concat", [()], {"axis": 0}, "shape () has no axis 0"),
        ("concat", [], {"axis": 0}, "a list of no arrays cannot be joined"),
        (
            "stack",
            [(2,), (3,)],
            {"axis": 0},
            "stack along axis 0 does not fit shapes (2,) and (3,)",
        ),
    ],
)
def test_arrangements_that_do_not_fit_are_named(
    op: str, shapes: list[Shape], attributes: Mapping[str, object], sentence: str
) -> None:
    with pytest.raises(ShapeMismatch) as caught:
        _ = OPS[op].shape(*shapes, **attributes)
    assert str(caught.value) == sentence
