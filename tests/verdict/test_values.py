"""Values come before gradients: who computes another function is named, and not judged further."""

import numpy as np
import pytest

from gradverify.arrays import Array
from tests.controls.altered_ops import with_op
from tests.support import STRANGER, Altered, codes, near, result_of, result_with, statuses

EXP = "inputs: {x: [1., 2., 3.]}\nops: [y = exp(x)]\nloss: sum(y)\n"
PRINTED = "inputs: {x: [3.0]}\nops: [y = x / 7]\nloss: sum(y)\nrecorded: {%s: {%s: [%s]}}\n"

RIGHT = ("0.4", "0.43", "0.429", "0.4286", "0.42857", "4.286e-1", "4.3E-1", "0.428571428571428571")
WRONG = ("0.3", "0.5", "0.42", "0.44", "0.428", "0.430", "0.4285", "0.4287", "4.285e-1", "0.42858")


def grown(x: Array) -> Array:
    return np.exp(x) * 1.01


def altered(of: str, factor: float) -> Altered:
    return Altered(value=lambda name, right: right * factor if name == of else right)


@pytest.mark.parametrize("factor", [1.001, 1 + 1e-9, -1.0])
def test_another_forward_pass_is_named(monkeypatch: pytest.MonkeyPatch, factor: float) -> None:
    result = result_with(monkeypatch, EXP, altered("y", factor))
    assert codes(result) == [("values-differ", STRANGER, "y")]
    assert result.status == "failed"


def test_gradients_of_another_function_are_not_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    assert statuses(result_with(monkeypatch, EXP, altered("y", 1.001)), STRANGER) == {}


def test_a_forward_pass_within_rounding_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    result = result_with(monkeypatch, EXP, altered("y", 1 + 2e-16))
    assert result.status == "passed"
    assert statuses(result, STRANGER) == {"x": "agree", "y": "agree"}


def test_the_worst_entry_is_in_the_message(monkeypatch: pytest.MonkeyPatch) -> None:
    def alter(name: str, right: Array) -> Array:
        return right + np.array([0.0, 0.25, 0.0]) if name == "y" else right

    (found,) = result_with(monkeypatch, EXP, Altered(value=alter)).findings
    assert "at [1]" in found.message
    assert near(found.details["claimed"], np.exp(2) + 0.25)
    assert near(found.details["true"], np.exp(2))


def test_a_value_of_another_shape_is_named_before_its_numbers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    short = Altered(value=lambda name, right: right[:2] if name == "y" else right)
    assert ("shape-differs", STRANGER, "y") in codes(result_with(monkeypatch, EXP, short))


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_value_that_is_not_finite_differs(monkeypatch: pytest.MonkeyPatch, value: float) -> None:
    bad = Altered(value=lambda name, right: right * value if name == "y" else right)
    assert codes(result_with(monkeypatch, EXP, bad)) == [("values-differ", STRANGER, "y")]


def test_two_that_are_not_finite_in_the_same_way_agree(monkeypatch: pytest.MonkeyPatch) -> None:
    body = "inputs: {x: [0., 1.]}\nops: [y = log(x), z = x / x]\nloss: sum(x * x)\n"
    assert codes(result_with(monkeypatch, body, Altered())) == []


@pytest.mark.parametrize("text", RIGHT)
def test_a_printed_value_may_be_half_a_unit_of_its_last_digit_off(text: str) -> None:
    assert result_of(PRINTED % ("values", "y", text)).status == "passed"


@pytest.mark.parametrize("text", WRONG)
def test_a_printed_value_whose_last_digit_is_off_by_one_differs(text: str) -> None:
    found = codes(result_of(PRINTED % ("values", "y", text)))
    assert found == [("recorded-value-differs", "recorded", "y")]


@pytest.mark.parametrize("text", ["0.1", "0.14", "0.143", "0.1429", "1.429e-1"])
def test_a_printed_gradient_is_as_sharp_as_its_digits(text: str) -> None:
    assert result_of(PRINTED % ("grads", "x", text)).status == "passed"


@pytest.mark.parametrize("text", ["0.2", "0.15", "0.142", "0.1428", "0.1430", "1.428e-1"])
def test_a_printed_gradient_whose_last_digit_is_off_by_one_is_wrong(text: str) -> None:
    result = result_of(PRINTED % ("grads", "x", text))
    assert statuses(result, "recorded") == {"x": "disagree"}


@pytest.mark.parametrize("text", ["9", "9.", "9.0", "9.00"])
def test_a_number_printed_whole_is_meant_exactly(text: str) -> None:
    body = "inputs: {x: [3.0]}\nops: [y = x * x]\nloss: sum(y)\nrecorded: {values: {y: [%s]}}"
    assert result_of(body % text).status == "passed"
    moved = body.replace("3.0", "3.0000001") % text
    exact = "." not in text or text.endswith(".")
    assert result_of(moved).status == ("failed" if exact else "passed")


def test_a_stated_value_is_meant_exactly() -> None:
    stated = (PRINTED % ("values", "y", "0.429")).replace("recorded", "expect")
    assert codes(result_of(stated)) == [("values-differ", "stated", "y")]


def test_a_broken_primal_is_blamed_where_the_frameworks_agree(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with_op(monkeypatch, "exp", primal=grown)
    result = result_of(EXP, oracles=("rules", "finite_difference", "torch", "jax"))
    found = set(codes(result))
    assert len(found) == len(result.findings)
    assert {("values-differ", "rules", "y"), ("values-differ", "rules", "loss")} <= found
    assert {party for _, party, _ in found} == {"rules"}


def test_a_primal_that_is_not_broken_is_not_blamed() -> None:
    result = result_of(EXP, oracles=("rules", "finite_difference", "torch", "jax"))
    assert codes(result) == []
