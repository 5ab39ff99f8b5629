"""A claim fits a line, is refuted by it, lies inside a kink, or the line is too dull to tell."""

import math
from dataclasses import replace

import numpy as np
import pytest

from gradverify.arrays import Array
from gradverify.function.reading import Claimed, hold, read
from gradverify.function.trial import Trial
from gradverify.verdict.truth import Outcome
from tests.function.functions import normal, relu, relu_vjp, square, square_vjp, trial_of

X = normal(30)


def begun() -> Trial:
    return trial_of(square, square_vjp, X)


def outcome(claim: Array, trial: Trial, k: int = 0) -> Outcome:
    return hold(trial.lines()[0], Claimed(claim, k)).outcome


@pytest.mark.parametrize("factor", [1.0, 1 + 1e-15])
def test_a_right_claim_fits(factor: float) -> None:
    trial = begun()
    assert outcome(factor * trial.claimed[0].flat, trial) is Outcome.FITS


@pytest.mark.parametrize("factor", [1 + 1e-9, 1.01, 0.0, -1.0, np.nan, np.inf])
def test_a_wrong_claim_is_refuted(factor: float) -> None:
    trial = begun()
    assert outcome(factor * trial.claimed[0].flat, trial) is Outcome.REFUTED


def test_a_claim_belongs_to_its_cotangent() -> None:
    trial = begun()
    line = trial.lines()[0]
    _ = line.slope()
    claim = trial.claimed[0].flat
    assert hold(line, Claimed(claim, 0)).outcome is Outcome.FITS
    assert hold(line, Claimed(claim, 1)).outcome is Outcome.REFUTED


def test_a_gap_has_a_sign_and_is_small_against_the_claim() -> None:
    trial = begun()
    line, claim = trial.lines()[0], trial.claimed[0].flat
    found = hold(line, Claimed(1.5 * claim, 0))
    assert found.gap == pytest.approx(0.5 * float(claim @ line.direction), rel=1e-6)
    assert found.derivative == pytest.approx(float(claim @ line.direction))
    assert found.error == abs(found.gap) / found.size
    assert found.allowed < 1e-8 * found.size


def test_what_rounding_may_have_moved_is_allowed() -> None:
    trial = begun()
    line, claim = trial.lines()[0], trial.claimed[0].flat * (1 + 1e-9)
    assert hold(line, Claimed(claim, 0)).outcome is Outcome.REFUTED
    assert hold(line, Claimed(claim, 0, 1e-6)).outcome is Outcome.FITS


@pytest.mark.parametrize(
    ("slope", "outcome"),
    [(0.25, Outcome.INSIDE), (1.0, Outcome.INSIDE), (1.5, Outcome.REFUTED), (-1, Outcome.REFUTED)],
)
def test_inside_of_a_kink_is_between_both_slopes(slope: float, outcome: Outcome) -> None:
    trial = trial_of(relu, relu_vjp(slope), np.array([0.0, 1.0]))
    line = trial.line(np.array([1.0, 0.0]))
    found = read(line.slope(), Claimed(trial.claimed[0].flat, 0), line)
    assert (found.outcome, found.kinked) == (outcome, True)


def test_where_several_entries_bend_nobody_is_refuted() -> None:
    trial = trial_of(relu, relu_vjp(3.0), np.zeros(2))
    line = trial.line(np.ones(2))
    found = read(line.slope(), Claimed(trial.claimed[0].flat, 0), line)
    assert found.outcome is Outcome.SILENT


@pytest.mark.parametrize(("bar", "outcome"), [(math.inf, Outcome.SILENT), (1e3, Outcome.SILENT)])
def test_a_wide_bar_tells_nothing(bar: float, outcome: Outcome) -> None:
    trial = begun()
    line, claimed = trial.lines()[0], Claimed(trial.claimed[0].flat, 0)
    slope = line.slope()
    assert read(replace(slope, bar=bar), claimed, line).outcome is outcome
    assert read(slope, claimed, line).outcome is Outcome.FITS
