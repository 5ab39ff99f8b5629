"""At ties the cotangent is shared, at bounds it passes, and the margin tells how near they are."""

from math import inf

import numpy as np

from gradverify.ops.extremum import (
    clip,
    clip_margin,
    clip_vjp,
    extremum_vjp,
    max_margin,
    maximum_vjp,
    min_margin,
    minimum_vjp,
)

CT = np.array([4.0, 4.0, 4.0])
X, Y = np.array([1.0, 2.0, 3.0]), np.array([2.0, 2.0, 2.0])


def test_the_larger_gets_all_and_each_of_two_equals_gets_half() -> None:
    by_x, by_y = maximum_vjp(CT, CT, X, Y)
    assert np.array_equal(by_x, [0.0, 2.0, 4.0])
    assert np.array_equal(by_y, [4.0, 2.0, 0.0])


def test_the_smaller_gets_all_and_each_of_two_equals_gets_half() -> None:
    by_x, by_y = minimum_vjp(CT, CT, X, Y)
    assert np.array_equal(by_x, [4.0, 2.0, 0.0])
    assert np.array_equal(by_y, [0.0, 2.0, 4.0])


def test_bounds_count_as_inside() -> None:
    x = np.array([0.0, 1.0, 2.0, 3.0, 4.0])
    ct = np.ones(5)
    assert np.array_equal(clip_vjp(ct, x, x, min=1, max=3)[0], [0.0, 1.0, 1.0, 1.0, 0.0])
    assert np.array_equal(clip_vjp(ct, x, x, min=1)[0], [0.0, 1.0, 1.0, 1.0, 1.0])
    assert np.array_equal(clip_vjp(ct, x, x)[0], ct)
    assert np.array_equal(clip(x, min=1, max=3), [1.0, 1.0, 2.0, 3.0, 3.0])


def test_the_margin_of_bounds_is_the_distance_to_the_nearer() -> None:
    x = np.array([0.0, 1.0, 2.5])
    assert np.array_equal(clip_margin(x, min=1, max=3), [1.0, 0.0, 0.5])
    assert np.array_equal(clip_margin(x), [inf, inf, inf])


def test_three_that_share_the_largest_value_get_a_third_each() -> None:
    x = np.array([[5.0, 5.0, 5.0], [1.0, 5.0, 2.0]])
    by_x = extremum_vjp(np.array([3.0, 3.0]), np.array([5.0, 5.0]), x, axis=1)[0]
    assert np.array_equal(by_x, [[1.0, 1.0, 1.0], [0.0, 3.0, 0.0]])


def test_the_margin_of_an_extremum_is_the_gap_to_the_runner_up() -> None:
    x = np.array([[5.0, 5.0, 1.0], [1.0, 5.0, 2.0]])
    assert np.array_equal(max_margin(x, axis=1), [0.0, 3.0])
    assert np.array_equal(min_margin(x, axis=1), [4.0, 1.0])
    assert np.array_equal(max_margin(np.ones((1, 2)), axis=0), [inf, inf])
    assert max_margin(x, keepdims=True).shape == (1, 1)
