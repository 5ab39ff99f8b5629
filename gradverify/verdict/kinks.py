"""Steps that stand exactly at a kink, and what their choices come to together."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, Final, final

import numpy as np

from gradverify.arrays import Array, Values, largest
from gradverify.ops.table import OPS
from gradverify.oracles.enclosure import Enclosure
from gradverify.oracles.oracle import Gradients
from gradverify.oracles.rules import Rule, parts, pull_back
from gradverify.program.evaluate import operands_of
from gradverify.program.program import Program, Step
from gradverify.verdict.case import Case, enclosure_of
from gradverify.verdict.parties import RELATED

STEPS: Final = 4  # of those that stand at a kink, whose choices are combined
TIES: Final = frozenset({"max", "min"})
HAIR: Final = 2.0**-40  # of the largest entry
CHOOSING: Final = frozenset(
    {"less", "less_equal", "greater", "greater_equal", "equal", "not_equal", "sign"}
)
"""Ops without a derivative: a comparison of equal numbers is no kink by itself."""


@final
@dataclass(frozen=True, slots=True)
class Standing:
    """What the choices of steps that stand at a kink come to.

    `found` is the gradient of the rules' own choices, `others` those of other libraries; `low` and
    `high` are the ends of what any choices between the slopes of single steps give.
    """

    found: Enclosure
    others: tuple[Array, ...]
    low: Array
    high: Array


def at_a_kink(program: Program, env: Values) -> bool:
    """Whether some step stands exactly at a kink of its op."""
    return any(_stands_at_kink(step, env) for step in program.steps)


def _stands_at_kink(step: Step, env: Values) -> bool:
    margin = OPS[step.op].margin
    if margin is None or step.op in CHOOSING:
        return False
    return bool(np.any(np.asarray(margin(*operands_of(step, env), **step.attributes)) == 0))


def _may_stand_at_kink(step: Step, case: Case) -> bool:
    """Whether rounding may put a step at a kink of its op, in the program's own format."""
    margin = OPS[step.op].margin
    if margin is None or step.op in CHOOSING:
        return False
    distance = np.asarray(margin(*operands_of(step, case.base), **step.attributes))
    return bool(np.any(distance <= _hair(step, case)))


def _hair(step: Step, case: Case) -> float:
    """Return how far rounding can move what a step reads, and never less than a hair."""
    read = [case.values[name] for name in step.reads]
    moved = [largest(np.where(np.isfinite(v.rad), v.rad, 0.0)) for v in read]
    return max(2 * sum(moved), HAIR * max(largest(v.mid) for v in read))


def standing_at_kinks(case: Case, name: str, answers: Mapping[str, Gradients]) -> Standing | None:
    """Return what choices at kinks come to; None where no step stands at one.

    Each choice lies between the slopes of its step, and together they may miss those of the loss:
    relu(x) - relu(-x) is x, and with 0 for both its gradient at 0 is 0. Such a gradient lies in the
    function's conservative field: J. Bolte and E. Pauwels, "Conservative set valued fields,
    automatic differentiation, stochastic gradient methods and deep learning", Math. Program. 188
    (2021). That the rules alone say so would be no evidence: another library has to.
    """
    steps = [step for step in case.program.steps if _may_stand_at_kink(step, case)]
    if not steps:
        return None
    found = enclosure_of(case, name)
    witnesses = [a for party, a in answers.items() if party not in RELATED]
    others = tuple(answer.wrt[name] for answer in witnesses if name in answer.wrt)
    variants = [found.mid, *_variants(case, name, steps[:STEPS])]
    return Standing(found, others, np.min(variants, axis=0), np.max(variants, axis=0))


def _variants(case: Case, name: str, steps: Sequence[Step]) -> Iterator[Array]:
    """Yield the gradient for every way in which steps can take the slope to one side."""
    for sides in product((-1.0, 0.0, 1.0), repeat=len(steps)):
        chosen_sides = {step.output: side for step, side in zip(steps, sides, strict=True)}
        cotangents: dict[str, Any] = {case.program.goal: case.wanted.weights}
        pull_back(case.program, case.base, cotangents, _taking(chosen_sides, case))
        yield np.asarray(cotangents.get(name, np.zeros(case.program.kinds[name].shape)))


def _taking(sides: Mapping[str, float], case: Case) -> Rule:
    """Return the rules, taken a hair to one side of where some steps stand."""

    def rule(step: Step, ct: Any, env: Mapping[str, Any]) -> Sequence[Any]:
        side = sides.get(step.output, 0.0)
        first = next(iter(step.reads), None)
        if side == 0.0 or first is None:
            return parts(step, ct, env)
        hair = _hair(step, case) or HAIR
        if step.op in TIES:
            return [_tied(step, ct, env[first], hair) * (side > 0)]
        return parts(step, ct, {**env, first: env[first] + side * hair})

    return rule


def _tied(step: Step, ct: Any, x: Array, hair: float) -> Array:
    """Return the whole cotangent for every entry that may be the extreme one."""
    extreme = OPS[step.op].primal(x, **{**step.attributes, "keepdims": True})
    everywhere = np.reshape(ct, np.shape(extreme)) * np.ones(np.shape(x))
    return np.where(np.abs(x - extreme) <= 2 * hair, everywhere, 0.0)


def possible(array: Array, standing: Standing, eps: float) -> bool:
    """Whether an array is, to rounding, what some choices between the slopes of steps come to."""
    excused = _excused(standing.found, eps) + 2 * HAIR * largest(standing.found.mid)
    low, high = standing.low - excused, standing.high + excused
    return bool(np.all((low <= array) & (array <= high)))


def shared(array: Array, standing: Standing, eps: float) -> bool:
    """Whether another library makes the same choices."""
    excused = _excused(standing.found, eps)
    same = [other for other in standing.others if other.shape == array.shape]
    return any(bool(np.all(np.abs(array - other) <= excused)) for other in same)


def _excused(found: Enclosure, eps: float) -> Array:
    rad = np.where(np.isfinite(found.rad), found.rad, 0.0)
    return 2 * rad + 8 * eps * largest(found.mid)
