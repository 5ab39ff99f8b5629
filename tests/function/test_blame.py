"""Who is wrong is named by leaf and by entry, the worst first, and nobody else is."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from gradverify.arrays import Array
from gradverify.function.blame import Guilt, Refuted, blame
from gradverify.function.noise import judged
from gradverify.verdict.truth import Outcome
from tests.function.functions import (
    changed,
    layer,
    layer_vjp,
    normal,
    square,
    square_vjp,
    trial_of,
    twice,
    with_entries,
)

X, W = normal(5, 3), normal(3, 4, seed=1)


def blamed(forward: Callable[..., Any], vjp: Callable[..., Any], *inputs: Any) -> tuple[Guilt, ...]:
    trial = trial_of(forward, vjp, *inputs)
    line, *others = trial.lines()
    reading = judged(trial, line, trial.claimed[0].flat)
    assert reading.outcome is Outcome.REFUTED
    return blame(trial, Refuted(line, reading, tuple(others)))


@pytest.mark.parametrize("leaf", [0, 1])
def test_the_leaf_at_fault_is_blamed_alone(leaf: int) -> None:
    (found,) = blamed(layer, changed(layer_vjp, twice, leaf), X, W)
    assert (found.leaf, found.cause.code) == (leaf, "off-by-factor")
    assert found.error == pytest.approx(1.0)
    assert found.allowed < 1e-8


def test_of_several_the_worst_comes_first() -> None:
    vjp = changed(changed(layer_vjp, lambda g: 1.01 * g, 0), lambda g: 3 * g, 1)
    found = blamed(layer, vjp, X, W)
    assert [item.leaf for item in found] == [1, 0]
    assert found[0].error > found[1].error


def negative(gradient: Array) -> Array:
    return -gradient


@pytest.mark.parametrize("size", [1, 9, 1000, 30_000])
def test_one_wrong_entry_is_found_at_any_size(size: int) -> None:
    x, entry = normal(size), size // 3
    wrong = with_entries(lambda g: 1.5 * g + 0.25, entry)
    (found,) = blamed(square, changed(square_vjp, wrong), x)
    assert found.entry == entry
    assert found.claimed != pytest.approx(found.true, rel=1e-3)
    assert size < 9 or (found.cause.code, found.cause.details["entries"]) == ("entries-wrong", 1)


def test_a_few_wrong_entries_are_all_found() -> None:
    entries = (3, 57, 411)
    (found,) = blamed(square, changed(square_vjp, with_entries(negative, *entries)), normal(500))
    assert found.cause.details["entries"] == 3
    assert all(f"[{entry}]" in found.cause.message for entry in entries)


def test_both_values_of_the_entry_are_told() -> None:
    x = normal(200)
    wrong = with_entries(lambda g: g + 5.0, 77)
    (found,) = blamed(square, changed(square_vjp, wrong), x)
    assert found.claimed - found.true == pytest.approx(5.0, rel=1e-6)


def test_where_no_cause_explains_it_that_is_said() -> None:
    noise = 1 + 0.3 * np.random.default_rng(5).normal(size=(5, 3))
    (found,) = blamed(layer, changed(layer_vjp, lambda g: g * noise), X, W)
    assert (found.leaf, found.cause.code) == (0, "mismatch")
    assert found.claimed != pytest.approx(found.true, rel=1e-3)
