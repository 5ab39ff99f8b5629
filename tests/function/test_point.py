# what users hand over is of any type, which a strict checker does not let pass:
# pyright: basic
"""A point holds the value there, and cotangents: drawn ones, and at last ones as of `sum`."""

import numpy as np
import pytest

from gradverify.arrays import EPS, Array
from gradverify.function.point import weights
from gradverify.oracles.function import Layout
from tests.function.functions import normal, square, square_vjp, trial_of

VALUES = [normal(4, 3), np.asarray(2.0)]


def test_the_last_cotangent_is_ones_expanded_and_the_others_are_not() -> None:
    *drawn, last = weights(VALUES, 0, EPS)
    assert last.layout is Layout.EXPANDED
    assert all(np.all(array == 1.0) for array in last.arrays)
    assert len(drawn) == 2
    for weight in drawn:
        assert weight.layout is Layout.PLAIN
        assert [array.shape for array in weight.arrays] == [(4, 3), ()]
        assert np.any(weight.arrays[0] != weight.arrays[0][0, 0])


def test_drawn_cotangents_follow_from_the_seed_and_differ() -> None:
    first, second, _ = weights(VALUES, 0, EPS)
    again, _, _ = weights(VALUES, 0, EPS)
    other, _, _ = weights(VALUES, 1, EPS)
    np.testing.assert_array_equal(first.arrays[0], again.arrays[0])
    assert not np.array_equal(first.arrays[0], other.arrays[0])
    assert np.max(np.abs(second.arrays[0])) > np.max(np.abs(first.arrays[0]))


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_cotangents_are_exact_in_the_format_of_the_inputs(dtype: type) -> None:
    for weight in weights(VALUES, 0, float(np.finfo(dtype).eps)):
        for array in weight.arrays:
            np.testing.assert_array_equal(array, array.astype(dtype).astype(np.float64))


def test_a_point_has_the_leaves_and_the_values_flat() -> None:
    x = normal(2, 3)
    found = trial_of(square, square_vjp, x).point
    np.testing.assert_array_equal(found.primal, np.ravel(x))
    np.testing.assert_array_equal(found.value, np.ravel(x) ** 2)
    assert [np.size(row) for row in found.cotangents] == [6, 6, 6]


def test_the_noise_is_that_of_the_format_of_the_outputs() -> None:
    def cast(x: Array) -> Array:
        return (x * x).astype(np.float32)

    exact = trial_of(square, square_vjp, normal(6)).point.noise
    coarse = trial_of(cast, square_vjp, normal(6)).point.noise
    for fine, rough in zip(exact, coarse, strict=True):
        assert 0 < fine < 1e-6 * rough


def test_a_value_of_zero_has_some_noise() -> None:
    found = trial_of(square, square_vjp, np.zeros(3)).point.noise
    assert all(noise > 0 for noise in found)
