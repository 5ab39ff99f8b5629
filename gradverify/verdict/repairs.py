"""Causes found in a hand-written backward pass: the one change of it that makes it right."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, Final, final

import numpy as np

from gradverify.arrays import Array, largest
from gradverify.program.evaluate import run_steps, widened
from gradverify.program.program import Number, Snippet, Step
from gradverify.verdict.locate import stem_of
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


def follows(suspect: Suspect) -> Cause | None:
    """Return the earlier cotangent of the same backward pass that all of the error comes from.

    With the true one in its place, the gradient comes out right.
    """
    if suspect.party != "derived":
        return None
    derived = suspect.program.derived
    for variable, value in derived.names.items():
        of = suspect.program.names.get(stem_of(variable, suspect.program.names))
        step = next((s for s in derived.steps if s.output == value), None)
        if of is None or of == suspect.value or of not in suspect.truths or step is None:
            continue
        left = _left_with(suspect, derived, step, suspect.truths[of])
        if left is not None:
            message = (
                f"follows from `{step.source}`, which is wrong itself; "
                f"with the right `{variable}` this agrees {closeness(left)}"
            )
            return Cause("mismatch", message, {"step": step.source, "left": left}, step.mark)
    return None


def _left_with(suspect: Suspect, derived: Snippet, step: Step, right: Array) -> float | None:
    """Return what is left of the error with one step's output replaced; None where too much is."""
    env: dict[str, Any] = dict(suspect.env)
    for each in widened(derived.steps):
        run_steps((each,), env)
        if each.output == step.output:
            if env[step.output].shape != right.shape:
                return None
            env[step.output] = right
    return _remaining(suspect, env[derived.outputs[suspect.of]])


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
    return _remaining(suspect, env[derived.outputs[suspect.of]])


def _remaining(suspect: Suspect, found: Any) -> float | None:
    if np.shape(found) != suspect.truth.shape:
        return None
    left = np.abs(np.asarray(found) - suspect.truth)
    if not np.all(left <= 2 * largest(suspect.allowed)):
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
