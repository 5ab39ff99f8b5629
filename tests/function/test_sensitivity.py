"""What would have been noticed is noticed, and what is said to be too small is not sought."""

import numpy as np
import pytest

from gradverify.arrays import Array
from gradverify.function.reading import Claimed, Reading, hold
from gradverify.function.sensitivity import sensitivities
from gradverify.function.trial import Trial
from gradverify.verdict.truth import Outcome
from gradverify.verdict.verdict import Sensitivity
from tests.function.functions import layer, layer_vjp, normal, trial_of

X, W = normal(5, 3), normal(3, 4, seed=1)


def begun() -> Trial:
    return trial_of(layer, layer_vjp, X, W)


def readings(trial: Trial, flat: Array) -> tuple[Reading, ...]:
    return tuple(hold(line, Claimed(flat, 0)) for line in trial.lines())


def sharp(trial: Trial, narrow: tuple[float, float] = (0.0, 0.0)) -> dict[str, Sensitivity]:
    seen = readings(trial, trial.claimed[0].flat)
    return sensitivities(trial, trial.lines(), seen, narrow)


def refuted(trial: Trial, change: Array) -> bool:
    seen = readings(trial, trial.claimed[0].flat + change)
    return any(reading.outcome is Outcome.REFUTED for reading in seen)


def test_an_error_of_one_entry_above_it_is_noticed_and_one_far_below_is_not() -> None:
    trial = begun()
    for k, (name, found) in enumerate(sharp(trial).items()):
        span = trial.point.leaves.span(k)
        scale = float(np.max(np.abs(trial.claimed[0].flat[span])))
        assert name == trial.names[k]
        for times, noticed in ((4.0, True), (1e-4, False)):
            change = np.zeros(trial.point.primal.size)
            change[span.start + 2] = times * found.entry * scale
            assert refuted(trial, change) is noticed


def test_the_whole_is_watched_more_sharply_than_an_entry() -> None:
    for found in sharp(begun()).values():
        assert 0 < found.whole <= found.entry < 1e-7


def test_a_narrow_format_is_no_sharper_than_its_last_places() -> None:
    found = sharp(begun(), (1e-3, 0.0))
    assert (found["x"].whole, found["x"].entry) == (1e-3, 1e-3)
    assert found["w"].entry < 1e-7


@pytest.mark.parametrize("allowed", [np.inf, np.nan])
def test_a_line_that_tells_nothing_would_notice_nothing(allowed: float) -> None:
    trial = begun()
    seen = [Reading(Outcome.SILENT, 0.0, allowed, 1.0, 0.0, 1.0)] * len(trial.lines())
    found = sensitivities(trial, trial.lines(), seen, (0.0, 0.0))
    assert found["x"] == Sensitivity(np.inf, np.inf)
