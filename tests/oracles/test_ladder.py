"""The ladder's bar holds the derivative, at any scale, and a kink is told from a smooth line."""

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradverify.oracles.kink import bends
from gradverify.oracles.ladder import PASSES, PLUNGE, SHRINK, differentiate
from gradverify.oracles.rung import Line

EPS = float(np.finfo(np.float64).eps)

SMOOTH: dict[str, tuple[Callable[[float], float], Callable[[float], float]]] = {
    "exp": (math.exp, math.exp),
    "sin": (math.sin, math.cos),
    "tanh": (math.tanh, lambda x: 1 - math.tanh(x) ** 2),
    "cube": (lambda x: x**3, lambda x: 3 * x**2),
    "reciprocal": (lambda x: 1 / x, lambda x: -1 / x**2),
    "fast sine": (lambda x: math.sin(100 * x), lambda x: 100 * math.cos(100 * x)),
}


def line_through(f: Callable[[float], float], x: float) -> tuple[Line, float]:
    """Return t ↦ f(x + t·v) - f(x) with v the power of two below x, and v."""
    size = 2.0 ** math.floor(math.log2(abs(x)))
    return lambda t: f(x + t * size) - f(x), size


@pytest.mark.parametrize("name", SMOOTH)
@settings(derandomize=True, max_examples=50, deadline=None)
@given(x=st.floats(0.05, 5.0))
def test_a_smooth_derivative_lies_within_three_bars(name: str, x: float) -> None:
    f, derivative = SMOOTH[name]
    line, size = line_through(f, x)
    found = differentiate(line, noise=EPS * abs(f(x)))
    right = derivative(x) * size
    assert abs(found.value - right) <= 3 * found.bar + 8 * EPS * abs(right)
    assert found.bar <= 1e-7 * max(abs(right), abs(f(x)))
    assert not found.kinked


@pytest.mark.parametrize("name", SMOOTH)
@settings(derandomize=True, max_examples=50, deadline=None)
@given(x=st.floats(0.5, 2.0))
def test_a_derivative_wrong_by_a_millionth_lies_outside(name: str, x: float) -> None:
    f, derivative = SMOOTH[name]
    line, size = line_through(f, x)
    found = differentiate(line, noise=EPS * abs(f(x)))
    right = derivative(x) * size
    wrong = right + 1e-6 * max(abs(right), abs(f(x)))
    assert abs(found.value - wrong) > 3 * found.bar


@settings(derandomize=True, max_examples=50, deadline=None)
@given(left=st.floats(-3, 3), right=st.floats(-3, 3), bend=st.floats(-2, 2))
def test_the_slopes_on_both_sides_of_a_kink_are_found(
    left: float, right: float, bend: float
) -> None:
    found = differentiate(lambda t: (right if t > 0 else left) * t + bend * t * t, noise=EPS)
    if abs(left - right) < 1e-3:
        return
    assert found.kinked
    assert abs(found.left - left) <= 3 * found.bar + 1e-12
    assert abs(found.right - right) <= 3 * found.bar + 1e-12


@pytest.mark.parametrize("distance", [1e-3, 1e-5, 1e-7, 1e-9])
def test_a_kink_nearby_does_not_reach_the_derivative(distance: float) -> None:
    found = differentiate(lambda t: max(t + distance, 0.0) - distance + math.sin(t), noise=EPS)
    assert not found.kinked
    assert abs(found.value - 2.0) <= 3 * found.bar
    # two plunges overshoot the kink at most; what rounding leaves there is the bar
    assert found.bar < 2 ** (PLUNGE + 2 * SHRINK) * EPS / distance


def test_a_kink_is_met_at_once_and_a_smooth_line_does_not_bend() -> None:
    assert bends(abs, noise=EPS)
    assert not bends(math.sin, noise=EPS)
    assert not bends(lambda t: math.exp(3 * t) - 1, noise=EPS)


def test_the_noise_of_the_line_itself_widens_the_bar() -> None:
    rng = np.random.default_rng(7)
    noisy = differentiate(lambda t: 3 * t + 1e-6 * float(rng.standard_normal()), noise=EPS)
    quiet = differentiate(lambda t: 3 * t, noise=EPS)
    assert abs(noisy.value - 3) <= 3 * noisy.bar
    assert noisy.bar > 1e6 * quiet.bar


def nowhere(_: float) -> float:
    return math.nan


def infinite_to_the_right(t: float) -> float:
    return math.inf if t > 0 else t


def kink_next_to_it(t: float) -> float:
    return max(t - 1e-9, 0.0)


@pytest.mark.parametrize("line", [nowhere, infinite_to_the_right])
def test_a_line_without_values_on_both_sides_decides_nothing(line: Line) -> None:
    assert differentiate(line, noise=EPS).bar == math.inf


@pytest.mark.parametrize("line", [abs, math.sin, nowhere, kink_next_to_it])
def test_no_line_costs_more_passes_than_are_promised(line: Line) -> None:
    asked: list[float] = []

    def counted(t: float) -> float:
        asked.append(t)
        return line(t)

    found = differentiate(counted, noise=EPS)
    assert len(asked) == found.passes <= PASSES <= 20
