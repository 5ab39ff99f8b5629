"""Everybody's gradients are judged by one truth: a broken rule is blamed, and nobody beside it."""

from typing import Any

import numpy as np
import pytest

from tests.controls.altered_ops import with_op
from tests.support import STRANGER, Altered, codes, result_of, result_with, statuses

EXP = "inputs: {x: [1., 2., 3.]}\nops: [y = exp(x)]\nloss: sum(y)\nexpect: {grads: {x: exp(x)}}\n"
ALL = ("rules", "finite_difference", "torch", "jax", "stated")


def doubled(ct: Any, out: Any, _: Any) -> tuple[Any, ...]:
    return (2 * ct * out,)


def random(ct: Any, out: Any, _: Any) -> tuple[Any, ...]:
    return (ct * out * np.array([1.3, 0.2, -4.0]),)


def moved(ct: Any, out: Any, _: Any) -> tuple[Any, ...]:
    return (ct * (out + 0.001),)


def nothing(ct: Any, out: Any, _: Any) -> tuple[Any, ...]:
    return (ct * out * 0,)


@pytest.mark.parametrize("broken", [doubled, random, nothing])
def test_a_broken_rule_is_blamed_and_nobody_else(
    monkeypatch: pytest.MonkeyPatch, broken: Any
) -> None:
    with_op(monkeypatch, "exp", vjp=broken)
    result = result_of(EXP, oracles=ALL)
    assert {(party, of) for _, party, of in codes(result)} == {("rules", "x")}
    assert statuses(result, "rules")["x"] == "disagree"
    for party in ("torch", "jax", "stated", "finite_difference"):
        assert statuses(result, party)["x"] == "agree"


def test_a_rule_that_is_not_broken_is_not_blamed() -> None:
    result = result_of(EXP, oracles=ALL)
    assert result.status == "passed"
    assert {statuses(result, party)["x"] for party in ALL} == {"agree"}


def test_a_broken_rule_of_many_entries_is_blamed_too(monkeypatch: pytest.MonkeyPatch) -> None:
    with_op(monkeypatch, "exp", vjp=moved)
    body = 'inputs: {x: "randn(3000)"}\nloss: sum(exp(x))\nexpect: {grads: {x: exp(x)}}'
    result = result_of(body, oracles=ALL)
    assert {party for _, party, _ in codes(result)} == {"rules"}
    for party in ("torch", "jax", "stated"):
        assert statuses(result, party)["x"] in {"agree", "undecided"}


CHAIN = """
inputs: {x: "randn(4, 3)", w: "randn(3, 5)"}
ops:
  - h = x @ w
  - a = tanh(h)
  - y = a * a
loss: sum(y)
"""


@pytest.mark.parametrize("of", ["x", "w", "h", "a", "y"])
def test_only_the_variable_whose_gradient_is_wrong_is_named(
    monkeypatch: pytest.MonkeyPatch, of: str
) -> None:
    wrong = Altered(gradient=lambda name, right: 2 * right if name == of else right)
    result = result_with(monkeypatch, CHAIN, wrong)
    assert codes(result) == [("off-by-factor", STRANGER, of)]
    others = {name: status for name, status in statuses(result, STRANGER).items() if name != of}
    assert set(others.values()) == {"agree"}


def test_every_intermediate_is_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    result = result_with(monkeypatch, CHAIN, Altered())
    assert statuses(result, STRANGER) == dict.fromkeys(("x", "w", "h", "a", "y"), "agree")


@pytest.mark.parametrize("shape", [(3, 4), (12,), (1, 4, 3), (4, 1), ()])
def test_a_gradient_of_another_shape_is_wrong_before_its_numbers(
    monkeypatch: pytest.MonkeyPatch, shape: tuple[int, ...]
) -> None:
    wrong = Altered(gradient=lambda of, right: np.zeros(shape) if of == "x" else right)
    result = result_with(monkeypatch, CHAIN, wrong)
    assert codes(result) == [("shape-differs", STRANGER, "x")]
    assert statuses(result, STRANGER)["x"] == "disagree"


NOISY = "inputs: {x: [1e-9, 2e-9]}\nloss: sum(x * x) + 1e9\n"


def test_another_library_vouches_where_differences_cannot_tell(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    result = result_with(monkeypatch, NOISY, Altered())
    assert result.status == "passed"
    assert statuses(result, "rules") == {"x": "agree"}
    assert statuses(result, "finite_difference") == {"x": "undecided"}


def test_a_library_that_does_not_agree_vouches_for_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    result = result_with(monkeypatch, NOISY, Altered(gradient=lambda _, right: 3 * right))
    assert result.status == "undecided"
    assert codes(result) == []


def test_related_parties_vouch_for_nothing() -> None:
    result = result_of(NOISY + "expect: {grads: {x: 2 * x}}")
    assert result.status == "undecided"


def test_a_kink_is_noted_with_both_slopes() -> None:
    result = result_of("inputs: {x: [0.0, 2.0]}\nloss: sum(abs(x) * 3)\n")
    (found,) = [f for f in result.findings if f.code == "kink"]
    assert {found.details["left"], found.details["right"]} == {-3.0, 3.0}
    assert codes(result_of("inputs: {x: [0.5, 2.0]}\nloss: sum(abs(x) * 3)\n")) == []


def test_slopes_that_are_infinite_on_the_way_are_judged_without_a_warning() -> None:
    result = result_of("inputs: {x: [0.0, 2.0]}\nloss: sum(sqrt(x * x * x * x))\n")
    assert codes(result) == [("not-finite", "rules", "x")]
    assert result_of("inputs: {x: [0.1, 2.0]}\nloss: sum(sqrt(x * x * x * x))\n").findings == ()


ALIAS = """
inputs: {x: [1., 2.]}
ops: [h = x * x, a = h, b = x]
loss: sum(a)
derived: {ops: ["dh = ones(2)", "dx = 2 * b * dh"], grads: {h: dh, x: dx}}
"""


def test_a_backward_pass_may_use_either_name_of_a_value() -> None:
    assert codes(result_of(ALIAS)) == []
    wrong = result_of(ALIAS.replace("2 * b", "3 * b"))
    assert {(party, of) for _, party, of in codes(wrong)} == {("derived", "x")}


def test_a_finding_has_the_name_that_the_claim_has() -> None:
    stated = (
        "inputs: {x: [1., 2.]}\nops: [h = x * x, a = h]\nloss: sum(a)\nexpect: {grads: {h: %s}}"
    )
    assert codes(result_of(stated % "[1., 1.]")) == []
    assert codes(result_of(stated % "[2., 2.]")) == [("off-by-factor", "stated", "h")]


def test_a_wrong_gradient_beside_a_broadcast_of_nothing_is_told() -> None:
    body = "inputs: {x: 'zeros(0, 3)', b: [1., 2., 3.]}\nops: [y = x + b]\nloss: sum(y * y)\n"
    assert codes(result_of(body + "expect: {grads: {b: [0., 0., 0.]}}")) == []
    wrong = result_of(body + "expect: {grads: {b: [0., 1., 0.]}}")
    assert {(party, of) for _, party, of in codes(wrong)} == {("stated", "b")}


def test_one_entry_at_a_kink_is_one_entry() -> None:
    (found,) = result_of("inputs: {x: [0., 1.]}\nloss: sum(relu(x))\n").findings
    assert found.message == "no derivative at 1 entry: slopes 0 and 1 on the two sides"


HUGE = """
inputs: {x: [-7.3e+99, 2.0]}
ops: [s = sin(x)]
loss: sum(1 / (2 + s))
"""


def test_nobody_is_wrong_where_differences_stand_alone_against_all() -> None:
    result = result_of(HUGE, oracles=ALL)
    assert codes(result) == []
    assert result.status == "undecided"
    told = {v.because for v in result.comparisons if v.party == "torch" and v.of == "x"}
    assert "differences contradict what the rules and every library agree on" in told


def test_one_of_them_that_is_wrong_is_not_hidden_by_the_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert codes(result_of(HUGE.replace("-7.3e+99", "-7.3"), oracles=ALL)) == []
    with_op(monkeypatch, "sin", vjp=doubled)
    result = result_of(HUGE.replace("-7.3e+99", "-7.3"), oracles=ALL)
    assert {(party, of) for _, party, of in codes(result)} == {("rules", "x")}
