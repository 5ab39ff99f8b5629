"""A stated Hessian, or its product with a direction, is judged by differences of the gradient."""

from typing import Any

import numpy as np
import pytest

from gradverify.verdict.verdict import SpecResult, Verdict
from tests.controls.altered_ops import with_op
from tests.support import STRANGER, Altered, codes, result_of, result_with

LOSS = "inputs: {x: [1., 2., 3.]}\nloss: x[0] * x[0] * x[1] + exp(x[2]) * x[0]\n"
E3 = float(np.exp(3))
RIGHT = np.array([[4.0, 2.0, E3], [2.0, 0.0, 0.0], [E3, 0.0, E3]])
ALONG = np.array([1.0, -1.0, 0.5])


def hessian(matrix: np.ndarray) -> SpecResult:
    return result_of(f"{LOSS}expect: {{hessian: {{x: {matrix.tolist()}}}}}")


def hvp(value: np.ndarray) -> SpecResult:
    claim = f"{{direction: {ALONG.tolist()}, value: {value.tolist()}}}"
    return result_of(f"{LOSS}expect: {{hvp: {{x: {claim}}}}}")


def second(result: SpecResult, party: str = "stated") -> Verdict:
    (found,) = [v for v in result.comparisons if v.kind in {"hessian", "hvp"} and v.party == party]
    return found


def test_a_right_hessian_and_a_right_product_pass() -> None:
    assert hessian(RIGHT).status == "passed"
    assert hvp(RIGHT @ ALONG).status == "passed"


@pytest.mark.parametrize("entry", [(0, 0), (1, 1), (2, 1), (0, 2)])
@pytest.mark.parametrize("error", [1.0, 1e-3, 1e-5])
def test_one_wrong_entry_of_a_hessian_is_found(entry: tuple[int, int], error: float) -> None:
    wrong = RIGHT.copy()
    wrong[entry] += error
    result = hessian(wrong)
    assert codes(result) == [("entries-wrong", "stated", "x")]
    worst = second(result).worst
    assert worst is not None
    assert worst.index == entry


@pytest.mark.parametrize(
    ("factor", "code"), [(-1.0, "sign-flipped"), (2.0, "off-by-factor"), (0.0, "gradient-missing")]
)
def test_a_wrong_hessian_is_explained(factor: float, code: str) -> None:
    assert codes(hessian(factor * RIGHT)) == [(code, "stated", "x")]
    assert codes(hvp(factor * RIGHT @ ALONG)) == [(code, "stated", "x")]


@pytest.mark.parametrize("entry", [0, 1, 2])
def test_one_wrong_entry_of_a_product_is_found(entry: int) -> None:
    result = hvp(RIGHT @ ALONG + 1e-3 * np.eye(3)[entry])
    worst = second(result).worst
    assert codes(result) == [("entries-wrong", "stated", "x")]
    assert worst is not None
    assert worst.index == (entry,)


def test_a_product_with_another_direction_is_wrong() -> None:
    assert second(hvp(RIGHT @ ALONG[::-1])).status.value == "disagree"


def test_nan_in_a_hessian_is_wrong() -> None:
    body = f"{LOSS}expect: {{hessian: {{x: {RIGHT.tolist()}}}}}".replace("4.0", ".nan")
    assert codes(result_of(body)) == [("not-finite", "stated", "x")]


def test_every_oracle_is_asked_for_second_derivatives(monkeypatch: pytest.MonkeyPatch) -> None:
    body = f"{LOSS}expect: {{hessian: {{x: {RIGHT.tolist()}}}}}"
    assert second(result_with(monkeypatch, body, Altered()), STRANGER).status.value == "agree"
    squared = Altered(gradient=lambda _, right: right * right)
    result = result_with(monkeypatch, body, squared)
    assert second(result, STRANGER).status.value == "disagree"
    assert second(result).status.value == "agree"
    assert result.status == "failed"


def test_nobody_is_blamed_where_the_gradient_has_no_derivative() -> None:
    edge = "inputs: {x: [0., 1.]}\nloss: sum(x ** 1.5)\n"
    claim = "expect: {hvp: {x: {direction: [1., 1.], value: [0., 0.75]}}}"
    result = result_of(edge + claim)
    assert codes(result) == []
    assert {v.status.value for v in result.comparisons if v.kind == "hvp"} == {"undecided"}
    wrong = result_of(edge + claim.replace("0.75", "1.75"))
    assert second(wrong).status.value == "disagree"


def test_single_precision_is_no_fault_in_a_hessian() -> None:
    cancelling = "loss: sum((1000 * x + 1) ** 3 - (1000 * x) ** 3)\n"
    body = f"inputs: {{x: {{value: [1., 2., 3.], dtype: float32}}}}\n{cancelling}"
    claim = "expect: {hvp: {x: {direction: [1., 0., 0.], value: [0., 0., 0.]}}}"
    assert [f for f in codes(result_of(body + claim)) if f[1] != "stated"] == []


@pytest.mark.parametrize(
    "kind", ['hessian: {x: "zeros(0, 0)"}', "hvp: {x: {direction: [], value: []}}"]
)
def test_nothing_has_a_hessian_of_nothing(kind: str) -> None:
    result = result_of(f"inputs: {{x: []}}\nloss: sum(x * x)\nexpect: {{{kind}}}")
    assert codes(result) == []


def cubed(ct: Any, out: Any, _: Any) -> tuple[Any, ...]:
    return (ct * out**3,)


def test_the_derivative_of_a_refuted_gradient_blames_nobody(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    body = "inputs: {x: [1., 2.]}\nloss: sum(exp(x))\n"
    product = (np.exp([1.0, 2.0]) * [1.0, 0.0]).tolist()
    claim = f"expect: {{hvp: {{x: {{direction: [1., 0.], value: {product}}}}}}}"
    assert second(result_of(body + claim)).status.value == "agree"
    with_op(monkeypatch, "exp", vjp=cubed)
    result = result_of(body + claim)
    assert {party for _, party, _ in codes(result)} == {"rules"}
    assert second(result).status.value == "undecided"
