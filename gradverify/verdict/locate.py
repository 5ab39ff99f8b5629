"""Where a gradient goes wrong: the entry, by halving, and the step at which cotangents part."""

from collections.abc import Callable, Collection, Sequence
from typing import Final, TypeAlias

import numpy as np

from gradverify.arrays import Array, Values
from gradverify.oracles.finite_difference import restricted
from gradverify.oracles.oracle import Probe
from gradverify.program.program import Snippet, Step
from gradverify.verdict.truth import Outcome, Reading

Hold: TypeAlias = Callable[[Probe, Array], Reading]
"""Holds a gradient against a probe."""

FORMS: Final = (("grad_", ""), ("d_", ""), ("", "_grad"), ("d", ""))
"""How authors name the cotangent of a variable: what comes before and after its name."""


def wrong_entry(
    gradient: Array, look: Callable[[Array], Probe], direction: Array, hold: Hold
) -> int:
    """Return one entry at fault, given a direction along which `gradient` is refuted.

    Halves the support of the direction: 2·log2(n) derivatives. Where the halves clear each other
    (the error is spread thinner than their bars) the larger remaining error is followed.
    """
    support = np.flatnonzero(direction)
    while support.size > 1:
        halves = (support[: support.size // 2], support[support.size // 2 :])
        readings = [hold(look(restricted(direction, half)), gradient) for half in halves]
        refuted = [r.outcome is Outcome.REFUTED for r in readings]
        first = refuted[0] if refuted[0] != refuted[1] else readings[0].error >= readings[1].error
        support = halves[0] if first else halves[1]
    return int(support[0])


def parting_step(
    steps: Sequence[Step], claimed: Values, allowed: Values, truths: Values
) -> Step | None:
    """Return the step, backwards, at which a right cotangent becomes a wrong one.

    `claimed` holds a party's gradient by as many values as it can give.
    """

    def right(name: str) -> bool:
        return bool(np.all(np.abs(claimed[name] - truths[name]) <= allowed[name]))

    for step in reversed(steps):
        if step.output not in claimed or step.output not in truths or not right(step.output):
            continue
        if not all(right(name) for name in step.reads if name in claimed and name in truths):
            return step
    return None


def parting_statement(
    derived: Snippet, names: Values, truths: Values, allowed: Values
) -> Step | None:
    """Return the first step of a hand-written backward pass whose cotangent is wrong.

    A step is known for the cotangent of `h` by its variable's name: `grad_h`, `dh`, `h_grad`.
    `names` holds the pass's own values by variable, `truths` and `allowed` the gradients likewise.
    """
    made = {step.output: step for step in derived.steps}
    for variable, value in derived.names.items():
        of = stem_of(variable, truths)
        if variable not in names or of not in truths or value not in made:
            continue
        if names[variable].shape != truths[of].shape:
            continue
        if not np.all(np.abs(names[variable] - truths[of]) <= allowed[of]):
            return made[value] if made[value].assigns(variable) else None
    return None


def stem_of(variable: str, known: Collection[str]) -> str:
    """Return the variable whose cotangent a name stands for: `h` for `grad_h`, `dh`, `h_grad`."""
    for prefix, suffix in FORMS:
        if variable.startswith(prefix) and variable.endswith(suffix):
            stem = variable[len(prefix) : len(variable) - len(suffix)]
            if stem in known:
                return stem
    return ""
