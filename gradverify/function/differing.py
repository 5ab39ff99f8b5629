"""A gradient that is not what it was in the plain call, as a finding."""

import numpy as np

from gradverify.arrays import Array
from gradverify.function.noise import coarseness, listen
from gradverify.function.taken import Taken
from gradverify.function.trial import Trial
from gradverify.verdict.verdict import Finding


def differing(trial: Trial, code: str, said: str, right: Array, other: Taken) -> Finding | None:
    """Return a finding where a gradient is not what it was in the plain call."""
    alike = _alike(trial, right, other.flat)
    if not np.all(alike) and not trial.coarse:
        trial.coarse = coarseness(trial)
        listen(trial)
        alike = _alike(trial, right, other.flat)
    if bool(np.all(alike)):
        return None
    with np.errstate(invalid="ignore"):
        off = np.abs(right - other.flat)
    gap = np.where(alike, 0.0, np.where(np.isnan(off), np.inf, off))
    entry = int(np.argmax(gap))
    leaf, index = trial.point.leaves.place(entry)
    details = {"claimed": float(other.flat[entry]), "true": float(right[entry])}
    count = int(np.sum(~alike))
    many = f"{count} of {alike.size} entries differ" if count > 1 else "one entry differs"
    return trial.finding(code, leaf, f"{said}: {many}", details, index=index)


def _alike(trial: Trial, right: Array, other: Array) -> Array:
    alike = trial.same(right, other)
    for k in trial.ignored:
        alike[trial.point.leaves.span(k)] = True
    return alike
