"""Faults in whole rows, columns, borders or halves: all entries at some places along an axis."""

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

from gradverify.arrays import EPS, Array, length
from gradverify.function.accused import Accused, Cause
from gradverify.function.search import look

BOTH: Final = 2  # places along an axis that are both ends, and both halves


def slab(accused: Accused, wrong: Sequence[int], step: float) -> Cause | None:
    """Return the cause where all but the slab that holds the wrong entries is right."""
    if not wrong:
        return None
    for axis, places, where in _slabs(accused, wrong):
        inside = np.zeros(accused.shape, dtype=bool)
        np.moveaxis(inside, axis, 0)[places] = True
        if not np.all(inside) and right_outside(accused, np.ravel(inside), step):
            count = int(np.sum(inside))
            said = f"all wrong entries are at {where} of axis {axis}: {count} of {inside.size}"
            return Cause("entries-wrong", said, {"axis": axis, "entries": count})
    return None


def _slabs(accused: Accused, wrong: Sequence[int]) -> Iterator[tuple[int, list[int] | slice, str]]:
    """Yield places along each axis that hold all wrong entries: one, both ends, or a half."""
    indices = np.array([np.unravel_index(entry, accused.shape) for entry in wrong])
    for axis, size in enumerate(accused.shape):
        low, high = int(indices[:, axis].min()), int(indices[:, axis].max())
        if low == high and size > 1:
            yield axis, [low], f"index {low}"
        if size <= BOTH:
            continue
        if {low, high} <= {0, size - 1}:
            yield axis, [0, size - 1], f"indices 0 and {size - 1}"
        if low >= size // 2:
            yield axis, slice(size // 2, None), f"indices {size // 2} to {size - 1}"
        if high < size // 2:
            yield axis, slice(size // 2), f"indices 0 to {size // 2 - 1}"


def right_outside(accused: Accused, inside: Array, step: float) -> bool:
    """Whether the claim is right along every look with some entries, flat, standing still."""
    point = accused.trial.point
    span = point.leaves.span(accused.leaf)
    for seen in accused.looks:
        direction = np.zeros(point.primal.size)
        direction[span] = np.where(inside, 0.0, seen.direction)
        found = look(point, direction, step)
        moved = accused.claims[0] * direction[span]
        gap = abs(float(np.sum(moved) - found.values[0]))
        if gap > 3 * found.bars[0] + 16 * EPS * length(moved):
            return False
    return True
