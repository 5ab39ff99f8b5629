"""The sensitivity that is reported is kept: an error twice as large is noticed."""

import numpy as np
import pytest

from gradverify.arrays import largest
from gradverify.verdict.verdict import SpecResult
from tests.support import STRANGER, Altered, result_of, result_with, statuses

BODIES = {
    "exponentials": 'inputs: {x: "randn(%d)"}\nloss: sum(exp(x))',
    "deviation": 'inputs: {x: "randn(%d)"}\nloss: std(x)',
    "single": 'inputs: {x: {value: "randn(%d)", dtype: float32}}\nloss: sum(exp(x))',
    "tolerant": 'inputs: {x: "randn(%d)"}\nloss: sum(exp(x))\ntolerance: 0.0004',
    "rectified": 'inputs: {x: "randn(%d)"}\nloss: sum(relu(x + 1.5) ** 2)',
}
SIZES = (4, 300, 5000)


def told(monkeypatch: pytest.MonkeyPatch, body: str, oracle: Altered) -> str:
    return statuses(result_with(monkeypatch, body, oracle), STRANGER)["x"]


def seen(result: SpecResult) -> tuple[float, float]:
    found = result.sensitivity["x"]
    return found.whole, found.entry


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_an_error_of_the_whole_beyond_the_sensitivity_is_noticed(
    monkeypatch: pytest.MonkeyPatch, body: str, size: int
) -> None:
    whole, _ = seen(result_of(body % size))
    assert 0 < whole < 1e-3
    wrong = Altered(gradient=lambda _, right: right * (1 + 2 * whole))
    assert told(monkeypatch, body % size, wrong) == "disagree"


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_an_error_of_one_entry_beyond_the_sensitivity_is_noticed(
    monkeypatch: pytest.MonkeyPatch, body: str, size: int
) -> None:
    _, entry = seen(result_of(body % size))
    assert 0 < entry < 0.1
    for place in (0, size // 2, size - 1):
        at = np.arange(size) == place
        wrong = Altered(gradient=lambda _, right, at=at: right + 2 * entry * largest(right) * at)
        assert told(monkeypatch, body % size, wrong) == "disagree"


def test_nothing_is_promised_of_an_array_that_stands_at_kinks() -> None:
    whole, entry = seen(result_of("inputs: {x: zeros(2000)}\nloss: sum(abs(x) + x)\n"))
    assert (whole, entry) == (np.inf, np.inf)


@pytest.mark.parametrize("tolerance", [0.1, 1e-3])
def test_what_the_spec_allows_is_not_noticed(tolerance: float) -> None:
    body = "inputs: {x: [1., 2.]}\nloss: sum(x * x)\n"
    assert min(seen(result_of(f"{body}tolerance: {tolerance}"))) >= tolerance
    assert max(seen(result_of(body))) < 1e-9


def test_nothing_is_promised_where_nothing_can_be_told() -> None:
    whole, entry = seen(result_of("inputs: {x: [1e-9, 2e-9]}\nloss: sum(x * x) + 1e9\n"))
    assert whole > 1e-3
    assert entry > 1e-3


def test_a_sharper_function_is_seen_more_sharply() -> None:
    blunt = result_of("inputs: {x: [1., 2.]}\nloss: sum(x * x) + 1e6\n")
    sharp = result_of("inputs: {x: [1., 2.]}\nloss: sum(x * x)\n")
    assert seen(sharp) < seen(blunt)


def test_every_variable_has_its_own() -> None:
    result = result_of("inputs: {x: [1., 2.], w: [3., 4.]}\nops: [y = x * w]\nloss: sum(y * y)\n")
    assert set(result.sensitivity) == {"x", "w", "y"}
