"""A stated Jacobian is judged row by row, at the index of its worst entry."""

import numpy as np
import pytest

from gradverify.verdict.verdict import SpecResult, Verdict
from tests.support import STRANGER, Altered, codes, result_of, result_with

LINEAR = """
inputs:
  x: [1., 2., 3.]
  w: {value: [[1., 2., 3.], [4., 5., 6.], [7., 8., 10.]], requires_grad: false}
ops: [y = w @ x]
loss: y
cotangent: [1., 1., 1.]
"""
SQUARES = """
inputs: {x: [1., 2., 3., 4.]}
ops: [y = x * x]
loss: y
cotangent: [1., 1., 1., 1.]
"""
RIGHT = np.diag([2.0, 4.0, 6.0, 8.0])


def of_party(result: SpecResult, party: str) -> Verdict:
    (found,) = [v for v in result.comparisons if v.kind == "jacobian" and v.party == party]
    return found


def stated(matrix: np.ndarray) -> SpecResult:
    return result_of(f"{SQUARES}expect: {{jacobian: {{x: {matrix.tolist()}}}}}")


def test_a_right_jacobian_passes() -> None:
    assert result_of(LINEAR + "expect: {jacobian: {x: w}}").status == "passed"
    assert stated(RIGHT).status == "passed"


@pytest.mark.parametrize(
    ("claim", "code"),
    [
        ("w.T", "transposed"),
        ("-w", "sign-flipped"),
        ("2 * w", "off-by-factor"),
        ("0 * w", "gradient-missing"),
        ("w * w", "mismatch"),
    ],
)
def test_a_wrong_jacobian_is_explained(claim: str, code: str) -> None:
    result = result_of(LINEAR + f'expect: {{jacobian: {{x: "{claim}"}}}}')
    assert codes(result) == [(code, "stated", "x")]
    assert result.findings[0].mark is not None
    assert result.findings[0].mark.line == 9


@pytest.mark.parametrize("entry", [(0, 0), (2, 1), (3, 3)])
@pytest.mark.parametrize("error", [1.0, 1e-3, 1e-6])
def test_one_wrong_entry_is_found_at_its_index(entry: tuple[int, int], error: float) -> None:
    wrong = RIGHT.copy()
    wrong[entry] += error
    result = stated(wrong)
    assert codes(result) == [("entries-wrong", "stated", "x")]
    worst = of_party(result, "stated").worst
    assert worst is not None
    assert worst.index == entry


def test_nan_in_a_jacobian_is_wrong() -> None:
    body = f"{SQUARES}expect: {{jacobian: {{x: {RIGHT.tolist()}}}}}".replace("6.0", ".nan")
    assert codes(result_of(body)) == [("not-finite", "stated", "x")]


def test_every_oracle_is_asked_for_its_jacobian(monkeypatch: pytest.MonkeyPatch) -> None:
    body = LINEAR + "expect: {jacobian: {x: w}}"
    assert of_party(result_with(monkeypatch, body, Altered()), STRANGER).status.value == "agree"
    doubled = Altered(gradient=lambda _, right: right * 2)
    result = result_with(monkeypatch, body, doubled)
    assert of_party(result, STRANGER).status.value == "disagree"
    assert of_party(result, "stated").status.value == "agree"
    assert result.status == "failed"


def test_choices_at_a_kink_are_no_fault_in_a_jacobian() -> None:
    body = "inputs: {x: [0., 1.]}\nops: [y = relu(x)]\nloss: y\ncotangent: [1., 1.]\n"
    chosen = result_of(body + "expect: {jacobian: {x: [[0.5, 0.], [0., 1.]]}}")
    assert chosen.status == "passed"
    wrong = result_of(body + "expect: {jacobian: {x: [[1.5, 0.], [0., 1.]]}}")
    assert wrong.status == "failed"


def test_nothing_has_a_jacobian_of_nothing() -> None:
    body = "inputs: {x: [[]]}\nops: [y = x * x]\nloss: y\ncotangent: zeros(1, 0)\n"
    result = result_of(body + 'expect: {jacobian: {x: "zeros(1, 0, 1, 0)"}}')
    assert codes(result) == []
