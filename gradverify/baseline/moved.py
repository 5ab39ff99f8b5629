"""Whether an array moved: two prints of it, held against the error bars of both."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import inf, isfinite, isnan
from types import MappingProxyType
from typing import Final, final

from gradverify.baseline.model import Print, size_of

EPS: Final[Mapping[str, float]] = MappingProxyType(
    {"float16": 2.0**-10, "bfloat16": 2.0**-7, "float32": 2.0**-23, "float64": 2.0**-52}
)
UNITS: Final = 16.0
"""Errors of so many units of rounding are nothing, whatever an error bar says."""


@final
@dataclass(frozen=True, slots=True)
class Moved:
    """By how much an array moved, of its largest entry, and how many times its error bars that is.

    `index` is the entry that moved most of those that are kept, in C order, or None where only a
    projection shows it; `before` and `now` are its values, or those of the projection.
    """

    by: float
    times: float
    index: int | None
    before: float
    now: float


@final
@dataclass(frozen=True, slots=True)
class _Gap:
    by: float
    index: int | None
    before: float
    now: float


def moved(before: Print, now: Print, blur: float = 1.0) -> Moved | None:
    """Return how an array of one shape moved, or None where it did by no more than it may.

    An entry may move by the error bars of both; a mean of entries with signs by no more than that.
    Where an error bar is `blur` times as wide as it says, so is this. Infinite or unknown error
    bars allow everything.
    """
    bar = blur * (before.bar + now.bar)
    same = (before.probes, before.projections) == (now.probes, now.projections)
    if same or isnan(bar):  # the same bits are what most arrays have
        return None
    size = max(size_of(before), size_of(now))
    bar = max(bar, UNITS * eps_of(before.dtype, now.dtype) * size)
    found = max(_gaps(before, now), key=lambda gap: gap.by, default=None)
    if found is None or found.by <= bar:
        return None
    times = found.by / bar if bar else inf
    return Moved(found.by / size if size else inf, times, found.index, found.before, found.now)


def eps_of(*dtypes: str) -> float:
    """Return the unit of rounding of the coarsest of formats; others count as float64."""
    return max((EPS.get(dtype, EPS["float64"]) for dtype in dtypes), default=EPS["float64"])


def _gaps(before: Print, now: Print) -> Iterator[_Gap]:
    """Yield the gap of every number that both have; entries first, which say more."""
    entries = dict(now.probes)
    for k, value in before.probes:
        if k in entries:
            yield _Gap(_gap(value, entries[k]), k, value, entries[k])
    if before.nonfinite == now.nonfinite:  # else what was left out of the means is not the same
        for one, other in zip(before.projections, now.projections, strict=False):
            yield _Gap(_gap(one, other), None, one, other)


def _gap(before: float, now: float) -> float:
    if before == now or (isnan(before) and isnan(now)):
        return 0.0
    gap = abs(before - now)
    return gap if isfinite(gap) else inf
