"""One leaf's gradient that is wrong, and all that can explain it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, final

import numpy as np

from gradverify.arrays import EPS, Array, largest, length
from gradverify.function.search import Look
from gradverify.function.trial import Trial
from gradverify.verdict.verdict import Detail

CLEAR: Final = 30.0  # an explanation must leave so many times less than the error


@final
@dataclass(frozen=True, slots=True)
class Cause:
    """Why a gradient is wrong: a finding's code, the sentence, its numbers, and the truth by it."""

    code: str
    message: str
    details: dict[str, Detail]
    truth: Array | None = None


@final
@dataclass(frozen=True, slots=True)
class Accused:
    """What is claimed for leaf `leaf` under each cotangent, flat, and what the looks say.

    The looks move this leaf alone; each has a derivative a cotangent.
    """

    trial: Trial
    leaf: int
    claims: tuple[Array, ...]
    looks: tuple[Look, ...]

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the leaf."""
        return self.trial.point.leaves.shapes[self.leaf]

    @property
    def size(self) -> int:
        """How many entries it has."""
        return self.claims[0].size

    def shaped(self, k: int = 0) -> Array:
        """Return the claim for cotangent `k` in the shape of the leaf."""
        return self.claims[k].reshape(self.shape)

    def gaps(self, candidates: Sequence[Array]) -> tuple[Array, Array]:
        """Return how far candidates are off, a row a look, and how far they may be."""
        off = np.empty((len(self.looks), len(candidates)))
        may = np.empty_like(off)
        for i, seen in enumerate(self.looks):
            for k, candidate in enumerate(candidates):
                flat = np.ravel(candidate)
                off[i, k] = flat @ seen.direction - seen.values[k]
                rounding = EPS * (16 * length(flat * seen.direction) + 64 * abs(off[i, k]))
                may[i, k] = 3 * seen.bars[k] + rounding
        return off, may

    def explained_by(self, candidates: Sequence[Array]) -> bool:
        """Whether candidates for the truth fit every look, and the claim fits clearly less."""
        with np.errstate(all="ignore"):
            off, may = self.gaps(candidates)
            if not bool(np.all(np.abs(off) <= may)):
                return False
            claimed, _ = self.gaps(self.claims[: len(candidates)])
        return bool(np.any(np.abs(claimed) > CLEAR * may))

    def worst(self, truth: Array) -> int:
        """Return the entry that is furthest from a truth."""
        gap = np.abs(self.claims[0] - np.ravel(truth))
        return int(np.argmax(np.where(np.isnan(gap), np.inf, gap))) if largest(gap) else 0
