"""Further questions to an oracle, once it has answered the first."""

from types import MappingProxyType
from typing import Any, cast

import numpy as np

from gradverify.arrays import REAL, Array, Values
from gradverify.oracles.guard import guarded
from gradverify.oracles.oracle import Gradients, Oracle, Wanted
from gradverify.program.program import Program


def gradients_of(oracle: Oracle, program: Program, primals: Values, question: Wanted) -> Values:
    """Return what an oracle says, by value: only what is a gradient of its value's shape.

    Nothing is held against an oracle that raises here, or answers with something else: it was
    asked for one gradient, and that is what it is judged by.
    """
    given = MappingProxyType(dict(primals))
    found = guarded(lambda: oracle.differentiate(program, given, question))
    if not isinstance(found, Gradients):
        return {}
    return {name: array for name, array in found.wrt.items() if _fits(array, name, program)}


def _fits(array: Any, name: str, program: Program) -> bool:
    """Whether what strangers' code handed over is real and has its value's shape."""
    if not isinstance(array, np.ndarray | np.generic) or name not in program.kinds:
        return False
    found = cast("Array", array)
    return found.dtype.kind in REAL and found.shape == program.kinds[name].shape
