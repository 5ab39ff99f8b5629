"""Run steps with the numpy primals, and know which steps depend on which value."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, final

import numpy as np

from gradverify.ops.table import OPS
from gradverify.program.program import Number, Step

BARRIERS = frozenset({"detach", "no_grad"})
"""Ops through which no derivative passes: their output stands still when their operand is moved."""

NARROWING = frozenset({"astype", "constant"})
"""Ops that have a dtype of their own."""


def operands_of(step: Step, env: Mapping[str, Any]) -> list[Any]:
    """Return the operands of a step: arrays from `env`, numbers as Python numbers."""
    return [item.value if isinstance(item, Number) else env[item] for item in step.operands]


def run_steps(steps: Iterable[Step], env: dict[str, Any]) -> None:
    """Add the output of each step to `env`; floating-point warnings are the verdict's business."""
    with np.errstate(all="ignore"):
        for step in steps:
            env[step.output] = OPS[step.op].primal(*operands_of(step, env), **step.attributes)


@final
@dataclass(frozen=True, slots=True)
class Route:
    """The steps from one value to another, and after each of them what nobody reads any more."""

    steps: tuple[Step, ...]
    done: tuple[tuple[str, ...], ...]

    def run(self, env: dict[str, Any]) -> None:
        """Run the steps, and keep of what they make only what is still read."""
        for step, done in zip(self.steps, self.done, strict=True):
            run_steps((step,), env)
            for name in done:
                del env[name]


def route(steps: Sequence[Step], start: str, goal: str) -> Route:
    """Return the steps through which moving the value `start` moves the value `goal`."""
    seen = influences(steps, goal)
    between = tuple(step for step in dependents(steps, start) if step.output in seen)
    made = {start, *(step.output for step in between)} - {goal}
    done: list[tuple[str, ...]] = []
    for step in reversed(between):
        last = made.intersection((*step.reads, step.output))
        made -= last
        done.append(tuple(last))
    return Route(between, tuple(reversed(done)))


def dependents(steps: Sequence[Step], name: str) -> tuple[Step, ...]:
    """Return the steps that move when the value `name` is moved, in order."""
    moving = {name}
    found: list[Step] = []
    for step in steps:
        if step.op not in BARRIERS and moving.intersection(step.reads):
            moving.add(step.output)
            found.append(step)
    return tuple(found)


def influences(steps: Sequence[Step], goal: str) -> frozenset[str]:
    """Return the values through which `goal` can be moved, itself included."""
    found = {goal}
    for step in reversed(steps):
        if step.output in found and step.op not in BARRIERS:
            found.update(step.reads)
    return frozenset(found)


def widened(steps: Iterable[Step]) -> tuple[Step, ...]:
    """Return the same steps with every floating dtype made float64: the function unrounded."""
    return tuple(_widened(step) if step.op in NARROWING else step for step in steps)


def _widened(step: Step) -> Step:
    attributes = dict(step.attributes)
    if step.op == "astype" and np.dtype(attributes["dtype"]).kind == "f":
        attributes["dtype"] = np.dtype(np.float64)
    if step.op == "constant" and attributes["value"].dtype.kind == "f":
        attributes["value"] = attributes["value"].astype(np.float64)
    return replace(step, attributes=attributes)
