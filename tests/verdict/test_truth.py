"""A gradient is held against derivatives along lines: it fits, is refuted, or neither."""

from dataclasses import replace

import numpy as np
import pytest

from gradverify.oracles.enclosure import Enclosure
from gradverify.oracles.oracle import Probe
from gradverify.verdict.truth import Doubt, Measured, Outcome, covered, establish, read

GRADIENT = np.array([1.0, -2.0, 4.0])
NOTHING = np.zeros(3)
EXACT = Doubt(rounding=0.0, share=1.0)
LINE = Probe(
    direction=np.array([1.0, 1.0, 0.0]), derivative=-1.0, bar=1e-10, left=-1.0, right=-1.0,
    kinked=False, step=1e-4, size=5.0, passes=9,
)  # fmt: skip
REST = replace(LINE, direction=np.array([0.0, 0.0, 1.0]), derivative=4.0, left=4.0, right=4.0)


def outcome(probe: Probe, gradient: np.ndarray, rounding: float = 0.0) -> Outcome:
    return read(probe, gradient, NOTHING, rounding).outcome


def test_a_right_gradient_fits() -> None:
    assert outcome(LINE, GRADIENT) is Outcome.FITS


@pytest.mark.parametrize("error", [1e-8, -1e-8, 1.0, -100.0])
def test_a_wrong_gradient_is_refuted(error: float) -> None:
    assert outcome(LINE, GRADIENT + np.array([error, 0.0, 0.0])) is Outcome.REFUTED


def test_an_error_off_the_line_does_not_show() -> None:
    assert outcome(LINE, GRADIENT + np.array([0.0, 0.0, 5.0])) is Outcome.FITS


def test_errors_that_cancel_along_a_line_do_not_show_on_it() -> None:
    assert outcome(LINE, GRADIENT + np.array([1.0, -1.0, 0.0])) is Outcome.FITS


@pytest.mark.parametrize("bar", [0.5, np.inf])
def test_a_wide_bar_tells_nothing(bar: float) -> None:
    blunt = replace(LINE, bar=bar)
    assert outcome(blunt, GRADIENT) is Outcome.SILENT
    assert outcome(blunt, GRADIENT + np.array([0.1, 0.0, 0.0])) is Outcome.SILENT


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_what_is_not_finite_does_not_fit(bad: float) -> None:
    found = outcome(LINE, np.array([bad, 0.0, 0.0]))
    assert found in {Outcome.SILENT, Outcome.REFUTED}


def test_rounding_of_the_loss_excuses_what_it_can_explain() -> None:
    wrong = GRADIENT + np.array([1e-4, 0.0, 0.0])
    assert outcome(LINE, wrong) is Outcome.REFUTED
    assert outcome(LINE, wrong, rounding=1e-8) is Outcome.SILENT


@pytest.mark.parametrize(("slope", "expected"), [
    (-1.0, Outcome.INSIDE), (0.0, Outcome.INSIDE), (3.0, Outcome.INSIDE),
    (-1.1, Outcome.REFUTED), (3.1, Outcome.REFUTED),
])  # fmt: skip
def test_at_a_kink_everything_between_the_slopes_is_inside(slope: float, expected: Outcome) -> None:
    alone = np.array([1.0, 0.0, 0.0])
    kink = replace(LINE, direction=alone, kinked=True, left=-1.0, right=3.0, derivative=1.0)
    assert outcome(kink, np.array([slope, 0.0, 7.0])) is expected
    turned = replace(kink, left=3.0, right=-1.0)
    assert outcome(turned, np.array([slope, 0.0, 7.0])) is expected


def test_several_entries_at_kinks_are_not_refuted_by_one_line() -> None:
    """Each may have chosen another value between its slopes, which one line cannot tell."""
    kink = replace(LINE, kinked=True, left=-1.0, right=3.0, derivative=1.0)
    assert outcome(kink, np.array([1.0, 1.0, 7.0])) is Outcome.INSIDE
    assert outcome(kink, np.array([3.0, 1.0, 7.0])) is Outcome.SILENT


def enclosure(gradient: np.ndarray) -> Enclosure:
    return Enclosure(gradient, np.full(3, 1e-15))


def test_a_truth_is_confirmed_where_every_entry_was_moved() -> None:
    truth = establish(enclosure(GRADIENT), Measured((LINE, REST), None), EXACT)
    assert (truth.confirmed, truth.refuted) == (True, False)
    np.testing.assert_array_equal(truth.array, GRADIENT)


def test_an_entry_that_no_line_moved_confirms_nothing() -> None:
    truth = establish(enclosure(GRADIENT), Measured((LINE,), None), EXACT)
    assert (truth.confirmed, truth.refuted) == (False, False)
    readings = [read(LINE, GRADIENT, NOTHING, 0.0)]
    assert not covered((LINE,), readings)
    assert covered((LINE, REST), [*readings, read(REST, GRADIENT, NOTHING, 0.0)])


@pytest.mark.parametrize("wrong", [GRADIENT + 0.5, GRADIENT * np.nan, -GRADIENT])
def test_rules_that_are_refuted_are_not_the_truth(wrong: np.ndarray) -> None:
    truth = establish(enclosure(wrong), Measured((LINE, REST), None), EXACT)
    assert (truth.confirmed, truth.refuted) == (False, True)


def test_differences_of_every_entry_stand_in_for_rules_that_are_refuted() -> None:
    entries = Enclosure(GRADIENT, np.full(3, 1e-10))
    truth = establish(enclosure(GRADIENT + 0.5), Measured((LINE, REST), entries), EXACT)
    assert (truth.confirmed, truth.refuted) == (True, True)
    np.testing.assert_array_equal(truth.array, GRADIENT)
    sharper = establish(enclosure(GRADIENT), Measured((LINE, REST), entries), EXACT)
    assert float(np.max(sharper.radius)) < float(np.max(truth.radius))
