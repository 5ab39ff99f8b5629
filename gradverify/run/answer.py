"""Whether what an oracle answered is an answer: strangers' code may return anything."""

from collections.abc import Mapping
from typing import cast

import numpy as np

from gradverify.arrays import REAL, Array, Dtype
from gradverify.oracles.oracle import Gradients, Wanted
from gradverify.run.plan import FUNCTION
from gradverify.verdict.parties import CLAIMING


def fault_of_answer(party: str, found: object, question: Wanted) -> str:
    """Return what is wrong with an answer, nothing where it can be judged.

    An oracle answers for every variable that it is asked about; claims are whatever was claimed,
    and code knows its inputs alone.
    """
    if not isinstance(found, Gradients):
        return f"answered with {type(found).__name__}, which is neither Gradients nor Unsupported"
    for part, arrays in (("the value of", found.values), ("the gradient by", found.wrt)):
        fault = _fault_of_arrays(part, arrays)
        if fault:
            return fault
    told = {*found.wrt, *found.probes}
    missing = [name for name in question.variables if name not in told]
    if missing and party not in {*CLAIMING, FUNCTION} and question.cotangent is not None:
        return f"says nothing about the gradient by {', '.join(missing)}"
    return ""


def _fault_of_arrays(part: str, arrays: object) -> str:
    if not isinstance(arrays, Mapping):
        return f"answered with {type(arrays).__name__} where arrays by name were asked for"
    for name, array in cast("Mapping[str, object]", arrays).items():
        if not isinstance(array, np.ndarray | np.generic):
            return f"{part} {name} is {type(array).__name__}, not an array"
        dtype: Dtype = cast("Array", array).dtype
        if dtype.kind not in REAL:
            return f"{part} {name} has dtype {dtype}, which is not real"
    return ""
