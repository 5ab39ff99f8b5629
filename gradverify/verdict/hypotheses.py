"""Causes found by trying: a rule of the backward pass is broken until it gives the claim."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final, final

import numpy as np

from gradverify.arrays import Array
from gradverify.ops.table import OPS
from gradverify.oracles.rules import Rule, parts, pull_back
from gradverify.program.program import Step
from gradverify.verdict.kinks import at_a_kink
from gradverify.verdict.parties import WRITTEN
from gradverify.verdict.suspect import Cause, Suspect, closeness

WITH_PLACES: Final = WRITTEN | {"derived"}
MASKING: Final = frozenset({"relu", "maximum", "minimum", "clip"})
TRIES: Final = 200  # backward passes that an explanation is worth


@final
@dataclass(frozen=True, slots=True)
class Hypothesis:
    """A backward pass with one rule broken: what it would be called, how, and at which step."""

    code: str
    message: str
    step: Step
    rule: Rule


def explain(suspect: Suspect) -> Cause | None:
    """Return the one broken rule whose gradient is the claimed one, or nothing.

    Nothing at a kink, either: what looks like a broken rule may be a choice between slopes.
    """
    if at_a_kink(suspect.program, suspect.env):
        return None
    for hypothesis in islice(_hypotheses(suspect), TRIES):
        left = suspect.explained_by(_gradient(suspect, hypothesis.rule))
        if left is not None:
            message = f"{hypothesis.message}; computed so, it agrees {closeness(left)}"
            return _cause(suspect, hypothesis, message, left)
    return None


def _cause(suspect: Suspect, hypothesis: Hypothesis, message: str, left: float) -> Cause:
    """Return the cause at its step, or at the claim where that has a place of its own."""
    step = hypothesis.step
    if suspect.party in WITH_PLACES:
        return Cause(hypothesis.code, message, {"rule": step.source, "left": left})
    return Cause(hypothesis.code, message, {"step": step.source, "left": left}, step.mark)


def _gradient(suspect: Suspect, rule: Rule) -> Array:
    cotangents: dict[str, Any] = {suspect.program.goal: suspect.program.cotangent}
    pull_back(suspect.program, suspect.env, cotangents, rule)
    return np.asarray(cotangents.get(suspect.value, np.zeros_like(suspect.truth)))


def _hypotheses(suspect: Suspect) -> Iterator[Hypothesis]:
    steps = [step for step in suspect.program.steps if step.output in suspect.truths]
    for find in (_masks, _unsummed, _skipped, _dropped):
        for step in steps:
            yield from find(suspect, step)


def _masks(suspect: Suspect, step: Step) -> Iterator[Hypothesis]:
    """`relu` and its like, masked where another variable is positive."""
    if step.op not in MASKING:
        return
    own = _plain(suspect, step.reads[0])
    for name, array in _same_shape(suspect, step):
        rule = _altered(step, 0, lambda ct, _, mask=array > 0: ct * mask)
        message = (
            f"`{step.source}` lets its cotangent through where {name} > 0, not where `{own}` does"
        )
        yield Hypothesis("mask-from-wrong-variable", message, step, rule)


def _same_shape(suspect: Suspect, step: Step) -> Iterator[tuple[str, Array]]:
    """Yield what a mask can be taken from by mistake: other variables, and gradients."""
    shape = suspect.env[step.output].shape
    for name, value in suspect.program.names.items():
        if value not in (*step.reads, step.output) and suspect.env[value].shape == shape:
            yield f"`{name}`", suspect.env[value]
    for name, value in suspect.program.names.items():
        if value in suspect.truths and suspect.truths[value].shape == shape:
            yield f"the gradient by `{name}`", suspect.truths[value]


def _unsummed(suspect: Suspect, step: Step) -> Iterator[Hypothesis]:
    """A broadcast operand: the first slice of its cotangent, where all should be summed."""
    out = suspect.program.kinds[step.output].shape
    for k, name in enumerate(step.operands if OPS[step.op].broadcasts else ()):
        if not isinstance(name, str) or 0 in out or suspect.program.kinds[name].shape == out:
            continue
        shape = suspect.program.kinds[name].shape
        message = (
            f"`{_plain(suspect, name)}` is broadcast in `{step.source}` "
            "and only the first slice of its cotangent is kept"
        )
        rule = _altered(step, k, lambda _, part, s=shape: _first_slice(part, s))
        yield Hypothesis("broadcast-not-summed", message, step, rule)


def _skipped(suspect: Suspect, step: Step) -> Iterator[Hypothesis]:
    """A step whose own derivative is left out, as if it were the identity."""
    shape = suspect.program.kinds[step.output].shape
    if len(set(step.reads)) == 1 and suspect.program.kinds[step.reads[0]].shape == shape:
        rule = _altered(step, 0, lambda ct, _: ct)
        for k in range(1, len(step.reads)):
            rule = _altered(step, k, lambda ct, _: np.zeros_like(ct), rule)
        message = f"the derivative of `{step.source}` itself is left out"
        yield Hypothesis("term-missing", message, step, rule)


def _dropped(suspect: Suspect, step: Step) -> Iterator[Hypothesis]:
    """One of the ways in which a value reaches the loss, left out: an operand of a step, or all."""
    reads = [name for other in suspect.program.steps for name in other.reads]
    for name in dict.fromkeys(step.reads):
        places = [k for k, operand in enumerate(step.operands) if operand == name]
        if reads.count(name) == 1:
            continue
        for left_out in {(places[0],), tuple(places)}:
            part = (
                "the term" if len(left_out) == len(places) else f"one of {len(places)} equal terms"
            )
            of = f"`{_plain(suspect, name)}` gets from `{step.op}` in `{step.source}`"
            message = f"{part} that {of} is missing"
            rule = parts
            for k in left_out:
                rule = _altered(step, k, lambda _, part: np.zeros_like(part), rule)
            yield Hypothesis("term-missing", message, step, rule)


def _altered(
    broken: Step, operand: int, change: Callable[[Any, Any], Any], otherwise: Rule = parts
) -> Rule:
    """Return the rules with one operand's cotangent changed at one step.

    `change` gets the cotangent of the step's output and the one that the rule passes on.
    """

    def rule(step: Step, ct: Any, env: Mapping[str, Any]) -> Sequence[Any]:
        passed = list(otherwise(step, ct, env))
        if step is broken and passed[operand] is not None:
            passed[operand] = change(ct, passed[operand])
        return passed

    return rule


def _first_slice(part: Array, shape: tuple[int, ...]) -> Array:
    extra = part.ndim - len(shape)
    sliced = part[(0,) * extra]
    return sliced[tuple(slice(0, 1) if n == 1 else slice(None) for n in shape)]


def _plain(suspect: Suspect, value: str) -> str:
    """Return the author's name for a value, or the value's own."""
    named = {v: name for name, v in suspect.program.names.items()}
    return named.get(value, value)
