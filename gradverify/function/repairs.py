"""Causes that a repair of the claim shows: what would be right with a sign, a factor, an order."""

from collections.abc import Callable, Iterator
from typing import Final, TypeAlias

import numpy as np

from gradverify.arrays import Array
from gradverify.function.accused import Accused, Cause

Repair: TypeAlias = Callable[[Accused], Cause | None]

LITTLE: Final = 2.0**-20  # a factor this near to 1 is rounding of some sort
NICE: Final = 1e-9  # how near a factor must be to a number that has a reason
ROLLS: Final = (1, -1)


def missing(accused: Accused) -> Cause | None:
    """Zero everywhere, or None, where the function has a slope."""
    if any(np.any(claim) for claim in accused.claims):
        return None
    absent = accused.leaf in accused.trial.claimed[0].absent
    said = "None" if absent else "zero everywhere"
    return Cause("gradient-missing", f"{said}, where the function changes with it", {})


def sign_flipped(accused: Accused) -> Cause | None:
    """The negative of the truth."""
    repaired = [-claim for claim in accused.claims]
    if not accused.explained_by(repaired):
        return None
    return Cause("sign-flipped", "minus this is right", {}, repaired[0])


def off_by_factor(accused: Accused) -> Cause | None:
    """A constant multiple of the truth."""
    factor = _factor(accused)
    if factor is None or abs(factor - 1) < LITTLE:
        return None
    nice = _nice(factor, accused)
    outputs = accused.trial.point.value.size
    if accused.size == 1 and outputs == 1 and nice is None:  # every number is a multiple
        return None
    exact = nice or factor
    repaired = [claim / exact for claim in accused.claims]
    if not accused.explained_by(repaired):
        return None
    why = _reason(exact, accused)
    return Cause(
        "off-by-factor", f"off by a factor of {exact:.7g}{why}", {"factor": exact}, repaired[0]
    )


def _factor(accused: Accused) -> float | None:
    """Return the claim over the truth, from the look and cotangent that know it best."""
    best, factor = np.inf, None
    for seen in accused.looks:
        for k, claim in enumerate(accused.claims):
            along, true = float(claim @ seen.direction), float(seen.values[k])
            if true and np.isfinite(along) and seen.bars[k] / abs(true) < best and along:
                best, factor = seen.bars[k] / abs(true), along / true
    return factor


def _nice(factor: float, accused: Accused) -> float | None:
    """Return the number with a reason that a factor is: a small one, a length, or one over it."""
    numbers = {2.0, 3.0, 4.0, *map(float, _lengths(accused))}
    for number in sorted(numbers):
        for signed in (number, 1 / number, -number, -1 / number):
            if abs(factor - signed) <= NICE * abs(signed) + 1e-6 * abs(signed):
                return signed
    return None


def _lengths(accused: Accused) -> set[int]:
    """Return the lengths of axes and sizes of the arrays: what a mean divides by."""
    point = accused.trial.point
    outputs = point.ask.outputs
    shapes = [*point.leaves.shapes, *(outputs.shapes if outputs else ())]
    return {n for shape in shapes for n in (*shape, int(np.prod(shape))) if n > 1}


def _reason(factor: float, accused: Accused) -> str:
    lengths = _lengths(accused)
    size = abs(factor)
    if size in {2.0, 0.5}:
        return ": a 2 too many or a 1/2 missing" if size > 1 else ": a 2 missing or a 1/2 too many"
    if size in lengths:
        return f": a sum over {size:.0f} entries where there is a mean"
    if 1 / size in {float(n) for n in lengths} or round(1 / size) in lengths:
        return f": a mean over {1 / size:.0f} entries where there is a sum"
    return ""


def transposed(accused: Accused) -> Cause | None:
    """The transpose of the truth, or its entries in that order."""
    if len(accused.shape) < 2 or min(accused.shape[-2:]) < 2:  # noqa: PLR2004 - a matrix
        return None
    rows, columns = accused.shape[-2:]
    turned = (*accused.shape[:-2], columns, rows)
    repaired = [c.reshape(turned).swapaxes(-1, -2).ravel() for c in accused.claims]
    if rows == columns or accused.explained_by(repaired):
        return _ordered("transposed", "the transpose is right", accused, repaired)
    return None


def _ordered(code: str, message: str, accused: Accused, repaired: list[Array]) -> Cause | None:
    return Cause(code, message, {}, repaired[0]) if accused.explained_by(repaired) else None


def swapped(accused: Accused) -> Cause | None:
    """The gradient by another input."""
    leaves = accused.trial.point.leaves
    for other, shape in enumerate(leaves.shapes):
        if other == accused.leaf or int(np.prod(shape)) != accused.size:
            continue
        span = leaves.span(other)
        repaired = [accused.trial.claimed[k].flat[span] for k in range(len(accused.claims))]
        name = accused.trial.names[other]
        found = _ordered(
            "inputs-swapped", f"what is claimed for `{name}` is right here", accused, repaired
        )
        if found:
            return found
    return None


def reordered(accused: Accused) -> Cause | None:
    """The truth with its entries shifted or turned round along an axis: no code of its own."""
    for axis, length in enumerate(accused.shape):
        if length == 1:
            continue
        for by, said in _orders(accused, axis):
            found = _ordered("mismatch", said, accused, by)
            if found:
                return found
    return None


def _orders(accused: Accused, axis: int) -> Iterator[tuple[list[Array], str]]:
    shaped = [accused.shaped(k) for k in range(len(accused.claims))]
    for by in ROLLS:
        yield (
            [np.roll(s, -by, axis).ravel() for s in shaped],
            f"entries are shifted by {by:+d} along axis {axis}: shifted back they are right",
        )
    yield (
        [np.flip(s, axis).ravel() for s in shaped],
        f"entries are in reverse order along axis {axis}",
    )


REPAIRS: Final[tuple[Repair, ...]] = (
    missing, sign_flipped, off_by_factor, transposed, swapped, reordered,
)  # fmt: skip
