# what users hand over is of any type, which a strict checker does not let pass:
# pyright: basic
"""An examination starts where the function has a value, and holds still, or says so."""

import random
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from gradverify.arrays import Array
from gradverify.function.start import start, unsteady
from gradverify.function.trial import Trial
from gradverify.oracles.function import Pullback
from gradverify.oracles.function_errors import (
    FunctionRaisedError,
    NoOutputError,
    NotFiniteError,
    OutputChangedError,
)
from gradverify.verdict.verdict import Finding
from tests.function.functions import begun, function_of, normal, square, square_vjp

X = normal(2, 3)


def begin(forward: Callable[..., Any], x: Array = X) -> Trial:
    return start(function_of(forward, square_vjp, x), 0)


def shaken(forward: Callable[..., Any]) -> Finding | None:
    trial, first = begun(function_of(forward, square_vjp, X))
    return unsteady(trial, first)


def test_a_trial_stands_at_the_inputs_and_has_asked_once() -> None:
    trial = begin(square)
    np.testing.assert_array_equal(trial.primals[0], X)
    np.testing.assert_array_equal(trial.point.value, np.ravel(X * X))
    assert (trial.ask.forward, trial.ask.backward, trial.names) == (1, 0, ("x",))


def test_what_raises_is_told_with_what_it_raised() -> None:
    def broken(x: Array) -> Array:
        return x @ x

    with pytest.raises(FunctionRaisedError) as caught:
        _ = begin(broken)
    assert str(caught.value).startswith("broken raised at these inputs: ValueError: matmul")


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_what_is_not_finite_is_told_with_its_place(bad: float) -> None:
    def holed(x: Array) -> tuple[Array, Array]:
        return x, np.where(x == X[1, 2], bad, x)

    with pytest.raises(NotFiniteError) as caught:
        _ = begin(holed)
    assert "1 of 6 entries of output 1 are not finite, first [1, 2]" in str(caught.value)


@pytest.mark.parametrize(
    ("forward", "error"),
    [(lambda _: None, NoOutputError), (lambda x: x.astype(int), NoOutputError)],
)
def test_an_error_of_ours_is_not_called_one_of_the_function(
    forward: Callable[..., Any], error: type[Exception]
) -> None:
    with pytest.raises(error):
        _ = begin(forward)


def test_another_shape_is_noticed_by_the_next_pass() -> None:
    lengths = iter([2, 1, 1])
    trial = begin(lambda x: x[: next(lengths)])
    with pytest.raises(OutputChangedError):
        _ = trial.ask.values([X])


def test_a_function_that_holds_still_is_steady() -> None:
    assert shaken(square) is None


@pytest.mark.parametrize("noise", [0.1, 1e-6])
def test_chance_of_its_own_is_told(noise: float) -> None:
    rng = np.random.default_rng(0)
    found = shaken(lambda x: x * x * (1 + noise * rng.normal(size=x.shape)))
    assert found is not None
    assert found.code == "not-deterministic"


def draws(x: Array) -> Array:
    return x * x * (1.0 + random.random())  # noqa: S311 - what is tested


def test_random_numbers_from_a_global_generator_are_the_same_in_every_call() -> None:
    assert shaken(draws) is None
    trial = begin(draws)
    first = trial.ask.values([X])[0][0]
    np.testing.assert_array_equal(first, trial.ask.values([X])[0][0])
    np.testing.assert_array_equal(np.ravel(first), trial.point.value)


def test_values_that_differ_with_gradients_on_are_told() -> None:
    trial, first = begun(function_of(square, square_vjp, X))
    other = Pullback(tuple(1.5 * value for value in first.values), first.back)
    found = unsteady(trial, other)
    assert found is not None
    assert found.code == "values-differ"


def test_a_function_that_refuses_float64_is_asked_in_its_own_format() -> None:
    def single(x: Array) -> Array:
        if x.dtype == np.float64:
            raise TypeError
        return x * x

    trial = begin(single, X.astype(np.float32))
    assert not trial.ask.wide
    assert begin(square, X.astype(np.float32)).ask.wide
