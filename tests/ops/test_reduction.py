"""Reductions of nothing, of zeros, of large numbers, and of equal numbers."""

from math import inf

import numpy as np
import pytest

from gradverify.ops.reduction import (
    deviation,
    deviation_vjp,
    logsumexp,
    logsumexp_vjp,
    mean,
    mean_vjp,
    product,
    product_vjp,
    total,
    variance,
)


def test_reductions_of_nothing_have_their_neutral_values() -> None:
    nothing = np.zeros((0, 2))
    assert np.array_equal(total(nothing, axis=0), [0.0, 0.0])
    assert np.array_equal(product(nothing, axis=0), [1.0, 1.0])
    assert np.array_equal(logsumexp(nothing, axis=0), [-inf, -inf])
    assert np.all(np.isnan(mean(nothing, axis=0)))
    assert mean(nothing, axis=1).shape == (0,)
    with np.errstate(all="ignore"):
        assert mean_vjp(np.ones(2), np.ones(2), nothing, axis=0)[0].shape == (0, 2)


@pytest.mark.parametrize(
    ("x", "gradient"),
    [
        ([2.0, 3.0, 4.0], [12.0, 8.0, 6.0]),
        ([2.0, 0.0, 4.0], [0.0, 8.0, 0.0]),
        ([0.0, 0.0, 4.0], [0.0, 0.0, 0.0]),
        ([0.0], [1.0]),
    ],
)
def test_a_product_has_a_gradient_at_zeros(x: list[float], gradient: list[float]) -> None:
    array = np.array(x)
    assert np.array_equal(product_vjp(np.ones(()), product(array), array)[0], gradient)


def test_a_product_is_told_apart_row_by_row() -> None:
    x = np.array([[0.0, 2.0], [3.0, 5.0]])
    by_x = product_vjp(np.array([1.0, 10.0]), np.prod(x, axis=1), x, axis=1)[0]
    assert np.array_equal(by_x, [[2.0, 0.0], [50.0, 30.0]])


@pytest.mark.parametrize("shift", [1e4, -1e4])
def test_a_sum_of_exponentials_neither_overflows_nor_vanishes(shift: float) -> None:
    x = np.array([shift, shift])
    out = logsumexp(x)
    assert np.isclose(out, shift + np.log(2))
    assert np.allclose(logsumexp_vjp(np.ones(()), out, x)[0], [0.5, 0.5])


def test_the_correction_is_subtracted_from_the_count() -> None:
    x = np.array([1.0, 2.0, 6.0])
    assert np.isclose(variance(x), np.var(x))
    assert np.isclose(variance(x, correction=1), np.var(x, ddof=1))
    assert np.isclose(deviation(x, correction=1), np.std(x, ddof=1))


def test_a_deviation_of_equal_numbers_has_a_gradient_of_zero() -> None:
    x = np.array([[2.0, 2.0], [1.0, 3.0]])
    by_x = deviation_vjp(np.ones(2), deviation(x, axis=1), x, axis=1)[0]
    assert np.array_equal(by_x, [[0.0, 0.0], [-0.5, 0.5]])
