"""A value is held against the numpy forward pass, and one odd party among several is named."""

import numpy as np
import pytest

from gradverify.oracles.enclosure import Enclosure
from gradverify.verdict.forward import ClaimedValue, judge_value, odd_one_out
from gradverify.verdict.verdict import Status, Verdict
from tests.support import near

F64 = np.dtype(np.float64)


def status(claim: list[float], true: list[float], rad: float = 0.0) -> Status:
    array = np.array(true)
    claimed = ClaimedValue("torch", "y", np.array(claim), F64, None)
    return judge_value(claimed, Enclosure(array, np.full(array.shape, rad))).status


@pytest.mark.parametrize(
    "same", [[1.0, 2.0], [np.nan, 2.0], [np.inf, 1.0], [-np.inf, np.nan], [0.0, 0.0], []]
)
def test_equal_values_agree_whether_finite_or_not(same: list[float]) -> None:
    assert status(same, same) is Status.AGREE


@pytest.mark.parametrize(
    ("claim", "true"),
    [
        ([1.0, 2.0], [1.0, 2.1]),
        ([np.nan, 2.0], [1.0, 2.0]),
        ([1.0, 2.0], [np.nan, 2.0]),
        ([np.inf, 2.0], [-np.inf, 2.0]),
        ([np.inf, 2.0], [1.0, 2.0]),
        ([0.0, 1e-6], [0.0, 0.0]),
    ],
)
def test_other_values_disagree(claim: list[float], true: list[float]) -> None:
    assert status(claim, true) is Status.DISAGREE


def test_the_radius_of_the_truth_is_allowed_and_not_ten_times_as_much() -> None:
    assert status([1.0 + 1e-6], [1.0], 1e-6) is Status.AGREE
    assert status([1.0 + 1e-5], [1.0], 1e-6) is Status.DISAGREE


def test_a_rounding_without_a_bound_decides_nothing() -> None:
    assert status([1.5], [1.0], np.inf) is Status.UNDECIDED
    assert status([1.0], [1.0], np.inf) is Status.AGREE


def test_the_worst_entry_is_the_one_furthest_off() -> None:
    true = np.array([[1.0, 2.0], [3.0, 4.0]])
    claim = true + np.array([[0.0, 0.1], [-0.3, 0.2]])
    found = judge_value(ClaimedValue("torch", "y", claim, F64, None), Enclosure(true, 0 * true))
    assert found.worst is not None
    assert found.worst.index == (1, 0)
    assert near(found.error, 0.3 / 4)


def test_whole_numbers_have_no_rounding() -> None:
    true = np.array([10**9], dtype=np.int64)
    truth = Enclosure(true, np.zeros(1))
    off = ClaimedValue("torch", "n", true + 1, true.dtype, None)
    assert judge_value(off, truth).status is Status.DISAGREE
    assert (
        judge_value(ClaimedValue("torch", "n", true, true.dtype, None), truth).status
        is Status.AGREE
    )


def verdicts(**wrong: bool) -> dict[str, Verdict]:
    return {
        party: Verdict(
            party, "value", "y", Status.DISAGREE if off else Status.AGREE, 0.0, 0.0, "", None
        )
        for party, off in wrong.items()
    }


@pytest.mark.parametrize(
    ("wrong", "blamed"),
    [
        ({"torch": True, "jax": False}, "torch"),
        ({"torch": True, "jax": True}, "rules"),
        ({"torch": False, "jax": False}, None),
        ({"rules": False, "torch": True, "jax": True}, "rules"),
        ({"rules": False, "derived": False, "torch": True}, None),
        ({}, None),
    ],
)
def test_blame_needs_independent_witnesses(wrong: dict[str, bool], blamed: str | None) -> None:
    assert odd_one_out(verdicts(**wrong)) == blamed
