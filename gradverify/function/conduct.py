"""What a backward pass does besides returning a number: one test a row, each with its finding."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final, TypeAlias

import numpy as np

from gradverify.arrays import Array
from gradverify.function.blame import Refuted, blame
from gradverify.function.differing import differing
from gradverify.function.elsewhere import differing_layouts, wrong_along, wrong_nearby
from gradverify.function.line import Line
from gradverify.function.memory import CONSTANT, bent, unstable
from gradverify.function.noise import judged
from gradverify.function.orders import forward_mode, second_order
from gradverify.function.rows import finding_of
from gradverify.function.taken import Taken, taken
from gradverify.function.trial import Trial
from gradverify.oracles.function import Layout, Pullback, Pulled, Weight
from gradverify.oracles.guard import Raised
from gradverify.oracles.oracle import Unsupported
from gradverify.verdict.truth import Outcome
from gradverify.verdict.verdict import Finding

Test: TypeAlias = Callable[[Trial, Pullback, Sequence[Line]], Finding | None]
"""Looks at a trial whose claim is right, its first pass, and the lines that showed it."""


def modified(trial: Trial, first: Pullback, lines: Sequence[Line]) -> Finding | None:
    """The cotangent or an input is written into."""
    del lines
    passes = [found.pulled for found in trial.claimed.values()]
    if any(found.cotangent_modified for found in passes):
        return trial.finding("cotangent-modified", None, "the backward pass changes its cotangent")
    if first.input_modified:
        return trial.finding("input-modified", None, "the forward pass changes an input")
    if any(found.input_modified for found in passes):
        return trial.finding("input-modified", None, "the backward pass changes an input")
    return None


def expanded(trial: Trial, first: Pullback, lines: Sequence[Line]) -> Finding | None:
    """Right for a drawn cotangent, and wrong for ones with strides of 0."""
    last = len(trial.weights) - 1
    found = trial.back(first, last)
    if isinstance(found, Raised):
        said = f"the backward pass raises for an expanded cotangent: {found.reason}"
        return trial.finding("layout-dependent", None, said)
    trial.claimed[last] = found
    row, ones = trial.point.cotangents[0], trial.point.cotangents[last]
    same = np.array_equal(found.flat, trial.claimed[0].flat)
    if same and np.any(found.flat) and not np.array_equal(row, ones):
        return trial.finding("remembers-last-call", None, CONSTANT)
    said = "the gradient for an expanded cotangent, as of `sum`, is not the one for its copy"
    return _wrong_for(trial, lines, last, found, said)


def _wrong_for(
    trial: Trial, lines: Sequence[Line], k: int, found: Taken, said: str
) -> Finding | None:
    """Return what is wrong with a claim for cotangent `k`: the layout, if a plain one is right."""
    if not any(_refuted(trial, line, found.flat, k) for line in lines):
        return None
    plain = trial.again(k, layout=Layout.PLAIN)
    if isinstance(plain, Raised) or any(_refuted(trial, line, plain.flat, k) for line in lines):
        return unstable(trial) or bent(trial) or _for_this(trial, k, plain) or _nonlinear(trial)
    return differing(trial, "layout-dependent", said, plain.flat, found)


def _for_this(trial: Trial, k: int, plain: Taken | Raised) -> Finding | None:
    """Return what is wrong for cotangent `k`, for which a small error shows that others hide."""
    if isinstance(plain, Raised):
        return None
    order = (k, *(i for i in range(len(trial.weights)) if i != k))
    point = replace(
        trial.point,
        cotangents=tuple(trial.point.cotangents[i] for i in order),
        noise=tuple(trial.point.noise[i] for i in order),
    )
    weights = tuple(trial.weights[i] for i in order)
    other = replace(trial, point=point, weights=weights, claimed={0: plain, 1: trial.claimed[0]})
    misused = bent(other)
    if misused is not None:
        return misused
    lines = other.lines()
    for line in lines:
        reading = judged(other, line, plain.flat)
        if reading.outcome is Outcome.REFUTED:
            others = tuple(x for x in lines if x is not line)
            return finding_of(other, blame(other, Refuted(line, reading, others))[0])
    return None


def _nonlinear(trial: Trial) -> Finding:
    said = "right for one cotangent and wrong for another: the gradient is not linear in it"
    return trial.finding("cotangent-misused", None, said)


def _refuted(trial: Trial, line: Line, flat: Array, k: int) -> bool:
    return judged(trial, line, flat, k).outcome is Outcome.REFUTED


def cotangent_layouts(trial: Trial, first: Pullback, lines: Sequence[Line]) -> Finding | None:
    """Wrong for another cotangent, or for one that lies transposed in memory."""
    if trial.large:
        return None  # looked at a step further along a line
    found = trial.back(first, trial.second, Layout.TANGLED)
    if isinstance(found, Raised):
        said = f"the backward pass raises for a transposed cotangent: {found.reason}"
        return trial.finding("layout-dependent", None, said)
    said = "another gradient for the same cotangent, transposed in memory"
    return _wrong_for(trial, lines, trial.second, found, said)


def input_layouts(trial: Trial, first: Pullback, lines: Sequence[Line]) -> Finding | None:
    """Another gradient for the same inputs, not contiguous in memory."""
    del first, lines
    if trial.narrow or trial.large:
        return None  # where other inputs, or the own format, are looked at, it is in that layout
    return differing_layouts(trial)


def batched(trial: Trial, first: Pullback, lines: Sequence[Line]) -> Finding | None:
    """Other gradients for several cotangents at once, or anything but zeros for zeros."""
    del lines
    if trial.large:
        return None
    nothing = Weight(tuple(np.zeros_like(array) for array in trial.weights[0].arrays))
    found = trial.ask.batched(trial.primals, [Weight(trial.weights[0].arrays), nothing])
    if isinstance(found, Unsupported):
        alone = trial.back_of(first, nothing)
        return None if isinstance(alone, Raised) else _not_zero(trial, alone)
    rows = [taken(Pulled(claims), trial.point.leaves) for claims in found]
    said = "the same cotangent in a batch of several gives another gradient"
    differs = differing(trial, "batched-differs", said, trial.claimed[0].flat, rows[0])
    return differs or _not_zero_in_batch(trial, first, nothing, rows[1])


def _not_zero_in_batch(
    trial: Trial, first: Pullback, nothing: Weight, row: Taken
) -> Finding | None:
    """Return a finding where a cotangent of zeros beside another gives anything but zeros."""
    if not np.any(row.flat):
        return None
    alone = trial.back_of(first, nothing)
    if not isinstance(alone, Raised) and (found := _not_zero(trial, alone)):
        return found
    said = "not zero for a cotangent of zeros beside another in a batch"
    return differing(trial, "batched-differs", said, np.zeros_like(row.flat), row)


def _not_zero(trial: Trial, found: Taken) -> Finding | None:
    if not np.any(found.flat):
        return None
    said = "not zero for a cotangent of zeros"
    return differing(trial, "cotangent-misused", said, np.zeros_like(found.flat), found)


def elsewhere(trial: Trial, first: Pullback, lines: Sequence[Line]) -> Finding | None:
    """Wrong at other inputs of the same range."""
    del first
    return wrong_along(trial, lines[0]) if trial.large and lines else wrong_nearby(trial)


TESTS: Final[tuple[Test, ...]] = (
    modified, expanded, cotangent_layouts, elsewhere, input_layouts, second_order, batched,
    forward_mode,
)  # fmt: skip


WITHOUT_LINES: Final = tuple(test for test in TESTS if test not in {forward_mode, second_order})


def conduct(trial: Trial, first: Pullback, lines: Sequence[Line]) -> Finding | None:
    """Return the first thing that is wrong with a backward pass whose gradient is right.

    What comes after it would mostly be its consequence.
    """
    tests = TESTS if lines else WITHOUT_LINES
    found = (test(trial, first, lines) for test in tests)
    return next((item for item in found if item is not None), None)
