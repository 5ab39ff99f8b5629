"""One party's gradient by one variable, with all that it is judged by."""

from dataclasses import dataclass
from typing import final

import numpy as np

from gradverify.arrays import Array, Dtype
from gradverify.oracles.oracle import Gradients
from gradverify.verdict.case import Case, mark_of
from gradverify.verdict.compare import Claimed, Ground
from gradverify.verdict.parties import WRITTEN
from gradverify.verdict.verdict import About


@final
@dataclass(frozen=True, slots=True)
class Subject:
    """What `claimed` says about the value `name`, out of a party's whole `answer`."""

    case: Case
    name: str
    answer: Gradients
    claimed: Claimed
    ground: Ground

    @property
    def about(self) -> About:
        """Whom a finding would be about, and where the claim stands."""
        party, of = self.claimed.party, self.claimed.of
        return About(party, of, mark_of(self.case, party, "grads", of))


def subject_of(case: Case, party: str, name: str, answer: Gradients, ground: Ground) -> Subject:
    """Return what a party says about one variable, in the format that it is held to."""
    claimed = claim(case, party, name, answer.wrt[name], precision_of(case, party, name, answer))
    return Subject(case, name, answer, claimed, ground)


def claim(case: Case, party: str, name: str, array: Array, precision: Array | None) -> Claimed:
    """Return a party's gradient by one variable, in the format that it is held to."""
    dtype = dtype_of(case, party, name)
    of = case.variables.get(name, name)
    return Claimed(party, of, array.astype(np.float64), dtype, precision)


def dtype_of(case: Case, party: str, name: str) -> Dtype:
    """Return the format that a party is held to: the program's, and float64 for written numbers.

    An oracle that answers in a narrower format than the program's has lost precision.
    """
    return np.dtype(np.float64) if party in WRITTEN else case.program.kinds[name].dtype


def precision_of(case: Case, party: str, name: str, answer: Gradients) -> Array | None:
    """Return how precisely a gradient is meant; that of a hand-written pass, as its steps round."""
    if party != "derived":
        return answer.precision.get(name)
    return case.values[case.program.derived.outputs[case.variables[name]]].rad
