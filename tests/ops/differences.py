"""Gradients of an op by central differences, extrapolated, entry by entry."""

from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Final

import numpy as np

from gradverify.arrays import Array, largest
from gradverify.ops.broadcasting import unbroadcast
from gradverify.ops.op import Op
from tests.ops.cases import Case

STEP = 2.0**-9
LEVELS = 4
ALLOWED = 2e-8


BARRIERS: Final = frozenset({"detach", "no_grad"})  # their rules are to differ from differences


def with_rules(rows: Mapping[str, Op]) -> dict[str, Op]:
    """Return the ops whose rules are to be their derivatives."""
    rules = {name: op for name, op in rows.items() if op.vjp is not None and op.operands}
    return {name: op for name, op in rules.items() if name not in BARRIERS}


def extrapolated(weighed: Callable[[float], float]) -> float:
    """Return the derivative at 0: Richardson's tableau for errors in even powers of the step."""
    steps = [STEP / 2**n for n in range(LEVELS)]
    row = [(weighed(h) - weighed(-h)) / (2 * h) for h in steps]
    for order in range(1, LEVELS):
        factor = 4**order
        row = [(factor * b - a) / (factor - 1) for a, b in pairwise(row)]
    return row[0]


def differences(case: Case, position: int) -> Array:
    """Return the gradient of the weighed output by one operand."""
    operand = case.operands[position]
    found = np.zeros_like(operand)
    for place in np.ndindex(operand.shape):

        def weighed(t: float, place: tuple[int, ...] = place) -> float:
            moved = operand.copy()
            moved[place] += t
            operands = (*case.operands[:position], moved, *case.operands[position + 1 :])
            return float(np.sum(case.ct * case.primal(*operands)))

        found[place] = extrapolated(weighed)
    return found


def summed(case: Case, gradients: tuple[Array | None, ...]) -> tuple[Array, ...]:
    """Return gradients of the floating operands; zeros where a rule gives none."""
    return tuple(
        np.zeros_like(case.operands[n]) if gradients[n] is None else fitted(case, gradients[n], n)
        for n in case.floating
    )


def fitted(case: Case, gradient: Array | None, position: int) -> Array:
    shape = np.shape(case.operands[position])
    assert gradient is not None
    return unbroadcast(gradient, shape) if case.op.broadcasts else gradient


def by_rule(case: Case) -> tuple[Array, ...]:
    """Return the gradients by the floating operands, as the rule has them."""
    return summed(case, case.vjp(case.ct, case.primal(), *case.operands))


def by_differences(case: Case) -> tuple[Array, ...]:
    """Return the gradients by the floating operands, as differences have them."""
    return tuple(differences(case, n) for n in case.floating)


def alike(claimed: tuple[Array, ...], true: tuple[Array, ...]) -> bool:
    """Whether gradients have the shapes and the entries that they should, within ALLOWED."""
    return all(
        np.shape(one) == np.shape(other)
        and largest(one - other) <= ALLOWED * max(1.0, largest(other))
        for one, other in zip(claimed, true, strict=True)
    )
