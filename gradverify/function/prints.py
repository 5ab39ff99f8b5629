"""What a function claims at its own inputs, as one fingerprint a leaf."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from gradverify.arrays import Array
from gradverify.function.trial import Trial
from gradverify.verdict.fingerprint import Fingerprint
from gradverify.verdict.imprint import fingerprint
from gradverify.verdict.verdict import Finding

KIND: Final = "vjp"
CHANGING: Final = "not-deterministic"


def prints(trial: Trial, findings: Sequence[Finding]) -> tuple[Fingerprint, ...]:
    """Return the fingerprint of each leaf's claim for the first drawn cotangent, right or wrong.

    That of one number is taken to be 1. The claim is the one that was examined: in float64 where
    the function can be called so, and the dtype is the leaf's own. One that is missing counts as
    zeros, one of another shape keeps it; of what changes from call to call there is none.
    """
    taken = trial.claimed.get(0)
    if taken is None or any(item.code == CHANGING for item in findings):
        return ()
    return tuple(_print(trial, k, claim) for k, claim in enumerate(taken.pulled.claims))


def _print(trial: Trial, k: int, claim: Array | None) -> Fingerprint:
    leaf = trial.ask.function.leaves[k]
    array = np.zeros(leaf.primal.shape) if claim is None else claim
    scaled = array if trial.unit == 1.0 else array / trial.unit
    return replace(fingerprint(trial.party, KIND, leaf.name, scaled), dtype=leaf.dtype)
