"""The place of an error is found: the entry, the step, and the line of a hand-written pass."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from gradverify.arrays import Values
from gradverify.oracles.oracle import Wanted
from gradverify.oracles.rules import Rules
from gradverify.program.program import Program
from gradverify.verdict.verdict import Finding
from tests.controls.altered_ops import with_op
from tests.support import STRANGER, result_of, result_with

CHAIN = """
inputs: {x: "randn(4, 3)", w: "randn(3, 5)"}
ops:
  - h = x @ w
  - a = tanh(h)
  - b = exp(a)
  - c = sin(b)
loss: sum(c * c)
"""
HAND = """
inputs: {x: "randn(4, 3)", w: "randn(3, 5)"}
ops:
  - h = x @ w
  - a = tanh(h)
  - y = a * a * a
loss: sum(y)
derived:
  ops:
    - one = y * 0 + 1
    - grad_a = %s
    - grad_h = %s
    - grad_w = %s
  grads: {w: grad_w}
"""
RIGHT = ("one * 3 * a * a", "grad_a * (1 - a * a)", "x.T @ grad_h")
ODD = {
    0: "one * 3.1 * a * sin(a)",
    1: "grad_a * (1.3 - a * a * a)",
    2: "x.T @ (grad_h * grad_h)",
}


def wrong_slope(ct: Any, out: Any, _: Any) -> tuple[Any, ...]:
    return (ct * (out + 0.3 * np.cos(7 * out)),)


def by(findings: tuple[Finding, ...], of: str) -> Finding:
    (found,) = [f for f in findings if f.of == of]
    return found


@dataclass
class Broken:
    """A library whose rule of one op is wrong, and which differentiates as the rules do."""

    op: str
    name: str = STRANGER

    def differentiate(self, program: Program, primals: Values, wanted: Wanted) -> Any:
        """Answer with one rule replaced for as long as it takes."""
        with pytest.MonkeyPatch.context() as patch:
            with_op(patch, self.op, vjp=wrong_slope)
            return Rules().differentiate(program, primals, wanted)


STEPS = {"tanh": "a = tanh(h)", "exp": "b = exp(a)", "sin": "c = sin(b)"}


@pytest.mark.parametrize("op", STEPS)
def test_the_step_at_which_a_library_goes_wrong_is_named(
    monkeypatch: pytest.MonkeyPatch, op: str
) -> None:
    findings = result_with(monkeypatch, CHAIN, Broken(op)).findings
    assert {f.party for f in findings} == {STRANGER}
    for found in (by(findings, of) for of in ("x", "w", "h")):
        assert found.details["step"] == STEPS[op]
        assert STEPS[op] in found.message


def test_what_comes_after_the_broken_rule_is_right(monkeypatch: pytest.MonkeyPatch) -> None:
    findings = result_with(monkeypatch, CHAIN, Broken("tanh")).findings
    assert {f.of for f in findings} == {"x", "w", "h"}


def test_a_library_without_a_broken_rule_has_no_such_step(monkeypatch: pytest.MonkeyPatch) -> None:
    assert result_with(monkeypatch, CHAIN, Broken("cos")).findings == ()


@pytest.mark.parametrize("place", ODD)
def test_the_first_wrong_statement_of_a_hand_written_pass_is_named(place: int) -> None:
    statements = [*RIGHT[:place], ODD[place], *RIGHT[place + 1 :]]
    (found,) = result_of(HAND % tuple(statements)).findings
    name = ("grad_a", "grad_h", "grad_w")[place]
    assert found.details["step"] == f"{name} = {ODD[place]}"
    assert found.mark is not None
    assert found.mark.line == 12 + place


def test_a_right_pass_has_no_wrong_statement() -> None:
    assert result_of(HAND % RIGHT).findings == ()
