"""Norms have the even choice of gradient at their kinks, and know how near these are."""

from math import inf

import numpy as np
import pytest

from gradverify.ops.norm import vector_norm, vector_norm_margin, vector_norm_vjp


def gradient(x: list[float], order: float) -> np.ndarray:
    array = np.array(x)
    out = vector_norm(array, ord=order)
    return vector_norm_vjp(np.ones(()), out, array, ord=order)[0]


@pytest.mark.parametrize(("order", "value"), [(1, 7.0), (2, 5.0), (inf, 4.0)])
def test_a_norm_is_the_standards(order: float, value: float) -> None:
    assert vector_norm(np.array([3.0, -4.0]), ord=order) == value


@pytest.mark.parametrize("order", [1, 2, inf])
def test_the_gradient_at_zero_is_zero(order: float) -> None:
    assert np.array_equal(gradient([0.0, 0.0], order), [0.0, 0.0])
    assert np.any(gradient([0.0, 1.0], order))


def test_equal_magnitudes_share_the_gradient_evenly() -> None:
    assert np.array_equal(gradient([2.0, -2.0, 1.0], inf), [0.5, -0.5, 0.0])


@pytest.mark.parametrize(("order", "margin"), [(1, [3.0, 4.0]), (2, 5.0), (inf, 1.0)])
def test_the_margin_is_the_way_to_the_nearest_kink(
    order: float, margin: list[float] | float
) -> None:
    assert np.array_equal(vector_norm_margin(np.array([3.0, -4.0]), ord=order), margin)
