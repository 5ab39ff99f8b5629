"""Causes that the arrays alone show: a factor, a sign, a transpose, another input's gradient."""

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from typing import Final, TypeAlias

import numpy as np

from gradverify.arrays import Array, largest
from gradverify.program.evaluate import dependents
from gradverify.verdict.kinks import at_a_kink
from gradverify.verdict.suspect import Cause, Suspect, closeness

Test: TypeAlias = Callable[[Suspect], Cause | None]

FEW: Final = 0.1  # entries are at fault, rather than all of them, up to this share
SHOWN: Final = 4  # entries that a message names
MATRIX: Final = 2  # axes
HALF: Final = Fraction(1, 2)


def not_finite(suspect: Suspect) -> Cause | None:
    """NaN or infinity where the truth is a number."""
    bad = np.flatnonzero(~np.isfinite(suspect.claimed))
    if not bad.size or (suspect.known and not np.all(np.isfinite(suspect.truth))):
        return None
    index = _index(suspect, int(bad[0]))
    value = float(suspect.claimed[index])
    message = f"{bad.size} of {suspect.claimed.size} entries are not finite, first {_at(index)}"
    return Cause("not-finite", message, {"entries": int(bad.size), "first": value})


def missing(suspect: Suspect) -> Cause | None:
    """Zero everywhere where the truth is not."""
    if np.any(suspect.claimed) or not np.any(suspect.truth):
        return None
    message = f"zero everywhere, where the largest entry is {largest(suspect.truth):.4g}"
    return Cause("gradient-missing", message, {"largest": largest(suspect.truth)})


def sign_flipped(suspect: Suspect) -> Cause | None:
    """The negative of the truth."""
    left = suspect.explained_by(-suspect.truth)
    if left is None:
        return None
    return Cause("sign-flipped", f"minus this agrees {closeness(left)}", {"left": left})


def off_by_factor(suspect: Suspect) -> Cause | None:
    """A constant multiple of the truth, by a factor that the program explains."""
    for factor, why in _factors(suspect):
        left = suspect.explained_by(float(factor) * suspect.truth)
        if left is not None:
            message = f"off by a factor of {float(factor):.4g}, {closeness(left)}: {why}"
            return Cause("off-by-factor", message, {"factor": float(factor), "left": left})
    return None


def _factors(suspect: Suspect) -> Iterator[tuple[Fraction, str]]:
    yield HALF, "this is the gradient of half of the loss; a factor 2 is missing, or a 1/2 too many"
    yield Fraction(2), "this is the gradient of twice the loss; a 1/2 is missing, or a 2 too many"
    for length in _lengths(suspect):
        yield Fraction(length), f"a sum over {length} entries where the loss takes a mean"
        yield Fraction(1, length), f"a mean over {length} entries where the loss takes a sum"
    for n in (3, 4):
        yield Fraction(n), f"this is the gradient of {n} times the loss"
        yield Fraction(1, n), f"this is the gradient of 1/{n} of the loss"


def _lengths(suspect: Suspect) -> list[int]:
    """Return the lengths of axes and sizes of arrays in the program: what a mean divides by."""
    shapes = [kind.shape for kind in suspect.program.kinds.values()]
    found = {n for shape in shapes for n in (*shape, int(np.prod(shape)))}
    return sorted(n for n in found if n not in {0, 1, 2})


def transposed(suspect: Suspect) -> Cause | None:
    """The transpose of the truth, or its entries in the transpose's order."""
    if suspect.truth.ndim != MATRIX:
        return None
    left = suspect.explained_by(suspect.truth.T.reshape(suspect.truth.shape))
    if left is None:
        return None
    return Cause("transposed", f"the transpose agrees {closeness(left)}", {"left": left})


def swapped(suspect: Suspect) -> Cause | None:
    """The gradient by another variable."""
    variables = {value: name for name, value in suspect.program.names.items()}
    behind = {step.output for step in dependents(suspect.program.steps, suspect.value)}
    for value, truth in suspect.truths.items():
        # a variable made from this one has its gradient where a step in between is forgotten
        if value == suspect.value or value not in variables or value in behind:
            continue
        left = suspect.explained_by(truth)
        if left is not None:
            message = f"this is the gradient by `{variables[value]}`, {closeness(left)}"
            return Cause("inputs-swapped", message, {"other": variables[value], "left": left})
    return None


def masked(suspect: Suspect) -> Cause | None:
    """The truth with entries zeroed where another variable is not positive."""
    if at_a_kink(
        suspect.program, suspect.env
    ):  # there, what looks like a mask is a choice between slopes
        return None
    variables = {value: name for name, value in suspect.program.names.items()}
    for value, name in variables.items():
        array = suspect.env[value]
        if array.shape != suspect.truth.shape or not _mixed(array):
            continue
        left = suspect.explained_by(suspect.truth * (array > 0))
        if left is not None:
            message = f"zeroed where `{name}` is not positive, else right {closeness(left)}"
            return Cause("mask-from-wrong-variable", message, {"mask": name, "left": left})
    return None


def _mixed(array: Array) -> bool:
    """Whether a mask of positive entries keeps some and drops some."""
    return bool(np.any(array > 0) and np.any(array <= 0))


def precision_lost(suspect: Suspect) -> Cause | None:
    """Right to the precision of a narrower format."""
    error, scale = largest(suspect.claimed - suspect.truth), largest(suspect.truth)
    for name in ("float32", "float16"):
        narrow = np.finfo(name)
        rounded = suspect.truth.astype(name).astype(np.float64)
        excused = largest(suspect.allowed)
        if np.all(np.abs(suspect.claimed - rounded) <= 4 * excused) and error > 4 * excused:
            message = f"right to the precision of {name} and no further: {error / scale:.1e}"
            return Cause("precision-lost", message, {"format": name, "eps": float(narrow.eps)})
    return None


def entries_wrong(suspect: Suspect) -> Cause | None:
    """A few entries off, all others right."""
    off = np.flatnonzero(~(np.abs(suspect.claimed - suspect.truth) <= suspect.allowed))
    if not off.size or off.size > max(1, int(FEW * suspect.truth.size)) or suspect.truth.size == 1:
        return None
    shown = ", ".join(_at(_index(suspect, int(k))) for k in off[:SHOWN])
    more = f" and {off.size - SHOWN} more" if off.size > SHOWN else ""
    message = (
        f"{off.size} of {suspect.truth.size} entries are wrong, all others right: {shown}{more}"
    )
    return Cause("entries-wrong", message, {"entries": int(off.size)})


def _index(suspect: Suspect, entry: int) -> tuple[int, ...]:
    return tuple(int(k) for k in np.unravel_index(entry, suspect.truth.shape))


def _at(index: Sequence[int]) -> str:
    return f"[{', '.join(map(str, index))}]"


FIRST: Final[tuple[Test, ...]] = (
    not_finite, missing, sign_flipped, off_by_factor, transposed, swapped, masked,
)  # fmt: skip
LAST: Final[tuple[Test, ...]] = (precision_lost, entries_wrong)
"""Tests before and after those that run the program again."""

WHOLE: Final[tuple[Test, ...]] = (
    not_finite,
    missing,
    sign_flipped,
    off_by_factor,
    transposed,
    *LAST,
)
"""Tests that need the arrays alone: for Jacobians and second derivatives."""
