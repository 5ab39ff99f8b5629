"""Forward mode, and second order: held against the differences that were taken for the first."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from gradverify.arrays import EPS, Array, length
from gradverify.function.differing import differing
from gradverify.function.line import Line
from gradverify.function.memory import unstable
from gradverify.function.noise import listen
from gradverify.function.taken import taken
from gradverify.function.trial import Trial
from gradverify.oracles.function import Pullback, Pulled
from gradverify.oracles.oracle import Unsupported
from gradverify.oracles.rung import LOUD
from gradverify.verdict.truth import BARS
from gradverify.verdict.verdict import Finding

ROUNDINGS: Final = 64 * EPS
STEEPER: Final = 64.0  # times as much rounding in a second derivative as in the first


def forward_mode(trial: Trial, first: Pullback, lines: Sequence[Line]) -> Finding | None:
    """Tangents of the outputs that are not their derivatives."""
    del first
    line = lines[0]
    found = trial.ask.push(trial.primals, trial.point.leaves.split(line.direction))
    if isinstance(found, Unsupported):
        return None
    flat = np.concatenate([np.ravel(tangent) for tangent in found])
    for k, row in enumerate(trial.point.cotangents):
        along, size = float(row @ flat), length(row * flat)
        true = _contradicted(trial, line, k, (along, size))
        if true is not None:
            said = f"forward mode gives {along:.7g} along a line whose slope is {true:.7g}"
            return trial.finding("forward-mode-differs", None, said)
    return None


def _contradicted(trial: Trial, line: Line, k: int, claim: tuple[float, float]) -> float | None:
    """Return the slope for cotangent `k` where a claim of it, and its size, cannot be right."""
    along, size = claim
    glance = line.glance(k, 0.0, more=False)
    if abs(along - glance.value) <= BARS * glance.bar + ROUNDINGS * size:
        return None
    if not trial.shaky:
        listen(trial)
    slope = line.slope(k)
    allowed = BARS * slope.bar + (ROUNDINGS + trial.shaky) * size
    told = np.isfinite(slope.bar) and not slope.kinked
    return slope.value if told and not abs(along - slope.value) <= allowed else None


def second_order(trial: Trial, first: Pullback, lines: Sequence[Line]) -> Finding | None:
    """A derivative of the gradient that is not the function's second derivative.

    Where there is none, the gradient is asked for once more instead.
    """
    del first
    line = lines[0]
    tangents = trial.point.leaves.split(line.direction)
    found = trial.ask.curve(trial.primals, trial.weights[0], tangents)
    right = trial.claimed[0].flat
    if isinstance(found, Unsupported):
        return unstable(trial)
    again = taken(Pulled(found.claims), trial.point.leaves)
    if differing(trial, "", "", right, again):
        return unstable(trial)
    silent = " (the backward pass runs without a graph)" if found.cut else ""
    return _by_cotangents(trial, line, found.by_cotangents, silent) or _by_primals(
        trial, line, found.by_primals, silent
    )


def _inner(claims: Sequence[Array | None], others: Sequence[Array]) -> tuple[float, float]:
    """Return ⟨claims, others⟩ and the length of what is summed."""
    pairs = [(c, o) for c, o in zip(claims, others, strict=True) if c is not None]
    along = sum(float(np.sum(c * o)) for c, o in pairs)
    return along, sum(length(c * o) for c, o in pairs)


def _by_cotangents(
    trial: Trial, line: Line, claims: Sequence[Array | None], silent: str
) -> Finding | None:
    """By the cotangent it is the function's own derivative: the slope for another cotangent."""
    k = len(trial.weights) - 1
    claim = _inner(claims, trial.weights[k].arrays)
    true = _contradicted(trial, line, k, claim)
    if true is None:
        return None
    said = f"by the cotangent it is {claim[0]:.7g} along a line where {true:.7g} is right{silent}"
    return trial.finding("second-order-differs", None, said)


def _by_primals(
    trial: Trial, line: Line, claims: Sequence[Array | None], silent: str
) -> Finding | None:
    along, size = _inner(claims, trial.point.leaves.split(line.direction))
    true, bar = line.curvature()
    if not np.isfinite(bar) or abs(along - true) <= BARS * bar + ROUNDINGS * size:
        return None
    if not trial.shaky:
        listen(trial)
    true, bar = line.curvature(noise=LOUD * line.heard())
    rounding = (ROUNDINGS + STEEPER * trial.shaky) * size
    if line.creased() or abs(along - true) <= BARS * bar + rounding:
        return None
    said = f"the gradient's own derivative is {along:.7g} along a line where {true:.7g} is right"
    return trial.finding("second-order-differs", None, f"{said}{silent}")
