"""Values before gradients: where the forward passes part, no gradient can be judged."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, final

import numpy as np

from gradverify.arrays import Array, Dtype, largest
from gradverify.oracles.enclosure import Enclosure
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
    """Hold a value against the numpy forward pass in float64, within rounding."""
    scale = largest(truth.mid) or largest(claimed.array) or 1.0
    allowed = np.zeros(truth.mid.shape) if claimed.dtype.kind != "f" else _rounding(claimed, truth)
    gap = np.abs(claimed.array.astype(np.float64) - truth.mid)
    gap = np.where(_same_infinity(claimed.array, truth.mid), 0.0, gap)
    off = ~(gap <= allowed)
    entry = int(np.argmax(np.where(np.isnan(gap), np.inf, gap))) if gap.size else None
    if entry is None:
        return _verdict(claimed, Status.AGREE, 0.0, 0.0, None)
    index = tuple(int(k) for k in np.unravel_index(entry, truth.mid.shape))
    worst = Worst(index, float(claimed.array[index]), float(truth.mid[index]))
    status = Status.DISAGREE if np.any(off) else Status.AGREE
    return _verdict(
        claimed, status, float(gap[index]) / scale, float(allowed[index]) / scale, worst
    )


def _rounding(claimed: ClaimedValue, truth: Enclosure) -> Array:
    places = PLACES * float(np.finfo(claimed.dtype).eps) * largest(truth.mid)
    printed = 0.0 if claimed.precision is None else claimed.precision
    return RADII * truth.rad + places + printed


def _same_infinity(claimed: Array, true: Array) -> Array:
    return np.isinf(claimed) & (claimed == true)


def _verdict(
    claimed: ClaimedValue, status: Status, error: float, allowed: float, worst: Worst | None
) -> Verdict:
    printed = claimed.precision is not None and bool(np.any(claimed.precision))
    because = "the digits printed, and rounding" if printed else f"rounding in {claimed.dtype}"
    return Verdict(claimed.party, "value", claimed.of, status, error, allowed, because, worst)


def odd_one_out(verdicts: Mapping[str, Verdict]) -> str | None:
    """Return whose forward pass is wrong, where independent ones outnumber it; None if that is open.

    `rules`, `finite_difference` and the truth itself share the numpy primals and count as one.
    """
    independent = [v for v in verdicts.values() if v.party not in SHARED_PRIMALS]
    wrong = [v.party for v in independent if v.status is Status.DISAGREE]
    right = [v.party for v in independent if v.status is Status.AGREE]
    if len(wrong) == 1 and right:
        return wrong[0]
    return "rules" if len(wrong) > 1 and not right else None


SHARED_PRIMALS: Final = frozenset({"rules", "finite_difference", "derived"})
