"""Oracles are asked again for Jacobians and second derivatives; what they say then counts, too."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import final

import numpy as np
import pytest

from gradverify.arrays import Values
from gradverify.oracles.oracle import Gradients, Wanted
from gradverify.oracles.rules import Rules
from gradverify.program.program import Program
from tests.support import STRANGER, codes, result_with


@final
@dataclass(frozen=True, slots=True)
class Forgetful:
    """Right when it is asked first, and something else when it is asked again."""

    again: Callable[[Gradients], object]
    asked: list[str] = field(default_factory=list[str])
    name: str = STRANGER

    def differentiate(self, program: Program, primals: Values, wanted: Wanted) -> object:
        """Answer as the rules do, once."""
        right = Rules().differentiate(program, primals, wanted)
        assert isinstance(right, Gradients)
        self.asked.append(self.name)
        return right if len(self.asked) == 1 else self.again(right)


def doubled(right: Gradients) -> Gradients:
    return Gradients(right.values, {name: 2 * array for name, array in right.wrt.items()})


def raising(_: Gradients) -> Gradients:
    raise RuntimeError


def misshapen(right: Gradients) -> Gradients:
    return Gradients(right.values, {name: np.zeros(7) for name in right.wrt})


def silent(_: Gradients) -> None:
    return None


def unreal(right: Gradients) -> Gradients:
    return Gradients(right.values, {name: 1j * array for name, array in right.wrt.items()})


JACOBIAN = """
inputs: {x: [1., 2., 3.]}
ops: [y = x * x]
loss: y
cotangent: [1., 1., 1.]
expect: {jacobian: {x: [[2., 0., 0.], [0., 4., 0.], [0., 0., 6.]]}}
"""
HVP = """
inputs: {x: [1., 2., 3.]}
loss: sum(x ** 3)
expect: {hvp: {x: {direction: [1., 0., 0.], value: [6., 0., 0.]}}}
"""


@pytest.mark.parametrize(("body", "kind"), [(JACOBIAN, "jacobian"), (HVP, "hvp")])
def test_an_oracle_that_is_wrong_here_alone_fails_the_spec(
    monkeypatch: pytest.MonkeyPatch, body: str, kind: str
) -> None:
    result = result_with(monkeypatch, body, Forgetful(doubled))
    assert (STRANGER, "x") in [(party, of) for _, party, of in codes(result)]
    assert {f.details["kind"] for f in result.findings} == {kind}
    assert result.status == "failed"


@pytest.mark.parametrize("body", [JACOBIAN, HVP])
@pytest.mark.parametrize("again", [raising, misshapen, silent, unreal])
def test_an_oracle_that_does_not_answer_again_is_left_out(
    monkeypatch: pytest.MonkeyPatch, body: str, again: Callable[[Gradients], object]
) -> None:
    result = result_with(monkeypatch, body, Forgetful(again))
    assert codes(result) == []
    assert result.status == "passed"
    whole = [v for v in result.comparisons if v.kind not in {"gradient", "value"}]
    assert STRANGER not in {v.party for v in whole}
