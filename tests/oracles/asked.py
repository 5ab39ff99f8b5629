"""Asks oracles about programs, and holds gradients against what they measured."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from gradverify.arrays import Array, Values
from gradverify.oracles.finite_difference import FiniteDifference
from gradverify.oracles.oracle import Gradients, Oracle, Probe, Wanted
from gradverify.oracles.rules import Rules
from gradverify.program.program import Program, Step
from tests.support import program_of, read_only, step

BARS = 3.0  # that a right derivative may be off
EPS = float(np.finfo(np.float64).eps)


def ask(
    oracle: Oracle,
    program: Program,
    primals: Values,
    variables: Sequence[str] | None = None,
    ct: Any = None,
) -> Gradients:
    """Return an oracle's gradients by all inputs, or by the variables named."""
    assert program.loss is not None
    weights = np.ones(program.kinds[program.loss].shape) if ct is None else np.asarray(ct)
    wanted = Wanted((), tuple(variables or primals), weights)
    reply = oracle.differentiate(program, read_only(primals), wanted)
    assert isinstance(reply, Gradients)
    return reply


def answer(
    program: Program, primals: Values, variables: Sequence[str] | None = None, ct: Any = None
) -> Gradients:
    return ask(FiniteDifference(), program, primals, variables, ct)


def by_rules(
    program: Program, primals: Values, variables: Sequence[str] | None = None, ct: Any = None
) -> Values:
    return ask(Rules(), program, primals, variables, ct).wrt


def of_x(x: Array, *steps: Step) -> tuple[Program, dict[str, Array]]:
    """Return a program of one input, whose last step is summed to the loss."""
    inputs = {"x": x}
    return program_of(inputs, *steps, step("loss", "sum", steps[-1].output)), inputs


def along(probe: Probe, gradient: Array) -> float:
    return float(np.sum(gradient * probe.direction))


def fits(probe: Probe, gradient: Array) -> bool:
    """Whether a gradient is what the probe measured, within its bar and the rounding of the sum."""
    found = along(probe, gradient)
    rounding = 8 * EPS * float(np.linalg.norm(gradient * probe.direction)) + 16 * EPS * abs(found)
    allowed = BARS * probe.bar + rounding
    return min(probe.left, probe.right) - allowed <= found <= max(probe.left, probe.right) + allowed


def right(reply: Gradients, name: str, true: Array) -> bool:
    """Whether the truth lies within the precision that is claimed, entry by entry."""
    slack = BARS * reply.precision[name] + 16 * EPS * np.abs(true)
    return bool(np.all(np.abs(reply.wrt[name] - true) <= slack))
