"""Fingerprint: an array told from another by a few numbers of it."""

from dataclasses import dataclass
from typing import final


@final
@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What one party's array looks like; `kind`, `of` and `at` are those of its verdict.

    `size` is the largest finite magnitude. A projection is the mean of the entries, each with a
    sign of its own. Probes are entries by their index in C order: all of them where they are few,
    else the largest and some others. What is not finite is counted, and is zero in a projection.
    """

    party: str
    kind: str
    of: str
    shape: tuple[int, ...]
    dtype: str
    size: float
    nonfinite: int
    projections: tuple[float, ...]
    probes: tuple[tuple[int, float], ...]
    at: str = ""
