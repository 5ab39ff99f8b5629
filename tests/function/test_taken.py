# what users hand over is of any type, which a strict checker does not let pass:
# pyright: basic
"""What a backward pass gave is one flat gradient, with zeros where there is none to compare."""

import numpy as np
import pytest

from gradverify.arrays import Array
from gradverify.function.space import space
from gradverify.function.taken import Taken, take, taken
from gradverify.oracles.function import Pulled, Weight
from gradverify.oracles.guard import Raised
from tests.function.functions import normal

A, B = normal(2, 3), normal(4)
LEAVES = space([A, B])
ONES = Weight((np.ones(1),))


def test_gradients_stand_one_after_the_other() -> None:
    found = taken(Pulled((A, B)), LEAVES)
    np.testing.assert_array_equal(found.flat, np.concatenate([A.ravel(), B]))
    assert (found.absent, found.misshapen) == ((), ())


@pytest.mark.parametrize("dtype", [np.float32, np.int64, bool])
def test_they_are_float64_whatever_was_returned(dtype: type) -> None:
    found = taken(Pulled((A.astype(dtype), B.astype(dtype))), LEAVES)
    assert found.flat.dtype == np.float64
    np.testing.assert_array_equal(found.flat[6:], B.astype(dtype).astype(float))


def test_none_and_other_shapes_are_zeros_and_are_told_apart() -> None:
    found = taken(Pulled((None, B[:2])), LEAVES)
    assert (found.absent, found.misshapen) == ((0,), (1,))
    np.testing.assert_array_equal(found.flat, np.zeros(10))


def test_leaves_can_be_left_out() -> None:
    found = taken(Pulled((A, B)), LEAVES)
    less = found.without([1], LEAVES)
    np.testing.assert_array_equal(less.flat[:6], A.ravel())
    np.testing.assert_array_equal(less.flat[6:], np.zeros(4))
    np.testing.assert_array_equal(found.flat[6:], B)


def test_what_raises_is_a_value() -> None:
    def back(_: Weight) -> Pulled:
        raise KeyError

    assert isinstance(take(back, ONES, LEAVES), Raised)


def test_the_cotangent_is_handed_over() -> None:
    def back(weight: Weight) -> Pulled:
        scale: Array = weight.arrays[0]
        return Pulled((scale[0] * A, B))

    found = take(back, Weight((np.array([3.0]),)), LEAVES)
    assert isinstance(found, Taken)
    np.testing.assert_array_equal(found.flat[:6], 3 * A.ravel())
