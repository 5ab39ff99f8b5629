"""A training loop by one oracle's gradients alone: the same update, its own trajectory."""

import math
from collections.abc import Sequence
from types import MappingProxyType

import numpy as np

from gradverify.arrays import Array, Values
from gradverify.oracles.oracle import Gradients, Oracle, Unsupported, Wanted
from gradverify.program.program import Program, Step
from gradverify.tape.computed import GRAD
from gradverify.tape.engine import worked_out
from gradverify.tape.script import Repeat
from gradverify.tape.shown import Trained


def follow(oracle: Oracle, program: Program, primals: Values, loop: Repeat) -> Trained:
    """Return how a loop goes by an oracle's gradients; it ends where the oracle does not answer.

    `program` is one step of the loop. What the update reads besides the weights and their
    gradients stands still.
    """
    keys = [item.key for item in loop.update.variables]
    assert program.loss is not None  # noqa: S101 - it is one step's
    question = Wanted((program.loss,), tuple(keys), program.cotangent)
    now = dict(primals)
    losses: list[float] = []
    for _ in range(loop.times):
        found = oracle.differentiate(program, MappingProxyType(now), question)
        if isinstance(found, Unsupported):
            return Trained((), MappingProxyType({}), found.reason)
        losses.append(float(np.asarray(found.values[program.loss]).item()))
        if not math.isfinite(losses[-1]):
            break
        _update(now, found, loop)
    return Trained(tuple(losses), MappingProxyType({}))


def _update(now: dict[str, Array], found: Gradients, loop: Repeat) -> None:
    for item, value in zip(loop.update.variables, loop.update.values, strict=True):
        grads = {key + GRAD: array for key, array in found.wrt.items()}
        now[item.key] = np.array(
            np.broadcast_to(worked_out(value, {**now, **grads}), now[item.key].shape)
        )


def can_follow(program: Program, loop: Repeat) -> bool:
    """Whether an update reads inputs and gradients alone, by which another oracle can follow."""
    keys = {item.key for item in loop.update.variables}
    known = {*program.inputs, *(key + GRAD for key in keys)}
    if loop.by_hand or not keys <= program.inputs.keys():
        return False
    return all(_reads(value.steps, value.output) <= known for value in loop.update.values)


def _reads(steps: Sequence[Step], output: str) -> set[str]:
    made = {step.output for step in steps}
    return {output, *(name for step in steps for name in step.reads)} - made
