# what users hand over is of any type, which a strict checker does not let pass:
# pyright: basic
"""Entries at a kink are found, and what is claimed for them is held against both slopes."""

from typing import Any

import numpy as np
import pytest

from gradverify.arrays import Array
from gradverify.function.kinks import alone, at_kinks, entries_at_kinks, unit
from gradverify.function.reading import Claimed
from gradverify.function.trial import Trial
from gradverify.verdict.truth import Outcome
from tests.function.functions import Vjp, normal, relu, relu_vjp, square, square_vjp, trial_of

X = np.array([1.5, 0.0, -2.0, 0.75, 0.0, -1.0, 3.0])


def found_in(trial: Trial) -> tuple[int, ...]:
    return entries_at_kinks(trial.point, trial.lines()[0].direction)


def outcomes(trial: Trial, entries: tuple[int, ...]) -> list[Outcome]:
    claimed = Claimed(trial.claimed[0].flat, 0)
    return [item.reading.outcome for item in at_kinks(trial, claimed, entries)]


def test_entries_at_a_kink_are_found() -> None:
    assert found_in(trial_of(relu, relu_vjp(0.0), X)) == (1, 4)


@pytest.mark.parametrize("shift", [0.3, -0.3])
def test_away_from_a_kink_there_are_none(shift: float) -> None:
    assert found_in(trial_of(relu, relu_vjp(0.0), X + shift)) == ()
    assert found_in(trial_of(square, square_vjp, X)) == ()


@pytest.mark.parametrize(
    ("slope", "outcome"),
    [
        (0.0, Outcome.INSIDE),
        (0.5, Outcome.INSIDE),
        (1.0, Outcome.INSIDE),
        (-0.01, Outcome.REFUTED),
        (1.01, Outcome.REFUTED),
        (np.nan, Outcome.REFUTED),
    ],
)
def test_a_claim_is_held_against_the_slopes_on_both_sides(slope: float, outcome: Outcome) -> None:
    trial = trial_of(relu, relu_vjp(slope), X)
    assert outcomes(trial, (1, 4)) == [outcome, outcome]


def test_both_slopes_are_told() -> None:
    trial = trial_of(relu, relu_vjp(0.5), X)
    claimed = Claimed(trial.claimed[0].flat, 0)
    (found,) = at_kinks(trial, claimed, (4,))
    ct = float(trial.weights[0].arrays[0][4])
    assert sorted((found.left, found.right)) == pytest.approx(sorted((0.0, ct)))


def test_what_is_outside_is_no_convention() -> None:
    trial = trial_of(relu, relu_vjp(2.0), X)
    (found,) = at_kinks(trial, Claimed(trial.claimed[0].flat, 0), (1,))
    assert found.reading.outcome is Outcome.REFUTED


def largest_of(x: Array) -> Array:
    return np.max(x)


def shared(of: Any) -> Vjp:
    def vjp(ct: Array, out: Array, x: Array) -> Array:
        return ct * of(x == out)

    return vjp


@pytest.mark.parametrize(
    ("of", "outcome"),
    [
        (lambda top: top / np.sum(top), Outcome.INSIDE),
        (lambda top: np.cumsum(top) == 1, None),
        (lambda top: 2.0 * top, Outcome.REFUTED),
    ],
)
def test_in_a_tie_the_gradient_may_be_shared(of: Any, outcome: Outcome | None) -> None:
    trial = trial_of(largest_of, shared(of), np.array([1.0, 2.0, 2.0, 0.5]))
    assert found_in(trial) == (1, 2)
    found = outcomes(trial, (1, 2))
    assert Outcome.REFUTED not in found if outcome is None else found == [outcome] * 2


def test_a_direction_is_cut_to_some_entries() -> None:
    direction = normal(5)
    cut = alone(direction, np.array([1, 3]))
    np.testing.assert_array_equal(cut[[1, 3]], direction[[1, 3]])
    assert np.count_nonzero(cut) == 2
    single = unit(np.array([3.0, -5.0]), 1)
    np.testing.assert_array_equal(single, [0.0, 4.0])
