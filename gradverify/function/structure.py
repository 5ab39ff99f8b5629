"""What is wrong with a gradient as such: its shape, or entries that are not numbers."""

from typing import Final

import numpy as np

from gradverify.arrays import Array
from gradverify.function.accused import Cause
from gradverify.function.blame import Guilt
from gradverify.function.kinks import unit
from gradverify.function.reading import Claimed, hold
from gradverify.function.trial import Trial
from gradverify.oracles.function_errors import NotNumbersError, OutputChangedError, ReturnedError
from gradverify.oracles.guard import Raised
from gradverify.verdict.truth import Outcome
from gradverify.verdict.verdict import Finding

SHAPELESS: Final = ("invalid gradient at",)
"""What torch says of a gradient that has not the shape of its input."""

OURS: Final = (ReturnedError.__name__, NotNumbersError.__name__)


def structure(trial: Trial) -> list[Guilt]:
    """Return leaves whose gradient cannot be compared, and leave them out of the lines."""
    claimed = trial.claimed[0]
    found = [_misshapen(trial, k) for k in claimed.misshapen]
    found += [_whole(trial, k) for k, kind in enumerate(claimed.pulled.dtypes) if "int" in kind]
    infinite = [
        k
        for k in range(len(trial.names))
        if not np.all(np.isfinite(claimed.flat[trial.point.leaves.span(k)]))
    ]
    found += [guilt for k in infinite if (guilt := _infinite(trial, k)) is not None]
    trial.ignored = tuple({*claimed.misshapen, *infinite, *(item.leaf for item in found)})
    if trial.ignored:
        trial.claimed[0] = claimed.without(trial.ignored, trial.point.leaves)
    return found


def _whole(trial: Trial, leaf: int) -> Guilt:
    """Return the guilt of a gradient that was cut to whole numbers."""
    dtype = trial.claimed[0].pulled.dtypes[leaf]
    cause = Cause("precision-lost", f"returned as {dtype}: whole numbers", {"format": dtype})
    value = float(trial.claimed[0].flat[trial.point.leaves.bounds[leaf]])
    return Guilt(leaf, cause, 0, value, np.nan, np.nan, np.nan)


def _misshapen(trial: Trial, leaf: int) -> Guilt:
    claim = trial.claimed[0].pulled.claims[leaf]
    shape = trial.point.leaves.shapes[leaf]
    assert claim is not None  # noqa: S101 - misshapen leaves have a claim
    said = f"of shape {claim.shape} for an input of shape {shape}"
    summed = _summed(claim, shape)
    code = "shape-differs"
    if summed is not None and _fits(trial, leaf, summed):
        code, said = "broadcast-not-summed", f"{said}: its sum over the broadcast axes is right"
    value = float(np.ravel(claim)[0]) if claim.size else np.nan
    return Guilt(leaf, Cause(code, said, {}), 0, value, np.nan, np.nan, np.nan)


def _summed(claim: Array, shape: tuple[int, ...]) -> Array | None:
    """Return a claim summed over the axes that the input lacks or has with length 1."""
    extra = claim.ndim - len(shape)
    if extra < 0:
        return None
    summed = claim.sum(axis=tuple(range(extra)))
    axes = tuple(k for k, n in enumerate(shape) if n == 1 and summed.shape[k] != 1)
    summed = summed.sum(axis=axes, keepdims=True) if axes else summed
    return summed if summed.shape == shape else None


def _fits(trial: Trial, leaf: int, claim: Array) -> bool:
    flat = np.zeros(trial.point.primal.size)
    span = trial.point.leaves.span(leaf)
    flat[span] = np.ravel(claim)
    for line in trial.lines():
        direction = np.zeros(flat.size)
        direction[span] = line.direction[span]
        if hold(trial.point.line(direction), Claimed(flat, 0)).outcome is not Outcome.FITS:
            return False
    return True


def _infinite(trial: Trial, leaf: int) -> Guilt | None:
    """Return the guilt of an entry that is not a number where the function has a slope."""
    span = trial.point.leaves.span(leaf)
    claim = trial.claimed[0].flat[span]
    bad = np.flatnonzero(~np.isfinite(claim))
    direction = np.zeros(trial.point.primal.size)
    direction[span] = unit(trial.point.primal[span], int(bad[0]))
    slope = trial.point.line(direction).slope()
    if not np.isfinite(slope.bar):
        return None
    size = float(np.max(np.abs(direction)))
    true = slope.value / size
    said = f"{bad.size} of {claim.size} entries are not finite, where the function has a slope"
    cause = Cause("not-finite", said, {"entries": int(bad.size)})
    return Guilt(leaf, cause, int(bad[0]), float(claim[bad[0]]), true, np.inf, 0.0)


def refused(trial: Trial, raised: Raised) -> Finding:
    """Return the finding of a backward pass that raised."""
    shapes = any(word in raised.reason for word in SHAPELESS)
    code = "shape-differs" if shapes else "gradient-missing"
    if raised.reason.startswith(OutputChangedError.__name__):
        said = raised.reason.partition(": ")[2].rpartition(" (")[0]
        return trial.finding("not-deterministic", None, said)
    return trial.finding(code, None, f"there is no gradient: {_said(raised.reason)}")


def _said(reason: str) -> str:
    """Return what was raised: of errors of ours the sentence alone."""
    ours = next((name for name in OURS if reason.startswith(f"{name}: ")), None)
    if ours is None:
        return f"it raised {reason}"
    return reason.removeprefix(f"{ours}: ").rpartition(" (")[0]
