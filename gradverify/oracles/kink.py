"""Kinks at 0: whether a line has one, and its slopes on both sides."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from gradverify.oracles.rung import LOUD, UNKNOWN, Estimate, Line, Rung, has_kink, rung_at, wider

BENDING: Final = (2.0**-20, 2.0**-24)  # steps at which only a kink at 0 still bends a line


def bends(line: Line, *, noise: float) -> bool:
    """Whether `line` has a kink at 0 or next to it, in four values of it."""
    wide, narrow = (rung_at(line, step) for step in BENDING)
    return has_kink(wide, narrow, noise)


def bent(rungs: Sequence[Rung], noise: float) -> bool:
    """Whether there is a kink at 0.

    One that lies aside is left behind: below it the even part falls faster than the step.
    """
    last: Rung | None = None  # the narrowest step across a kink
    for wide, narrow in pairwise(rungs):
        if has_kink(wide, narrow, noise):
            last = narrow
        elif last is not None:
            left = last.even * narrow.step / last.step
            last = None if left > LOUD * noise and narrow.even < left / 2 else last
    return last is not None


def tiny_rungs(line: Line, rungs: Sequence[Rung], noise: float) -> list[Rung]:
    """Return one tiny step, and a second where the first shows a kink."""
    if not rungs or rungs[-1].step <= BENDING[0]:
        return []
    first = rung_at(line, BENDING[0])
    if not first.finite or not has_kink(rungs[-1], first, noise):
        return [first] if first.finite else []
    return [first, rung_at(line, BENDING[1])]


def sides(rungs: Sequence[Rung], noise: float) -> tuple[Estimate, Estimate]:
    """Return the slopes to the left and to the right that no smaller step contradicts."""
    sound = [
        found
        for k, found in enumerate(_one_sided(*pair, noise) for pair in pairwise(rungs))
        if all(_agree(found, rung, noise) for rung in rungs[k + 2 :])
    ]
    return min(sound, key=wider, default=(UNKNOWN, UNKNOWN))


def _agree(found: tuple[Estimate, Estimate], rung: Rung, noise: float) -> bool:
    (left, right), added = found, 2 * noise / rung.step
    return (
        abs(left.value + rung.minus / rung.step) <= left.bar + added
        and abs(right.value - rung.plus / rung.step) <= right.bar + added
    )


def _one_sided(wide: Rung, narrow: Rung, noise: float) -> tuple[Estimate, Estimate]:
    """Return the slopes to the left and to the right, from two neighbouring steps."""
    added = 2 * noise / narrow.step
    right, right_before = narrow.plus / narrow.step, wide.plus / wide.step
    left, left_before = -narrow.minus / narrow.step, -wide.minus / wide.step
    return (
        Estimate(left, abs(left - left_before) + added, narrow.step),
        Estimate(right, abs(right - right_before) + added, narrow.step),
    )
