"""Steps that stand exactly at a kink, and what their choices come to together."""

from collections.abc import Mapping
from typing import Final

import numpy as np

from gradverify.arrays import Array, Values, largest
from gradverify.ops.table import OPS
from gradverify.oracles.enclosure import Enclosure
from gradverify.oracles.oracle import Gradients
from gradverify.program.evaluate import operands_of
from gradverify.program.program import Program, Step
from gradverify.verdict.case import Case, enclosure_of
from gradverify.verdict.parties import RELATED

CHOOSING: Final = frozenset(
    {"less", "less_equal", "greater", "greater_equal", "equal", "not_equal", "sign"}
)
"""Ops without a derivative: a comparison of equal numbers is no kink by itself."""


def at_a_kink(program: Program, env: Values) -> bool:
    """Whether some step stands exactly at a kink of its op."""
    return any(_stands_at_kink(step, env) for step in program.steps)


def _stands_at_kink(step: Step, env: Values) -> bool:
    margin = OPS[step.op].margin
    if margin is None or step.op in CHOOSING:
        return False
    return bool(np.any(np.asarray(margin(*operands_of(step, env), **step.attributes)) == 0))


def composed(case: Case, name: str, answers: Mapping[str, Gradients]) -> Enclosure | None:
    """Return the gradient that the steps' own choices at kinks come to, where libraries share them.

    Each choice lies between the slopes of its step, and together they may miss those of the loss:
    relu(x) - relu(-x) is x, and with 0 for both its gradient at 0 is 0. Such a gradient lies in the
    function's conservative field: J. Bolte and E. Pauwels, "Conservative set valued fields,
    automatic differentiation, stochastic gradient methods and deep learning", Math. Program. 188
    (2021). That the rules alone say so would be no evidence: another library has to.
    """
    if not at_a_kink(case.program, case.base):
        return None
    found = enclosure_of(case, name)
    dtype = case.program.kinds[name].dtype
    others = [a.wrt[name] for p, a in answers.items() if p not in RELATED and name in a.wrt]
    shared = any(chosen(array, found, float(np.finfo(dtype).eps)) for array in others)
    return found if shared else None


def chosen(array: Array, found: Enclosure, eps: float) -> bool:
    """Whether an array is, to rounding, what the steps' choices come to."""
    if array.shape != found.mid.shape:
        return False
    allowed = 2 * found.rad + 8 * eps * largest(found.mid)
    return bool(np.all(np.abs(array.astype(np.float64) - found.mid) <= allowed))
