"""Summing a cotangent back is the transpose of broadcasting."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradverify.arrays import Shape
from gradverify.ops.broadcasting import broadcast_shape, unbroadcast
from gradverify.ops.op import ShapeMismatch
from tests.ops.draw import Draw


@settings(max_examples=50, derandomize=True, deadline=None, database=None)
@given(data=st.data())
def test_the_inner_product_is_kept(data: st.DataObject) -> None:
    draw = Draw(data)
    target = draw.shape()
    shape = draw.part_of(target)
    rng = np.random.default_rng(draw.integer(0, 99))
    x, ct = rng.integers(-9, 9, shape), rng.integers(-9, 9, target)
    back = unbroadcast(ct, shape)
    assert np.shape(back) == shape
    assert np.sum(np.broadcast_to(x, target) * ct) == np.sum(x * back)


@pytest.mark.parametrize("shape", [(2, 3), (0,), ()])
def test_nothing_is_summed_where_nothing_was_broadcast(shape: Shape) -> None:
    ct = np.ones(shape)
    assert unbroadcast(ct, shape) is ct


def test_shapes_without_a_common_one_are_named() -> None:
    with pytest.raises(ShapeMismatch, match=r"shapes \(2, 3\) and \(4,\) do not broadcast"):
        _ = broadcast_shape((2, 3), (4,))
    assert broadcast_shape((2, 1), (3,)) == (2, 3)
