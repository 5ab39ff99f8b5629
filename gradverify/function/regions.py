"""Faults where an input lies in some range: found by halving entries in the input's order."""

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

from gradverify.arrays import Array
from gradverify.function.accused import Accused, Cause
from gradverify.function.slabs import right_outside

HALVINGS: Final = 10  # looks for each end of a range
SMALLEST: Final = 8  # entries in which a range would be no news
LARGEST: Final = 0.5  # share of the entries beyond which a range explains nothing


def region(accused: Accused, wrong: Sequence[int], step: float) -> Cause | None:
    """Return the cause where all wrong entries are those whose input lies in some range."""
    if not wrong or accused.size < SMALLEST:
        return None
    for name, value in _inputs(accused):
        order = np.argsort(value, kind="stable")
        place = np.empty(order.size, dtype=np.int64)
        place[order] = np.arange(order.size)
        known = place[list(wrong)]
        low = _end(accused, order, int(known.min()), step)
        high = order.size - _end(accused, order[::-1], order.size - 1 - int(known.max()), step)
        inside = np.zeros(order.size, dtype=bool)
        inside[order[low:high]] = True
        if high - low <= LARGEST * order.size and right_outside(accused, inside, step):
            ends = f"{value[order[low]]:.6g} <= {name} <= {value[order[high - 1]]:.6g}"
            said = f"all wrong entries are where {ends}: {high - low} of {order.size}"
            return Cause("entries-wrong", said, {"entries": high - low})
    return None


def _inputs(accused: Accused) -> Iterator[tuple[str, Array]]:
    """Yield inputs of the leaf's own shape, the leaf itself first."""
    trial = accused.trial
    pairs = list(zip(trial.names, trial.primals, strict=True))
    own = pairs.pop(accused.leaf)
    for name, primal in (own, *pairs):
        if primal.shape == accused.shape:
            yield name, np.ravel(primal)


def _end(accused: Accused, order: Array, known: int, step: float) -> int:
    """Return how many entries, in this order, come before the first wrong one, or a little less."""
    right, first = 0, known  # the first `right` are right, and something up to `first` is wrong
    for _ in range(HALVINGS):
        if first - right < 1:
            break
        middle = (right + first + 1) // 2
        inside = np.ones(order.size, dtype=bool)
        inside[order[:middle]] = False
        if right_outside(accused, inside, step):
            right = middle
        else:
            first = middle - 1
    return right
