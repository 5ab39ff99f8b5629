"""Axes count from the end too, and those that are not there are named."""

import numpy as np
import pytest

from gradverify.ops.axes import Axes, normalized, reduced_count, reduced_shape, spread
from gradverify.ops.op import ShapeMismatch
from gradverify.ops.table import OPS


@pytest.mark.parametrize(
    ("axis", "axes"), [(None, (0, 1)), (-1, (1,)), (0, (0,)), ((-1, 0), (1, 0)), ((), ())]
)
def test_axes_are_counted_from_zero(axis: Axes, axes: tuple[int, ...]) -> None:
    assert normalized(axis, (2, 3)) == axes


def test_a_reduction_leaves_the_other_axes() -> None:
    assert reduced_shape((2, 3), axis=0) == (3,)
    assert reduced_shape((2, 3), axis=0, keepdims=True) == (1, 3)
    assert reduced_count((2, 3), -1) == 3


def test_spreading_repeats_what_was_reduced() -> None:
    assert np.array_equal(spread(np.array([1.0, 2.0]), (2, 2), 1), [[1.0, 1.0], [2.0, 2.0]])
    assert np.array_equal(spread(np.array([1.0, 2.0]), (2, 2), 0), [[1.0, 2.0], [1.0, 2.0]])


@pytest.mark.parametrize(
    ("op", "axis", "sentence"),
    [
        ("sum", 2, "shape (2, 0) has no axis 2"),
        ("sum", (0, -2), "axes (0, -2) of shape (2, 0) name one axis twice"),
        ("max", 1, "max over no entries has no value: the shape is (2, 0)"),
        ("min", None, "min over no entries has no value: the shape is (2, 0)"),
    ],
)
def test_axes_that_do_not_fit_are_named(op: str, axis: Axes, sentence: str) -> None:
    with pytest.raises(ShapeMismatch) as caught:
        _ = OPS[op].shape((2, 0), axis=axis)
    assert str(caught.value) == sentence


def test_an_unknown_order_of_norm_is_named() -> None:
    with pytest.raises(ShapeMismatch) as caught:
        _ = OPS["vector_norm"].shape((2,), ord=3)
    assert str(caught.value) == "a norm of order 3; known orders are 1, 2 and inf"
