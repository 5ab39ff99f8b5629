"""One wrong entry is found wherever it is, at its own index, and a kink is no error."""

from collections.abc import Sequence

import numpy as np
import pytest

from gradverify.arrays import Array
from gradverify.verdict.verdict import SpecResult, Verdict
from tests.support import STRANGER, Altered, codes, near, result_of, result_with, statuses

LONG = 'inputs: {x: "randn(300)"}\nloss: sum(exp(x))'
TABLE = 'inputs: {x: "randn(5, 60)"}\nloss: sum(exp(x))'
KINKS = {
    "relu(x)": (0.0, 0.0, 1.0),
    "abs(x)": (0.0, -1.0, 1.0),
    "clip(x, min=-1, max=1)": (1.0, 0.0, 1.0),
    "clip(x, min=-1, max=8)": (-1.0, 0.0, 1.0),
    "maximum(x, 0.5)": (0.5, 0.0, 1.0),
    "minimum(x, 0.5) + 0 * x": (0.5, 0.0, 1.0),
}
DISTANCES = (1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8, 1e-9)


def gradient_verdict(result: SpecResult, party: str = STRANGER) -> Verdict:
    (found,) = [v for v in result.comparisons if v.party == party and v.kind == "gradient"]
    return found


def added(entry: int, error: float) -> Altered:
    def alter(_: str, right: Array) -> Array:
        wrong = right.copy()
        wrong.reshape(-1)[entry] += error
        return wrong

    return Altered(gradient=alter)


@pytest.mark.parametrize("error", [1e-1, 1e-3, 1e-6, -1e-6])
@pytest.mark.parametrize("entry", [0, 1, 128, 299])
def test_one_wrong_entry_among_300_is_found_at_its_index(
    monkeypatch: pytest.MonkeyPatch, entry: int, error: float
) -> None:
    result = result_with(monkeypatch, LONG, added(entry, error))
    found = gradient_verdict(result)
    assert found.status.value == "disagree"
    assert found.worst is not None
    assert found.worst.index == (entry,)
    assert codes(result) == [("entries-wrong", STRANGER, "x")]
    assert result.findings[0].details["index"] == (entry,)


def test_the_index_has_an_axis_for_each_of_the_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    found = gradient_verdict(result_with(monkeypatch, TABLE, added(2 * 60 + 31, 0.5)))
    assert found.worst is not None
    assert found.worst.index == (2, 31)
    assert near(found.worst.claimed - found.worst.true, 0.5)


def test_the_worst_of_several_wrong_entries_is_the_one_furthest_off(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    errors = np.zeros(300)
    errors[[3, 140, 260]] = (0.1, -0.7, 0.4)
    result = result_with(monkeypatch, LONG, Altered(gradient=lambda _, right: right + errors))
    found = gradient_verdict(result)
    assert found.worst is not None
    assert found.worst.index == (140,)


def test_an_unaltered_gradient_agrees(monkeypatch: pytest.MonkeyPatch) -> None:
    result = result_with(monkeypatch, LONG, Altered())
    assert result.status == "passed"
    assert statuses(result, STRANGER) == {"x": "agree"}


def test_an_error_below_what_can_be_told_is_not_called_wrong(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    result = result_with(monkeypatch, LONG, added(299, 1e-13))
    assert codes(result) == []
    assert gradient_verdict(result).status.value in {"agree", "undecided"}


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("entry", [0, 131, 299])
def test_an_entry_that_is_not_finite_is_wrong(
    monkeypatch: pytest.MonkeyPatch, bad: float, entry: int
) -> None:
    result = result_with(monkeypatch, LONG, added(entry, bad))
    assert codes(result) == [("not-finite", STRANGER, "x")]
    found = gradient_verdict(result)
    assert found.worst is not None
    assert found.worst.index == (entry,)


def kinked(loss: str, claims: Sequence[float]) -> SpecResult:
    at = KINKS[loss][0]
    return result_of(
        f'inputs: {{x: [{at}, 0.625]}}\nloss: "sum({loss})"\n'
        f"expect: {{grads: {{x: {list(claims)}}}}}"
    )


def elsewhere(loss: str) -> float:
    return 0.0 if loss.startswith("minimum") else 1.0


@pytest.mark.parametrize("share", [0.0, 0.25, 0.5, 1.0])
@pytest.mark.parametrize("loss", KINKS)
def test_any_value_between_the_slopes_of_a_kink_is_a_convention(loss: str, share: float) -> None:
    _, low, high = KINKS[loss]
    result = kinked(loss, (low + share * (high - low), elsewhere(loss)))
    assert result.status == "passed"
    found = codes(result)
    assert ("kink", "finite_difference", "x") in found
    assert {code for code, _, _ in found} <= {"kink", "convention-differs"}


@pytest.mark.parametrize("beyond", [-0.01, -1.0, 0.01, 1.0])
@pytest.mark.parametrize("loss", KINKS)
def test_a_value_outside_the_slopes_of_a_kink_is_wrong(loss: str, beyond: float) -> None:
    _, low, high = KINKS[loss]
    claim = (low if beyond < 0 else high) + beyond
    result = kinked(loss, (claim, elsewhere(loss)))
    assert result.status == "failed"
    assert statuses(result, "stated") == {"x": "disagree"}


@pytest.mark.parametrize("loss", KINKS)
def test_nan_at_a_kink_is_wrong(loss: str) -> None:
    result = result_of(
        f'inputs: {{x: [{KINKS[loss][0]}, 0.625]}}\nloss: "sum({loss})"\n'
        f"expect: {{grads: {{x: [.nan, {elsewhere(loss)}]}}}}"
    )
    assert ("not-finite", "stated", "x") in codes(result)


@pytest.mark.parametrize("loss", KINKS)
def test_the_entry_beside_a_kink_is_still_judged(loss: str) -> None:
    result = kinked(loss, (KINKS[loss][1], elsewhere(loss) + 0.01))
    assert statuses(result, "stated") == {"x": "disagree"}


TIES = {
    "all to the first": [1.0, 0.0, 0.0],
    "all to the second": [0.0, 1.0, 0.0],
    "shared": [0.5, 0.5, 0.0],
    "shared unevenly": [0.25, 0.75, 0.0],
}
NO_TIES = {
    "counted twice": [1.0, 1.0, 0.0],
    "dropped": [0.0, 0.0, 0.0],
    "below both slopes": [-0.25, 1.0, 0.0],
    "above both slopes": [1.25, 0.0, 0.0],
    "a share to an entry that is smaller": [0.5, 0.5, 0.01],
}


def tied(claims: Sequence[float]) -> SpecResult:
    return result_of(
        f"inputs: {{x: [3., 3., 1.]}}\nloss: max(x)\nexpect: {{grads: {{x: {list(claims)}}}}}"
    )


@pytest.mark.parametrize("claims", TIES.values(), ids=TIES)
def test_a_tie_may_be_shared_in_any_way(claims: Sequence[float]) -> None:
    assert tied(claims).status == "passed"


@pytest.mark.parametrize("claims", NO_TIES.values(), ids=NO_TIES)
def test_a_tie_shares_what_there_is_and_no_more(claims: Sequence[float]) -> None:
    result = tied(claims)
    assert result.status == "failed"
    assert statuses(result, "stated") == {"x": "disagree"}


def beside(op: str, at: float, slope: float) -> SpecResult:
    return result_of(
        f"inputs: {{x: [{at!r}, 2.0]}}\nloss: sum({op}(x) * 1.5)\n"
        f"expect: {{grads: {{x: [{1.5 * slope}, 1.5]}}}}"
    )


SLOPES = (
    ("relu", 1, 1.0, 0.0),
    ("relu", -1, 0.0, 1.0),
    ("abs", 1, 1.0, -1.0),
    ("abs", -1, -1.0, 1.0),
)


@pytest.mark.parametrize("distance", DISTANCES)
@pytest.mark.parametrize(("op", "side", "right", "wrong"), SLOPES)
def test_near_a_kink_the_slope_of_that_side_is_right_and_the_other_wrong(
    op: str, side: int, right: float, wrong: float, distance: float
) -> None:
    assert codes(beside(op, side * distance, right)) == []
    result = beside(op, side * distance, wrong)
    assert statuses(result, "stated") == {"x": "disagree"}
    assert statuses(result, "rules") == {"x": "agree"}


@pytest.mark.parametrize("distance", DISTANCES)
def test_near_a_kink_a_value_between_the_slopes_is_no_convention(distance: float) -> None:
    assert statuses(beside("abs", distance, 0.0), "stated") == {"x": "disagree"}


def test_many_entries_at_kinks_are_conventions_together() -> None:
    body = 'inputs: {x: "zeros(40)"}\nloss: sum(relu(x))\nexpect: {grads: {x: 0 * x + 0.5}}'
    assert result_of(body).status == "passed"
    outside = result_of(body.replace("0.5", "1.5"))
    assert statuses(outside, "stated") == {"x": "disagree"}


def test_one_value_outside_is_seen_among_many_kinks(monkeypatch: pytest.MonkeyPatch) -> None:
    def alter(_: str, right: Array) -> Array:
        return right + np.where(np.arange(right.size) == 30, 1.5, 0.5)

    body = 'inputs: {x: "zeros(40)"}\nloss: sum(relu(x))'
    result = result_with(monkeypatch, body, Altered(gradient=alter))
    assert statuses(result, STRANGER) == {"x": "disagree"}
    found = gradient_verdict(result)
    assert found.worst is not None
    assert found.worst.index == (30,)


BLIND = "inputs: {x: [1e-9, 2e-9]}\nloss: sum(x * x) + 1e9\n"


def test_where_only_noise_is_left_nobody_is_right_and_nobody_is_blamed() -> None:
    result = result_of(BLIND + "expect: {grads: {x: [7e-9, 2e-9]}}")
    assert result.status == "undecided"
    assert codes(result) == []
    assert statuses(result, "stated") == {"x": "undecided"}
    assert statuses(result, "rules") == {"x": "undecided"}


def test_what_shows_above_the_noise_is_still_blamed() -> None:
    result = result_of(BLIND + "expect: {grads: {x: [1e6, 2e-9]}}")
    assert statuses(result, "stated") == {"x": "disagree"}


def test_the_same_function_without_the_noise_is_decided() -> None:
    right = "inputs: {x: [1e-9, 2e-9]}\nloss: sum(x * x)\nexpect: {grads: {x: 2 * x}}"
    assert result_of(right).status == "passed"
    assert result_of(right.replace("2 * x}", "3 * x}")).status == "failed"
