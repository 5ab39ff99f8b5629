"""A claimed gradient that was found wrong, and everything that can explain it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, final

import numpy as np

from gradverify.arrays import Array, Values, largest
from gradverify.errors import Mark
from gradverify.program.program import Program
from gradverify.verdict.verdict import Detail

CERTAIN: Final = 0.01  # an explanation must leave less than this share of the error


@final
@dataclass(frozen=True, slots=True)
class Suspect:
    """What `party` claims for the gradient by the variable `of` (the value `value`), and the truth.

    `truths` holds the true gradient by every value of the program, `env` their values, both
    float64; `allowed` is what rounding and printing excuse, entry by entry. `known`: the truth is
    known entry by entry, else only along lines, and no cause can be certain.
    """

    party: str
    of: str
    value: str
    claimed: Array
    truth: Array
    allowed: Array
    known: bool
    program: Program
    env: Values
    truths: Values

    def explained_by(self, candidate: Array) -> float | None:
        """Return the relative error that a candidate leaves, None where it explains nothing.

        It must fit within what rounding excuses, and that must be small against the error itself.
        """
        if candidate.shape != self.claimed.shape:
            return None
        excused = largest(self.allowed) * max(
            1.0, largest(candidate) / (largest(self.truth) or 1.0)
        )
        error = np.abs(self.claimed - self.truth)
        left = np.abs(self.claimed - candidate)
        if not bool(np.all(left <= 2 * excused)) or excused > CERTAIN * largest(error):
            return None
        return largest(left) / (largest(candidate) or 1.0)


def _no_details() -> Mapping[str, Detail]:
    return MappingProxyType({})


@final
@dataclass(frozen=True, slots=True)
class Cause:
    """Why a claim is wrong: a finding's code, the sentence for this case, and its numbers."""

    code: str
    message: str
    details: Mapping[str, Detail] = field(default_factory=_no_details)
    mark: Mark | None = None


def closeness(left: float) -> str:
    """Return how near an explanation comes to the claim: exactly, or to a relative error."""
    return "exactly" if left == 0.0 else f"to {left:.1e}"
