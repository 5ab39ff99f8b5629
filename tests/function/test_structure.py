# what users hand over is of any type, which a strict checker does not let pass:
# pyright: basic
"""A gradient of another shape, of whole numbers or of no numbers is told before any line."""

from typing import Any

import numpy as np
import pytest

from gradverify.arrays import Array
from gradverify.function.blame import Guilt
from gradverify.function.structure import refused, structure
from gradverify.oracles.guard import Raised
from tests.function.functions import Vjp, changed, normal, relu, relu_vjp, trial_of

X, B = normal(4, 3), normal(3, seed=1)


def biased(x: Array, b: Array) -> Array:
    return x * x + b * b


def biased_vjp(ct: Array, _: Array, x: Array, b: Array) -> tuple[Array, Array]:
    return 2 * ct * x, np.sum(2 * ct * b, axis=0)


def not_summed(ct: Array, _: Array, x: Array, b: Array) -> tuple[Array, Array]:
    return 2 * ct * x, 2 * ct * b


def found_in(vjp: Vjp, *inputs: Any) -> tuple[list[Guilt], tuple[int, ...]]:
    trial = trial_of(biased, vjp, *(inputs or (X, B)))
    return structure(trial), trial.ignored


def test_a_sound_gradient_has_nothing_wrong_and_nothing_is_left_out() -> None:
    assert found_in(biased_vjp) == ([], ())


def test_a_gradient_that_was_not_summed_is_recognised_by_its_sum() -> None:
    (guilt,), ignored = found_in(not_summed)
    assert (guilt.leaf, guilt.cause.code, ignored) == (1, "broadcast-not-summed", (1,))
    assert "of shape (4, 3) for an input of shape (3,)" in guilt.cause.message


def test_a_sum_over_an_axis_of_one_is_recognised_too() -> None:
    (guilt,), _ = found_in(not_summed, X, B[None])
    assert guilt.cause.code == "broadcast-not-summed"


@pytest.mark.parametrize(
    "change",
    [lambda g: g[:2], lambda g: g.ravel(), lambda g: np.stack([g, g, g]), lambda _: np.float64(1)],
)
def test_any_other_shape_is_only_called_so(change: Any) -> None:
    (guilt,), ignored = found_in(changed(biased_vjp, change))
    assert (guilt.leaf, guilt.cause.code, ignored) == (0, "shape-differs", (0,))


def test_whole_numbers_have_lost_their_precision() -> None:
    (guilt,), _ = found_in(changed(biased_vjp, lambda g: g.astype(np.int32)))
    assert (guilt.cause.code, guilt.cause.details["format"]) == ("precision-lost", "int32")


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_an_entry_that_is_no_number_is_told_with_what_it_should_be(bad: float) -> None:
    def change(gradient: Array) -> Array:
        gradient[2, 1] = bad
        return gradient

    trial = trial_of(biased, changed(biased_vjp, change), X, B)
    (guilt,) = structure(trial)
    ct = float(trial.weights[0].arrays[0][2, 1])
    assert (guilt.entry, guilt.cause.code) == (7, "not-finite")
    assert guilt.true == pytest.approx(2 * ct * X[2, 1])
    assert np.all(np.isfinite(trial.claimed[0].flat))


def test_an_infinite_slope_may_be_infinite() -> None:
    def vjp(ct: Array, _: Array, x: Array) -> Array:
        return ct * 0.5 / np.sqrt(x)

    with np.errstate(divide="ignore"):
        trial = trial_of(np.sqrt, vjp, np.array([0.0, 1.0, 4.0]))
    assert structure(trial) == []
    assert trial.ignored == (0,)


def test_nan_at_a_kink_is_no_number_either() -> None:
    trial = trial_of(relu, relu_vjp(np.nan), np.array([1.0, 0.0]))
    found = structure(trial)
    assert all(guilt.cause.code == "not-finite" for guilt in found)
    assert trial.ignored == (0,) or found


@pytest.mark.parametrize(
    ("reason", "code", "said"),
    [
        ("KeyError: 'x' (a.py:3)", "gradient-missing", "it raised KeyError: 'x' (a.py:3)"),
        (
            "RuntimeError: Function F returned an invalid gradient at index 0 (a.py:3)",
            "shape-differs",
            "it raised RuntimeError: Function F returned an invalid gradient at index 0 (a.py:3)",
        ),
        (
            "ReturnedError: the backward pass returned a list of 3 for 2 inputs (b.py:9)",
            "gradient-missing",
            "the backward pass returned a list of 3 for 2 inputs",
        ),
    ],
)
def test_what_was_raised_is_told(reason: str, code: str, said: str) -> None:
    found = refused(trial_of(biased, biased_vjp, X, B), Raised(reason))
    assert (found.code, found.message) == (code, f"there is no gradient: {said}")
