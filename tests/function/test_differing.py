"""A gradient that is not what it was in the plain call is told with its worst entry."""

from dataclasses import replace

import numpy as np
import pytest

from gradverify.arrays import Array
from gradverify.function.differing import differing
from gradverify.function.trial import Trial
from gradverify.verdict.verdict import Finding
from tests.function.functions import layer, layer_vjp, normal, trial_of

X, W = normal(5, 3), normal(3, 4, seed=1)


def begun() -> Trial:
    return trial_of(layer, layer_vjp, X, W)


def found_of(trial: Trial, other: Array) -> Finding | None:
    right = trial.claimed[0]
    return differing(trial, "layout-dependent", "said", right.flat, replace(right, flat=other))


def test_the_same_gradient_is_no_finding() -> None:
    trial = begun()
    assert found_of(trial, trial.claimed[0].flat.copy()) is None


def test_roundings_are_no_finding() -> None:
    trial = begun()
    assert found_of(trial, trial.claimed[0].flat * (1 + 1e-15)) is None


def test_one_entry_is_told_with_its_place_and_both_values() -> None:
    trial = begun()
    other = trial.claimed[0].flat.copy()
    other[15 + 6] += 1.0
    found = found_of(trial, other)
    assert found is not None
    assert (found.code, found.of, found.index) == ("layout-dependent", "w", (1, 2))
    assert found.message == "said: one entry differs"
    assert found.details["claimed"] == other[21]
    assert found.details["true"] == other[21] - 1.0


@pytest.mark.parametrize("bad", [np.nan, np.inf, 1e9])
def test_of_several_the_worst_is_told(bad: float) -> None:
    trial = begun()
    other = 1.5 * trial.claimed[0].flat
    other[4] = bad
    found = found_of(trial, other)
    assert found is not None
    assert (found.of, found.index) == ("x", (1, 1))
    assert found.message == "said: 27 of 27 entries differ"


def test_leaves_that_cannot_be_compared_are_left_out() -> None:
    trial = begun()
    trial.ignored = (0,)
    other = trial.claimed[0].flat.copy()
    other[:15] = 7.0
    assert found_of(trial, other) is None
    other[20] += 1.0
    assert found_of(trial, other) is not None
