"""The smallest error that an examination would have noticed, read off its lines."""

from collections.abc import Sequence

import numpy as np

from gradverify.arrays import Array, largest, length
from gradverify.function.line import Line
from gradverify.function.reading import Reading
from gradverify.function.trial import Trial
from gradverify.verdict.verdict import Sensitivity


def sensitivities(
    trial: Trial, lines: Sequence[Line], readings: Sequence[Reading], narrow: Sequence[float]
) -> dict[str, Sensitivity]:
    """Return for every leaf the smallest error in its whole gradient, and in any one entry.

    Relative to its largest entry. `narrow` holds what is allowed of a leaf in its own format.
    """
    flat = trial.claimed[0].flat
    found: dict[str, Sensitivity] = {}
    for k, name in enumerate(trial.names):
        span = trial.point.leaves.span(k)
        seen = [
            _along(flat[span], line.direction[span], reading)
            for line, reading in zip(lines, readings, strict=True)
        ]
        whole = min((s.whole for s in seen), default=np.inf)
        entry = min((s.entry for s in seen), default=np.inf)
        found[name] = Sensitivity(max(whole, narrow[k]), max(entry, narrow[k]))
    return found


def _along(claim: Array, direction: Array, reading: Reading) -> Sensitivity:
    if not np.isfinite(reading.allowed) or not np.any(direction):
        return Sensitivity(np.inf, np.inf)
    scale = largest(claim) or 1.0
    moved = np.abs(direction[direction != 0])  # entries at kinks have lines of their own
    least = float(np.min(moved, initial=np.inf))
    whole = reading.allowed / (length(claim * direction) or scale * length(direction) or 1.0)
    return Sensitivity(whole, reading.allowed / (least * scale))
