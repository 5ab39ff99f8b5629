"""What a party is allowed follows from rounding, from its digits, or from the spec's own word."""

import numpy as np
import pytest

from gradverify.verdict.verdict import Verdict
from tests.support import codes, near, result_of

E3 = float(np.exp(3))
BODY = "inputs: {x: [3.0]}\nloss: sum(exp(x))\n%sexpect: {grads: {x: [%r]}}"


def allowed(body: str, party: str) -> Verdict:
    result = result_of(body)
    assert not result.faults
    (found,) = [v for v in result.comparisons if v.party == party and v.kind == "gradient"]
    return found


@pytest.mark.parametrize(("stated", "error"), [("0.01", 0.005), ("1e-6", 5e-7), ("0.5", 0.4)])
def test_the_specs_own_tolerance_overrides_rounding(stated: str, error: float) -> None:
    claim = E3 * (1 + error)
    assert codes(result_of(BODY % (f"tolerance: {stated}\n", claim))) == []
    assert codes(result_of(BODY % ("", claim))) == [("mismatch", "stated", "x")]


@pytest.mark.parametrize(("stated", "error"), [("0.01", 0.02), ("1e-6", 2e-6), ("0.5", 0.6)])
def test_the_specs_own_tolerance_is_kept(stated: str, error: float) -> None:
    result = result_of(BODY % (f"tolerance: {stated}\n", E3 * (1 + error)))
    assert [party for _, party, _ in codes(result)] == ["stated"]


def test_a_tolerance_says_why_it_is_what_it_is() -> None:
    assert "float64" in allowed(BODY % ("", E3), "stated").because
    assert "tolerance" in allowed(BODY % ("tolerance: 0.01\n", E3), "stated").because
    printed = "inputs: {x: [3.0]}\nloss: sum(x / 7)\nrecorded: {grads: {x: [0.143]}}"
    assert allowed(printed, "recorded").because != allowed(BODY % ("", E3), "stated").because


def test_digits_allow_half_a_unit_of_the_last() -> None:
    body = "inputs: {x: [3.0]}\nloss: sum(x / 7)\nrecorded: {grads: {x: [0.143]}}"
    assert near(allowed(body, "recorded").allowed / 7, 0.0005)


@pytest.mark.parametrize(("dtype", "most"), [("float64", 1e-13), ("float32", 1e-4)])
def test_rounding_of_the_format_is_allowed_and_not_much_more(dtype: str, most: float) -> None:
    body = f'inputs: {{x: {{value: "randn(40)", dtype: {dtype}}}}}\nloss: sum(exp(x) * x)\n'
    found = allowed(body, "rules")
    eps = float(np.finfo(dtype).eps)
    assert eps <= found.allowed <= most
    assert found.error <= found.allowed


@pytest.mark.parametrize("length", [10, 1000, 100_000])
def test_a_long_sum_is_allowed_more_than_a_short_one(length: int) -> None:
    body = f'inputs: {{x: "randn({length})", w: "randn(1)"}}\nloss: sum(x * w)\n'
    result = result_of(body)
    assert result.status == "passed"
    found = [v for v in result.comparisons if v.party == "rules" and v.of == "w"]
    assert all(v.allowed < 1e-9 for v in found)
