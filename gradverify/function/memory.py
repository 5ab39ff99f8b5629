"""Answers that depend on the calls before, on chance, or on the cotangent as they should not."""

from itertools import pairwise
from typing import Final

import numpy as np

from gradverify.arrays import Array
from gradverify.function.differing import differing
from gradverify.function.taken import Taken
from gradverify.function.trial import Trial
from gradverify.oracles.function import Form, Layout, Weight
from gradverify.oracles.guard import Raised
from gradverify.verdict.verdict import Finding

TWICE: Final = "the same call twice gives two gradients"
FIRST: Final = "the first call is right, and a later one at the same inputs is not"
CONSTANT: Final = "the gradient of the first call comes back for every cotangent"
ONES: Final = "the gradient for a cotangent of ones times a number, whatever the cotangent"
IGNORED: Final = "the same gradient for every cotangent"
BENT: Final = "the gradient is not linear in the cotangent: minus twice that gives something else"
FACTOR: Final = -2.0
REPEATS: Final = 4  # calls after the second
SEVERAL: Final = 3  # entries, of which two could be proportional by chance


def unstable(trial: Trial, patience: int = 1) -> Finding | None:
    """Return a finding where the plain call, repeated, gives another gradient.

    What depends on the calls before settles, or grows by the same each time; chance does neither.
    It is repeated `patience` times before it counts as stable.
    """
    first, second = trial.claimed[0].flat, trial.again(0)
    tries = 1
    while isinstance(second, Taken) and _same(trial, first, second.flat) and tries < patience:
        second, tries = trial.again(0), tries + 1
    if isinstance(second, Raised) or _same(trial, first, second.flat):
        return None
    more = [trial.again(0) for _ in range(REPEATS)]
    flats = [first, second.flat, *(call.flat for call in more if isinstance(call, Taken))]
    settles = all(_same(trial, flats[1], flat) for flat in flats[2:])
    steps = [after - before for before, after in pairwise(flats)]
    grows = all(_same(trial, steps[1], step) for step in steps[2:])  # others came before the second
    if settles or grows:
        return differing(trial, "remembers-last-call", FIRST, first, second)
    return differing(trial, "not-deterministic", TWICE, first, second)


def misused(trial: Trial) -> Finding | None:
    """Return a finding where a wrong gradient shows how the cotangent is misused."""
    first, last = trial.claimed[0], len(trial.weights) - 1
    ones = trial.again(last, layout=Layout.PLAIN)
    if isinstance(ones, Raised) or not np.any(first.flat):
        return None
    if np.array_equal(ones.flat, first.flat) and not _alike(trial):
        return trial.finding("cotangent-misused", None, IGNORED)
    if _proportional(trial, ones.flat):
        return trial.finding("cotangent-misused", None, ONES)
    return bent(trial)


def bent(trial: Trial) -> Finding | None:
    """Return a finding where a multiple of the cotangent has no multiple of the gradient."""
    pullback = trial.pull(Form(wide=trial.ask.wide))
    if isinstance(pullback, Raised):
        return None
    scaled = Weight(tuple(FACTOR * array for array in trial.weights[0].arrays))
    found = trial.back_of(pullback, scaled)
    if isinstance(found, Raised):
        return None
    return differing(trial, "cotangent-misused", BENT, FACTOR * trial.claimed[0].flat, found)


def _proportional(trial: Trial, ones: Array) -> bool:
    """Whether every cotangent gives the gradient for ones times a number, where it should not."""
    claims = [trial.claimed[0].flat] + [
        taken.flat
        for k in range(1, len(trial.weights) - 1)
        if isinstance(taken := trial.again(k), Taken)
    ]
    if trial.point.value.size < SEVERAL or np.count_nonzero(ones) < SEVERAL:
        return False
    top = int(np.argmax(np.abs(ones)))
    return all(_same(trial, claim, claim[top] / ones[top] * ones) for claim in claims)


def _same(trial: Trial, one: Array, other: Array) -> bool:
    return bool(np.all(trial.same(one, other, strictly=True)))


def _alike(trial: Trial) -> bool:
    """Whether the drawn cotangent is one of ones itself."""
    row, ones = trial.point.cotangents[0], trial.point.cotangents[-1]
    return bool(np.array_equal(row, ones))
