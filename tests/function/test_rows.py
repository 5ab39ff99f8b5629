"""Every leaf has a row: wrong with its worst entry, right with its bar, or undecided."""

import math
from dataclasses import replace

import pytest

from gradverify.arrays import Array
from gradverify.function.accused import Cause
from gradverify.function.blame import Guilt
from gradverify.function.narrow import Narrow
from gradverify.function.reading import Claimed, hold
from gradverify.function.rows import Seen, finding_of, rows
from gradverify.function.trial import Trial
from gradverify.verdict.verdict import Severity, Status
from tests.function.functions import layer, layer_vjp, normal, trial_of

X, W = normal(5, 3), normal(3, 4, seed=1)
FACTOR = Cause("off-by-factor", "off by a factor of 2", {"factor": 2.0})
GUILT = Guilt(1, FACTOR, 6, 8.0, 4.0, 1.0, 1e-9)


def begun() -> Trial:
    return trial_of(layer, layer_vjp, X, W)


def seen_in(trial: Trial, undecided: str = "") -> Seen:
    claimed = Claimed(trial.claimed[0].flat, 0)
    readings = tuple(hold(line, claimed) for line in trial.lines())
    return Seen(readings, (), None, undecided)


def test_a_right_leaf_has_its_error_within_what_is_allowed() -> None:
    trial = begun()
    for row, (name, array) in zip(
        rows(trial, (), seen_in(trial)), {"x": X, "w": W}.items(), strict=True
    ):
        assert (row.name, row.shape, row.dtype, row.party) == (name, array.shape, "float64", "vjp")
        assert row.status is Status.AGREE
        assert 0 <= row.error <= row.allowed < 1e-8
        assert row.worst is None


def test_a_wrong_leaf_has_its_worst_entry_and_the_others_have_none() -> None:
    trial = begun()
    right, wrong = rows(trial, (GUILT,), seen_in(trial))
    assert (right.status, wrong.status) == (Status.AGREE, Status.DISAGREE)
    assert wrong.worst is not None
    assert (wrong.worst.index, wrong.worst.claimed, wrong.worst.true) == ((1, 2), 8.0, 4.0)
    assert (wrong.error, wrong.allowed, wrong.because) == (1.0, 1e-9, "off by a factor of 2")


def test_a_finding_says_the_same() -> None:
    found = finding_of(begun(), GUILT)
    assert (found.code, found.party, found.of, found.index) == ("off-by-factor", "vjp", "w", (1, 2))
    assert found.details["claimed"] == 8.0
    assert found.details["true"] == 4.0
    assert found.details["factor"] == 2.0


def test_what_cannot_be_told_is_undecided_for_all_but_the_guilty() -> None:
    trial = begun()
    first, second = rows(trial, (GUILT,), seen_in(trial, "too dull"))
    assert (first.status, first.because) == (Status.UNDECIDED, "too dull")
    assert second.status is Status.DISAGREE


@pytest.mark.parametrize(("severity", "status"), [(Severity.ERROR, Status.DISAGREE),
                                                  (Severity.NOTE, Status.AGREE)])  # fmt: skip
def test_an_error_about_a_leaf_makes_it_wrong_and_a_note_does_not(
    severity: Severity, status: Status
) -> None:
    trial = begun()
    details = {"claimed": 2.0, "true": 1.0}
    found = trial.finding("kink", 0, "said", details, index=(1, 1), severity=severity)
    first, second = rows(trial, (), replace(seen_in(trial), findings=(found,)))
    assert (first.status, second.status) == (status, Status.AGREE)


def test_where_nothing_was_claimed_an_error_is_about_all() -> None:
    trial = begun()
    found = trial.finding("gradient-missing", None, "it raised")
    trial.claimed.clear()
    for row in rows(trial, (), Seen((), (found,), None, "")):
        assert (row.status, row.because) == (Status.DISAGREE, "it raised")
        assert math.isnan(row.error)


def test_a_narrow_format_has_its_own_numbers() -> None:
    trial = begun()
    own = Narrow((), (1e-6, 0.0), (1e-7, 0.0))
    first, second = rows(trial, (), replace(seen_in(trial), narrow=own))
    assert (first.error, first.allowed) == (1e-7, 1e-6)
    assert second.allowed < 1e-8


def test_the_party_is_who_claims_it() -> None:
    trial = begun()
    trial.said = "reference"
    assert {row.party for row in rows(trial, (), seen_in(trial))} == {"reference"}
    shape: Array = trial.primals[0]
    assert rows(trial, (), seen_in(trial))[0].shape == shape.shape
