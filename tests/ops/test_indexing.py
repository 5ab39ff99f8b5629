"""Repeated places add up on the way back, the last of them stays on the way forth."""

from typing import Any

import numpy as np
import pytest

from gradverify.arrays import Shape
from gradverify.ops.indexing import put, put_vjp, take, take_vjp
from gradverify.ops.op import ShapeMismatch, Slot
from gradverify.ops.table import OPS

PLACES = np.array([2, 0, 2])


def test_a_place_taken_twice_gets_both_cotangents() -> None:
    x = np.zeros(4)
    by_x, none = take_vjp(np.array([1.0, 2.0, 4.0]), PLACES, x, PLACES, index=(Slot(1),))
    assert np.array_equal(np.asarray(by_x), [2.0, 0.0, 5.0, 0.0])
    assert none is None
    assert np.array_equal(take(np.arange(4), PLACES, index=(Slot(1),)), [2, 0, 2])


def test_a_place_written_twice_keeps_the_last_value_and_its_cotangent() -> None:
    x, value, ct = np.zeros(4), np.array([1.0, 2.0, 4.0]), np.array([10.0, 20.0, 30.0, 40.0])
    out = put(x, value, PLACES, index=(Slot(2),))
    by_x, by_value, none = put_vjp(ct, out, x, value, PLACES, index=(Slot(2),))
    assert np.array_equal(out, [2.0, 0.0, 4.0, 0.0])
    assert np.array_equal(np.asarray(by_x), [0.0, 20.0, 0.0, 40.0])
    assert np.array_equal(np.asarray(by_value), [0.0, 10.0, 30.0])
    assert none is None


def test_a_value_that_is_repeated_gets_the_sum() -> None:
    ct = np.arange(6.0).reshape(2, 3)
    _, by_value = put_vjp(ct, ct, ct, np.ones(()), index=(0,))
    assert by_value == 3.0


def test_writing_leaves_the_operand_alone() -> None:
    x = np.zeros(2)
    assert np.array_equal(OPS["index_update"].primal(x, 5.0, index=(1,)), [0.0, 5.0])
    assert not np.any(x)


@pytest.mark.parametrize(
    "index",
    [(0,), (-1, 2), (slice(1, None),), (None, Ellipsis, 0), (Ellipsis,), (), (slice(0, 9, 2), 1)],
)
def test_a_shape_is_numpys(index: tuple[Any, ...]) -> None:
    x = np.zeros((2, 3, 4))
    assert OPS["index"].shape(x.shape, index=index) == x[index].shape


@pytest.mark.parametrize(
    ("shapes", "index", "sentence"),
    [
        ([(2,)], (0, 0), "an index of 2 axes does not fit shape (2,)"),
        ([(2,)], (2,), "index 2 is outside an axis of size 2"),
        ([(0,)], (-1,), "index -1 is outside an axis of size 0"),
        ([(2, 2), (2,), (3,)], (Slot(1), Slot(2)), "shapes (2,) and (3,) do not broadcast"),
        (
            [(2, 2, 2), (2,)],
            (0, slice(None), Slot(1)),
            "index arrays and numbers beside them must stand together in an index",
        ),
    ],
)
def test_an_index_that_does_not_fit_is_named(
    shapes: list[Shape], index: tuple[Any, ...], sentence: str
) -> None:
    with pytest.raises(ShapeMismatch) as caught:
        _ = OPS["index"].shape(*shapes, index=index)
    assert str(caught.value) == sentence


def test_a_value_that_does_not_fit_is_named() -> None:
    with pytest.raises(ShapeMismatch, match=r"shape \(3,\) does not broadcast to \(2,\)"):
        _ = OPS["index_update"].shape((4, 2), (3,), index=(0,))
    assert OPS["index_update"].shape((4, 2), (2,), index=(0,)) == (4, 2)


def test_a_large_shape_costs_nothing() -> None:
    assert OPS["index"].shape((10**9, 10**9), (10**9,), index=(Slot(1),)) == (10**9, 10**9)
