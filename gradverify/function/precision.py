"""Causes that lie in a format: a cast to fewer digits somewhere in a backward pass."""

from typing import Final

import numpy as np

from gradverify.arrays import Array
from gradverify.function.accused import Accused, Cause
from gradverify.function.taken import take
from gradverify.oracles.function import Form, Weight
from gradverify.oracles.guard import Raised

FORMATS: Final = (("float32", 24), ("float16", 11), ("bfloat16", 8))
"""Narrower formats, and the digits of their significands."""
FAINT: Final = 2.0**-36  # a change of the cotangent that float64 shows and a cast hides
PLAIN: Final = 2.0**-6  # ... and one that no cast hides
LEAST: Final = 8  # powers of two that an average may make of it
FEW: Final = 1  # entries that have few digits by chance
MOSTLY: Final = 0.5
MOST: Final = 4.0  # roundings of a format that a cast may come to


def precision_lost(accused: Accused) -> Cause | None:
    """Right to the digits of a narrower format, and blind to what lies below them."""
    error = _relative_error(accused)
    if not 0 < error < MOST * 2.0 ** -FORMATS[-1][1]:
        return None
    for name, digits in FORMATS:
        if error > MOST * 2.0**-digits or error < 2.0 ** -(digits + LEAST):
            continue
        if _representable(accused.claims[0], digits) or _blind(accused):
            said = f"right to {error:.1e} only: the digits of {name}"
            return Cause("precision-lost", said, {"format": name, "error": error})
    return None


def _relative_error(accused: Accused) -> float:
    off, _ = accused.gaps(accused.claims)
    sizes = [
        [float(np.linalg.norm(claim * seen.direction)) for claim in accused.claims]
        for seen in accused.looks
    ]
    return float(np.max(np.abs(off) / np.maximum(np.asarray(sizes), np.finfo(float).tiny)))


def _representable(claim: Array, digits: int) -> bool:
    """Whether every entry has so few digits."""
    mantissa, _ = np.frexp(claim)
    scaled = np.ldexp(mantissa, digits)
    return int(np.count_nonzero(claim)) > FEW and bool(np.all(scaled == np.rint(scaled)))


def _blind(accused: Accused) -> bool:
    """Whether most of the claim stays where inputs or cotangents move below a narrower format.

    It must move with them where they move by more.
    """
    return any(
        _share_kept(accused, FAINT, inputs=inputs) > MOSTLY
        and _share_kept(accused, PLAIN, inputs=inputs) < 1 - MOSTLY
        for inputs in (False, True)
    )


def _share_kept(accused: Accused, by: float, *, inputs: bool) -> float:
    """Return the share of entries that stay as they were."""
    trial = accused.trial
    weight, primals = trial.weights[0], trial.primals
    if inputs:
        primals = tuple(primal * (1 + by) for primal in primals)
    else:
        weight = Weight(tuple(array * (1 + by) for array in weight.arrays))
    back = trial.ask.pull(primals, Form(wide=trial.ask.wide)).back
    found = take(back, weight, trial.point.leaves)
    if isinstance(found, Raised):
        return 0.0
    kept = found.flat[trial.point.leaves.span(accused.leaf)] == accused.claims[0]
    return float(np.count_nonzero(kept)) / kept.size
