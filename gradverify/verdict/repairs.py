"""Causes found in a hand-written backward pass: the one change of it that makes it right."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, Final, final

import numpy as np

from gradverify.arrays import largest
from gradverify.program.evaluate import run_steps, widened
from gradverify.program.program import Number, Snippet, Step
from gradverify.verdict.suspect import Cause, Suspect, closeness

SIGNS: Final[Mapping[str, str]] = MappingProxyType({
    "less": "<", "less_equal": "<=", "greater": ">", "greater_equal": ">=",
    "equal": "==", "not_equal": "!=",
})  # fmt: skip


@final
@dataclass(frozen=True, slots=True)
class Repair:
    """A comparison of the backward pass, and the same comparison of another variable."""

    step: Step
    changed: Step


def repair(suspect: Suspect) -> Cause | None:
    """Return the mask, in the author's backward pass, that should be of another variable.

    Every comparison is tried with every variable of the program that has the same shape, and the
    gradient has to come out right, not merely better.
    """
    derived = suspect.program.derived
    if suspect.party != "derived":
        return None
    for tried in _repairs(suspect, derived):
        left = _left(suspect, derived, tried)
        if left is not None:
            return _cause(suspect, derived, tried, left)
    return None


def _repairs(suspect: Suspect, derived: Snippet) -> Iterator[Repair]:
    for step in derived.steps:
        first = step.operands[0] if step.op in SIGNS else None
        if not isinstance(first, str):
            continue
        shape = (suspect.program.kinds.get(first) or derived.kinds[first]).shape
        for value in suspect.program.names.values():
            if value != first and suspect.program.kinds[value].shape == shape:
                yield Repair(step, replace(step, operands=(value, *step.operands[1:])))


def _left(suspect: Suspect, derived: Snippet, tried: Repair) -> float | None:
    """Return the relative error of the changed backward pass, None where it is still wrong."""
    env: dict[str, Any] = dict(suspect.env)
    steps = (tried.changed if step is tried.step else step for step in derived.steps)
    run_steps(widened(steps), env)
    left = np.abs(np.asarray(env[derived.outputs[suspect.of]]) - suspect.truth)
    if not np.all(left <= suspect.allowed):
        return None
    return largest(left) / (largest(suspect.truth) or 1.0)


def _cause(suspect: Suspect, derived: Snippet, tried: Repair, left: float) -> Cause:
    names = {
        value: name for name, value in (*suspect.program.names.items(), *derived.names.items())
    }
    user = next((step for step in derived.steps if tried.step.output in step.reads), tried.step)
    wrong = _text(tried.step, names)
    right = _text(tried.changed, names)
    message = (
        f"`{names.get(user.output, user.output)}` is masked where `{wrong}`; "
        f"masking where `{right}` agrees {closeness(left)}"
    )
    details = {"mask": wrong, "should_be": right, "step": tried.step.source, "left": left}
    return Cause("mask-from-wrong-variable", message, details, tried.step.mark)


def _text(step: Step, names: Mapping[str, str]) -> str:
    left, right = (
        str(item.value) if isinstance(item, Number) else names.get(item, "...")
        for item in step.operands
    )
    return f"{left} {SIGNS[step.op]} {right}"
