"""Activations neither overflow nor lose digits far from zero, and relu is flat at it."""

import numpy as np
import pytest

from gradverify.ops.activation import log_softmax, relu_vjp, sigmoid, softmax, softplus

FAR = np.array([-1e4, 0.0, 1e4])


def test_relu_is_flat_at_zero() -> None:
    x = np.array([-1.0, 0.0, 1.0])
    assert np.array_equal(relu_vjp(np.ones(3), x, x)[0], [0.0, 0.0, 1.0])


def test_nothing_overflows_far_from_zero() -> None:
    with np.errstate(over="raise", divide="raise", invalid="raise"):
        assert np.array_equal(sigmoid(FAR), [0.0, 0.5, 1.0])
        assert np.allclose(softplus(FAR), [0.0, np.log(2), 1e4])
        assert np.array_equal(softmax(FAR), [0.0, 0.0, 1.0])
        assert np.array_equal(log_softmax(FAR), [-2e4, -1e4, 0.0])


@pytest.mark.parametrize("x", [-30.0, -1.0, 0.5, 30.0])
def test_both_branches_of_the_sigmoid_are_the_same_function(x: float) -> None:
    assert np.isclose(sigmoid(np.array([x])), 1 / (1 + np.exp(-x)), rtol=1e-15, atol=0)


def test_an_axis_of_nothing_stays_so() -> None:
    assert softmax(np.zeros((2, 0))).shape == (2, 0)
    assert log_softmax(np.zeros((0, 2)), axis=0).shape == (0, 2)
