# what users hand over is of any type, which a strict checker does not let pass:
# pyright: basic
"""Derivatives along a line are within their bars, for all cotangents at once, and cost no more."""

from collections.abc import Callable
from typing import Any, Final

import numpy as np
import pytest

from gradverify.arrays import Array
from gradverify.function.line import Line
from gradverify.function.trial import Trial
from tests.function.functions import normal, relu, relu_vjp, trial_of

X = normal(20)
SMOOTH: Final[dict[str, tuple[Callable[..., Any], Callable[[Array], Array], Any]]] = {
    "sin": (np.sin, np.cos, lambda x: -np.sin(x)),
    "exp": (np.exp, np.exp, np.exp),
    "cube": (lambda x: x**3, lambda x: 3 * x**2, lambda x: 6 * x),
    "inverse": (lambda x: 1 / x, lambda x: -1 / x**2, lambda x: 2 / x**3),
}
every_function = pytest.mark.parametrize("name", SMOOTH)


def begun(name: str) -> Trial:
    forward, slope, _ = SMOOTH[name]
    return trial_of(forward, lambda ct, _, x: ct * slope(x), X)


def true_slope(line: Line, name: str, k: int) -> float:
    return float((line.point.cotangents[k] * SMOOTH[name][1](X)) @ line.direction)


@every_function
def test_a_slope_is_within_its_bar(name: str) -> None:
    for line in begun(name).lines():
        slope = line.slope()
        assert abs(slope.value - true_slope(line, name, 0)) <= slope.bar
        assert slope.bar <= 1e-8 * np.linalg.norm(line.direction)
        assert not slope.kinked


@every_function
def test_a_glance_is_within_its_bar_for_every_cotangent_without_another_pass(name: str) -> None:
    trial = begun(name)
    line = trial.lines()[0]
    first = line.glance(0, 0.0)
    before = trial.ask.forward
    seen = [first, *(line.glance(k, 0.0, more=False) for k in range(1, len(trial.weights)))]
    assert trial.ask.forward == before
    for k, glance in enumerate(seen):
        assert abs(glance.value - true_slope(line, name, k)) <= 3 * glance.bar


@every_function
def test_a_curvature_is_within_its_bar(name: str) -> None:
    line = begun(name).lines()[0]
    _ = line.slope()
    found, bar = line.curvature()
    true = float((line.point.cotangents[0] * SMOOTH[name][2](X)) @ line.direction**2)
    assert abs(found - true) <= 3 * bar
    assert bar <= 1e-3 * abs(true)


def test_a_place_is_visited_once() -> None:
    trial = begun("sin")
    line = trial.lines()[0]
    first = line.at(0.125)
    before = trial.ask.forward
    assert line.at(0.125) is first
    assert trial.ask.forward == before
    assert line.swing(0) == abs(float(first[0]))


@every_function
def test_a_smooth_line_has_no_crease(name: str) -> None:
    line = begun(name).lines()[0]
    _ = line.slope()
    assert not line.creased()


def test_a_kink_has_two_slopes_and_is_a_crease() -> None:
    x = np.array([1.0, 0.0])
    trial = trial_of(relu, relu_vjp(0.0), x)
    line = trial.line(np.array([0.0, 1.0]))
    slope = line.slope()
    ct = float(trial.weights[0].arrays[0][1])
    assert slope.kinked
    assert (slope.left, slope.right) == pytest.approx((0.0, ct))
    assert line.creased()


def test_a_step_that_leaves_the_domain_is_no_harm() -> None:
    trial = trial_of(np.log, lambda ct, _, x: ct / x, np.array([1e-3, 2.0]))
    line = trial.line(np.array([1.0, 1.0]))
    slope = line.slope()
    true = float((line.point.cotangents[0] / trial.primals[0]).sum())
    assert abs(slope.value - true) <= slope.bar < 1e-4 * abs(true)


def test_a_change_is_that_of_the_outputs() -> None:
    trial = begun("cube")
    direction = np.ones(20)
    np.testing.assert_array_equal(
        trial.point.change(direction, 0.5), (X + 0.5) ** 3 - trial.point.value
    )
