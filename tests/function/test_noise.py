"""A right claim may be off by its own rounding, which is measured; a wrong one by no more."""

from typing import Any

import numpy as np
import pytest

from gradverify.arrays import EPS, Array
from gradverify.function.noise import coarseness, judged, listen
from gradverify.function.trial import Trial
from gradverify.verdict.truth import Outcome
from tests.function.functions import changed, normal, square, square_vjp, trial_of

X = 1e5 + normal(100)


def variance(x: Array) -> Any:
    return np.mean((x - np.mean(x)) ** 2)


def variance_vjp(ct: Array, _: Array, x: Array) -> Array:
    return ct * 2 / x.size * (x - np.mean(x))


def cancelling_vjp(ct: Array, _: Array, x: Array) -> Array:
    """Return the same of the difference of two large numbers."""
    return ct * 2 / x.size * ((x * x - x * np.mean(x)) / x)


def outcomes(trial: Trial) -> set[Outcome]:
    return {judged(trial, line, trial.claimed[0].flat).outcome for line in trial.lines()}


def test_a_claim_with_cancellation_inside_is_not_refuted() -> None:
    assert Outcome.REFUTED not in outcomes(trial_of(variance, variance_vjp, X))
    assert Outcome.REFUTED not in outcomes(trial_of(variance, cancelling_vjp, X))


@pytest.mark.parametrize("factor", [1.001, 1.1, -1.0])
def test_a_wrong_claim_with_cancellation_inside_is(factor: float) -> None:
    wrong = changed(cancelling_vjp, lambda g: factor * g)
    assert Outcome.REFUTED in outcomes(trial_of(variance, wrong, X))


@pytest.mark.parametrize("factor", [1 + 1e-8, 1.00001, 2.0])
def test_what_is_exact_gets_no_more_room(factor: float) -> None:
    wrong = trial_of(square, changed(square_vjp, lambda g: factor * g), normal(50))
    assert outcomes(wrong) == {Outcome.REFUTED}
    assert outcomes(trial_of(square, square_vjp, normal(50))) == {Outcome.FITS}


def test_rounding_is_listened_to() -> None:
    exact, cancelling = trial_of(square, square_vjp, X), trial_of(variance, cancelling_vjp, X)
    listen(exact)
    listen(cancelling)
    assert EPS <= exact.shaky < 1e-13
    assert cancelling.shaky > 100 * exact.shaky


def test_a_function_is_as_coarse_as_its_rounding() -> None:
    rng = np.random.default_rng(4)

    def cosine(ct: Array, _: Array, x: Array) -> Array:
        return ct * np.cos(x)

    def coarse(x: Array) -> Array:
        return np.sin(x) * (1 + 1e-9 * rng.normal(size=x.shape))

    assert coarseness(trial_of(np.sin, cosine, normal(50))) < 1e-13
    assert 1e-11 < coarseness(trial_of(coarse, cosine, normal(50))) < 1e-7
