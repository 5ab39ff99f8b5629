# what users hand over is of any type, which a strict checker does not let pass:
# pyright: basic
"""A gradient that is right at the given inputs is looked at elsewhere, near and, on demand, far."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from gradverify.arrays import Array
from gradverify.function.elsewhere import within, wrong_beyond, wrong_nearby
from tests.function.functions import square, square_vjp, trial_of

ALL = np.sort(np.random.default_rng(3).uniform(1.0, 2.0, 400))
X = ALL[(ALL < 1.4) | (ALL > 1.6)]


def wrong_between(low: float, high: float) -> Callable[..., Any]:
    def vjp(ct: Array, out: Array, x: Array) -> Array:
        return square_vjp(ct, out, x) * np.where((x > low) & (x < high), 1.5, 1.0)

    return vjp


def test_a_gap_of_the_given_inputs_is_looked_into() -> None:
    found = wrong_nearby(trial_of(square, wrong_between(1.45, 1.55), X))
    assert found is not None
    assert found.message.startswith("right at the given inputs and wrong at others of the same")
    at = found.details["at"]
    assert isinstance(at, float)
    assert 1.45 < at < 1.55
    true = found.details["true"]
    assert isinstance(true, float)
    assert found.details["claimed"] == pytest.approx(1.5 * true)


def test_what_is_outside_of_the_range_is_found_by_exploring_alone() -> None:
    trial = trial_of(square, wrong_between(3.0, 100.0), X)
    assert wrong_nearby(trial) is None
    found = wrong_beyond(trial)
    assert found is not None
    at = found.details["at"]
    assert isinstance(at, float)
    assert 3.0 < at < 100.0


@pytest.mark.parametrize("look", [wrong_nearby, wrong_beyond])
def test_a_right_gradient_is_right_everywhere(look: Callable[..., Any]) -> None:
    assert look(trial_of(square, square_vjp, X)) is None
    assert look(trial_of(np.abs, lambda ct, _, x: ct * np.sign(x), X)) is None
    assert look(trial_of(np.log, lambda ct, _, x: ct / x, X)) is None


def test_where_the_function_has_no_value_nobody_is_blamed() -> None:
    def only_inside(x: Array) -> Array:
        if not np.array_equal(np.sort(x), X) and np.max(np.abs(x - X)) > 0.5:
            raise ValueError
        return np.where(np.abs(x) < 3, x * x, np.nan)

    assert wrong_beyond(trial_of(only_inside, wrong_between(3.0, 100.0), X)) is None


def test_a_gradient_of_an_earlier_call_is_remembered() -> None:
    kept: list[Array] = []

    def vjp(ct: Array, out: Array, x: Array) -> Array:
        kept.append(square_vjp(ct, out, x))
        return kept[0]

    found = wrong_nearby(trial_of(square, vjp, X))
    assert found is not None
    assert found.code == "remembers-last-call"


def test_a_range_is_covered_evenly() -> None:
    drawn = np.sort(within(X, np.random.default_rng(0)))
    assert X[0] <= drawn[0]
    assert drawn[-1] <= X[-1]
    assert np.max(np.diff(drawn)) <= 2 * (X[-1] - X[0]) / X.size
