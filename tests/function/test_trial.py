"""A trial asks anew at its point, leaves out what cannot be compared, and speaks for its party."""

import numpy as np
import pytest

from gradverify.arrays import EPS, Array
from gradverify.function.taken import Taken
from gradverify.function.trial import Trial
from gradverify.oracles.function import Form, Layout, Pullback, Weight
from gradverify.oracles.guard import Raised
from gradverify.verdict.verdict import Severity
from tests.function.functions import (
    function_of,
    layer,
    layer_vjp,
    normal,
    square,
    square_vjp,
    trial_of,
)

X, W = normal(5, 3), normal(3, 4, seed=1)


def begun() -> Trial:
    return trial_of(layer, layer_vjp, X, W)


def test_it_knows_names_party_and_format() -> None:
    trial = begun()
    assert (trial.names, trial.party, trial.narrow) == (("x", "w"), "vjp", False)
    trial.said = "reference"
    assert trial.party == "reference"
    assert trial_of(square, square_vjp, X.astype(np.float32)).narrow


def test_lines_go_through_every_entry_and_leave_out_what_is_ignored() -> None:
    trial = begun()
    assert all(np.all(line.direction != 0) for line in trial.lines())
    trial.ignored = (1,)
    for line in trial.lines():
        assert np.all(line.direction[:15] != 0)
        assert not np.any(line.direction[15:])
    trial.ignored = (0, 1)
    assert not any(np.any(line.direction) for line in trial.lines())


def test_the_same_seed_has_the_same_lines() -> None:
    one, other = begun().lines()[0], begun().lines()[0]
    np.testing.assert_array_equal(one.direction, other.direction)
    third = trial_of(layer, layer_vjp, X, W, seed=1).lines()[0]
    assert not np.array_equal(one.direction, third.direction)


def test_a_fresh_call_claims_the_same() -> None:
    trial = begun()
    again = trial.again(0)
    assert isinstance(again, Taken)
    np.testing.assert_array_equal(again.flat, trial.claimed[0].flat)
    other = trial.again(1)
    assert isinstance(other, Taken)
    assert not np.allclose(other.flat, again.flat)


@pytest.mark.parametrize("layout", [Layout.PLAIN, Layout.TRANSPOSED, Layout.TANGLED])
def test_a_cotangent_may_lie_otherwise_in_memory(layout: Layout) -> None:
    trial = begun()
    found = trial.again(0, Form(wide=True, layout=layout), layout)
    assert isinstance(found, Taken)
    np.testing.assert_allclose(found.flat, trial.claimed[0].flat, rtol=1e-12)


def test_what_raises_is_a_value() -> None:
    def broken(*_: Array) -> Array:
        raise ValueError

    trial = begun()
    trial.ask.function = function_of(broken, layer_vjp, X, W)
    assert isinstance(trial.pull(Form()), Raised)
    assert isinstance(trial.again(0), Raised)


def test_what_is_ignored_is_zero_in_every_claim() -> None:
    trial = begun()
    trial.ignored = (0,)
    pullback = trial.pull(Form(wide=True))
    assert isinstance(pullback, Pullback)
    found = trial.back_of(pullback, Weight((np.ones((5, 4)),)))
    assert isinstance(found, Taken)
    assert not np.any(found.flat[:15])
    assert np.any(found.flat[15:])


@pytest.mark.parametrize(
    ("factor", "same"), [(1.0, True), (1 + 4 * EPS, True), (1 + 1e-9, False), (np.nan, False)]
)
def test_entries_are_the_same_but_for_roundings(factor: float, *, same: bool) -> None:
    trial = begun()
    flat = trial.claimed[0].flat
    assert bool(np.all(trial.same(flat, factor * flat))) is same


def test_what_is_no_number_is_the_same_as_itself_alone() -> None:
    trial = begun()
    flat = np.full(27, np.nan)
    assert np.all(trial.same(flat, flat))
    assert not np.any(trial.same(flat, trial.claimed[0].flat))


def test_a_finding_is_about_a_leaf_or_about_all() -> None:
    trial = begun()
    found = trial.finding("off-by-factor", 1, "said", {"factor": 2.0}, index=(1, 2))
    assert (found.party, found.of, found.message, found.index) == ("vjp", "w", "said", (1, 2))
    assert (found.details["factor"], found.severity) == (2.0, Severity.ERROR)
    whole = trial.finding("precision-lost", None, "said", severity=Severity.WARNING)
    assert (whole.of, whole.index, whole.severity) == ("", None, Severity.WARNING)
