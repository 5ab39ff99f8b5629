"""Values before gradients: where the forward passes part, no gradient can be judged."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, final

import numpy as np

from gradverify.arrays import Array, Dtype, Shape, largest
from gradverify.oracles.enclosure import Enclosure
from gradverify.verdict.parties import SHARED_PRIMALS
from gradverify.verdict.verdict import Status, Verdict, Worst

RADII: Final = 2.0
PLACES: Final = 8.0


@final
@dataclass(frozen=True, slots=True)
class ClaimedValue:
    """What one party says that a variable is, its format, and how precisely that is meant."""

    party: str
    of: str
    array: Array
    dtype: Dtype
    precision: Array | None


def judge_value(claimed: ClaimedValue, truth: Enclosure) -> Verdict:
    """Hold a value against the numpy forward pass in float64, within rounding.

    Two NaNs agree, and so do two infinities of one sign; an entry whose rounding has no bound is
    undecided, unless it is equal.
    """
    true = truth.mid.astype(np.float64)
    scale = _largest_finite(true) or _largest_finite(claimed.array) or 1.0
    allowed = (
        _rounding(claimed, truth, scale) if claimed.dtype.kind == "f" else np.zeros(true.shape)
    )
    with np.errstate(invalid="ignore"):
        gap = np.where(_same(claimed.array, true), 0.0, np.abs(claimed.array - true))
    if not gap.size:
        return _verdict(claimed, Status.AGREE, 0.0, 0.0, None)
    gap = np.where(np.isnan(gap), np.inf, gap)
    index = _index(np.argmax(gap - np.where(gap > 0, allowed, 0.0)), true.shape)
    worst = Worst(index, float(claimed.array[index]), float(true[index]))
    status = Status.AGREE if np.all(gap <= allowed) else Status.DISAGREE
    unbounded = (gap > 0) & ~np.isfinite(allowed)
    status = Status.UNDECIDED if status is Status.AGREE and np.any(unbounded) else status
    return _verdict(
        claimed, status, float(gap[index]) / scale, float(allowed[index]) / scale, worst
    )


def _rounding(claimed: ClaimedValue, truth: Enclosure, scale: float) -> Array:
    places = PLACES * float(np.finfo(claimed.dtype).eps) * scale
    printed = 0.0 if claimed.precision is None else claimed.precision
    rad = np.where(np.isfinite(truth.rad), truth.rad, np.inf)
    return RADII * rad + places + printed


def _same(claimed: Array, true: Array) -> Array:
    return (claimed == true) | (np.isnan(claimed) & np.isnan(true))


def _largest_finite(array: Array) -> float:
    return largest(np.where(np.isfinite(array), array, 0.0))


def _index(entry: np.intp, shape: Shape) -> tuple[int, ...]:
    return tuple(int(k) for k in np.unravel_index(int(entry), shape))


def _verdict(
    claimed: ClaimedValue, status: Status, error: float, allowed: float, worst: Worst | None
) -> Verdict:
    printed = claimed.precision is not None and bool(np.any(claimed.precision))
    because = "the digits printed, and rounding" if printed else f"rounding in {claimed.dtype}"
    return Verdict(claimed.party, "value", claimed.of, status, error, allowed, because, worst)


def odd_one_out(verdicts: Mapping[str, Verdict]) -> str | None:
    """Return whose forward pass is wrong, where independent ones outnumber it; else None.

    `rules`, `finite_difference` and the truth itself share the numpy primals and count as one.
    """
    independent = [v for v in verdicts.values() if v.party not in SHARED_PRIMALS]
    wrong = [v.party for v in independent if v.status is Status.DISAGREE]
    right = [v.party for v in independent if v.status is Status.AGREE]
    if len(wrong) == 1 and right:
        return wrong[0]
    return "rules" if len(wrong) > 1 and not right else None
