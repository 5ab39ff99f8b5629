"""The start of an examination: the function's value, its precision, and whether it holds still."""

from collections.abc import Generator, Sequence
from contextlib import contextmanager, nullcontext
from functools import partial
from typing import Final, TypeAlias

import numpy as np

from gradverify.arrays import EPS, Array, largest, length
from gradverify.function.asking import Asking
from gradverify.function.point import point, weights
from gradverify.function.trial import LOOSE, Trial
from gradverify.oracles.function import Arrays, Function, Pullback
from gradverify.oracles.function_errors import (
    FunctionError,
    FunctionRaisedError,
    NotFiniteError,
)
from gradverify.oracles.guard import Raised, guarded
from gradverify.oracles.random_state import reseed, standing
from gradverify.verdict.verdict import Finding

Found: TypeAlias = tuple[Arrays, float]
"""The outputs, and the eps of their format."""

RANDOM: Final = "two forward passes at the same inputs differ, whatever is seeded"


def start(function: Function, seed: int) -> Trial:
    """Return a trial of a function at its own inputs.

    Raises FunctionRaisedError, NotFiniteError or OutputChangedError where it has no value there.
    """
    ask = Asking(function, seed, nullcontext)
    primals = tuple(leaf.primal for leaf in function.leaves)
    found = _first(ask, primals)
    _finite(function, found[0])
    drawn = weights(found[0], seed, max(leaf.eps for leaf in function.leaves))
    return Trial(ask, point(ask, primals, drawn, found), drawn, primals)


def _first(ask: Asking, primals: Arrays) -> Found:
    """Return the values: in float64 where the function can, else in its own format."""
    before = standing()
    found = guarded(lambda: _passing(ask, primals))
    if standing() != before:  # it draws random numbers: the same ones in every call from now on
        ask.around = partial(_seeded, ask.seed)
        found = guarded(lambda: _passing(ask, primals))
    if isinstance(found, Raised) and any(leaf.eps > EPS for leaf in ask.function.leaves):
        ask.wide = False
        found = guarded(lambda: _passing(ask, primals))
    if isinstance(found, Raised):
        raise FunctionRaisedError(ask.function.name, found.reason)
    if isinstance(found, FunctionError):
        raise found
    return found


@contextmanager
def _seeded(seed: int) -> Generator[None, None, None]:
    reseed(seed)
    yield


def _passing(ask: Asking, primals: Arrays) -> Found | FunctionError:
    """Return the values, or an error of ours as a value: it is no exception of the function's."""
    try:
        return ask.values(primals)
    except FunctionError as error:
        return error


def _finite(function: Function, found: Sequence[Array]) -> None:
    for k, value in enumerate(found):
        bad = np.flatnonzero(~np.isfinite(value))
        if bad.size:
            index = [int(i) for i in np.unravel_index(int(bad[0]), value.shape)]
            what = f"{bad.size} of {value.size} entries of output {k} are not finite, first {index}"
            raise NotFiniteError(function.name, what)


def unsteady(trial: Trial, first: Pullback) -> Finding | None:
    """Return a finding where the value changes between calls, or with gradients on."""
    if _alike(trial, trial.point.value, first.values):
        return None
    if _alike(trial, trial.point.value, trial.ask.values(trial.primals)[0]):
        said = "the forward pass gives other values with gradients on than with gradients off"
        return trial.finding("values-differ", None, said)
    return trial.finding("not-deterministic", None, RANDOM)


def _alike(trial: Trial, value: Array, others: Sequence[Array]) -> bool:
    """Whether outputs are the same but for roundings, which kernels may order differently."""
    flat = np.concatenate([np.ravel(other) for other in others])
    if np.array_equal(flat, value):
        return True
    row = trial.point.cotangents[0]
    eps = max(trial.point.noise[0] / (length(row * value) or 1.0), EPS)
    return bool(np.all(np.abs(flat - value) <= LOOSE * eps * largest(value)))
