"""Causes that show once the truth is known entry by entry."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from gradverify.arrays import EPS, Array, largest
from gradverify.function.accused import Accused, Cause

SHOWN: Final = 4  # entries that a message names
PART: Final = 3  # at most one in so many entries are a few
LOOSE: Final = 2.0**12  # roundings of the largest entry within which an entry is right


def by_truth(accused: Accused, truth: Array) -> Cause | None:
    """Return the cause that comparing entry by entry shows."""
    wrong = np.flatnonzero(_off(accused, truth))
    if not wrong.size or PART * wrong.size > accused.size:
        return None
    return replace(entries_wrong(accused, wrong), truth=np.ravel(truth))


def _off(accused: Accused, truth: Array) -> Array:
    allowed = LOOSE * EPS * largest(truth)
    with np.errstate(invalid="ignore"):
        return ~(np.abs(accused.claims[0] - np.ravel(truth)) <= allowed)


def entries_wrong(accused: Accused, entries: Sequence[int] | Array) -> Cause:
    """Return the finding's words for some wrong entries, all others being right."""
    wrong = [int(entry) for entry in entries]
    places = [np.unravel_index(entry, accused.shape) for entry in wrong[:SHOWN]]
    shown = ", ".join(f"[{', '.join(str(int(i)) for i in place)}]" for place in places)
    more = f" and {len(wrong) - SHOWN} more" if len(wrong) > SHOWN else ""
    verb = "is" if len(wrong) == 1 else "are"
    message = (
        f"{len(wrong)} of {accused.size} entries {verb} wrong, all others right: {shown}{more}"
    )
    return Cause("entries-wrong", message, {"entries": len(wrong)})
