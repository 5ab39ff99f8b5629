"""One party's array against the truth: agree, disagree or undecided, and at which entry."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final, TypeAlias, final

import numpy as np

from gradverify.arrays import Array, Dtype, largest
from gradverify.oracles.finite_difference import magnitudes, unit
from gradverify.oracles.oracle import Probe
from gradverify.verdict.locate import wrong_entry
from gradverify.verdict.tolerance import Tolerance, tolerance
from gradverify.verdict.truth import BARS, Outcome, Reading, Truth, covered, read
from gradverify.verdict.verdict import Status, Verdict, Worst

KIND: Final = "gradient"
SETTLED: Final = 64  # entries, the worst first, that are looked at one by one

BLURRED: Final = 8.0
"""How far beyond its bound nobody is blamed where the bound is as large as the gradient.

There the bound is no bound but measured, and one step that rounding carries over a kink moves the
gradient by more.
"""

BLUNT: Final = "rounding may be as large as the gradient itself"
CLOSE: Final = "off by more than rounding explains, and by less than differences can tell"
SILENT: Final = "differences cannot tell: no step gives a derivative sharp enough"
CONTRADICTED: Final = "differences contradict what the rules and every library agree on"
SEVERAL: Final = "entries at kinks, each possible by itself, that no line shows to be so together"

Look: TypeAlias = Callable[[Array], Probe]
"""Takes the derivative of the loss along a direction."""


@final
@dataclass(frozen=True, slots=True)
class Claimed:
    """One party's gradient by one variable, its format, and how precisely its entries are meant."""

    party: str
    of: str
    array: Array
    dtype: Dtype
    precision: Array | None


@final
@dataclass(frozen=True, slots=True)
class Ground:
    """What one variable's gradient is held against: the truth, and the means to look closer."""

    truth: Truth
    primal: Array
    look: Look
    stated: float | None  # the spec's own tolerance


@final
@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict, and the entries that are a convention at a kink.

    `composed`: no single entry is, but choices at kinks come to this together.
    """

    verdict: Verdict
    conventions: tuple[int, ...] = ()
    composed: bool = False


def judge(claimed: Claimed, ground: Ground) -> Judgement:
    """Return the verdict on a claimed gradient, which has the shape of the variable."""
    if not ground.truth.confirmed:
        return _by_lines(claimed, ground)
    allowed = tolerance(ground.truth, claimed.dtype, claimed.precision, ground.stated)
    gap = np.abs(claimed.array - ground.truth.array)
    off = np.flatnonzero(~(gap <= allowed.allowed))
    blurred = allowed.bluntness > 1 and bool(np.all(gap <= BLURRED * allowed.allowed))
    if off.size and not blurred:
        return _by_entries(claimed, ground, allowed, off)
    found = _verdict(claimed, ground, allowed, Status.AGREE, _furthest(gap, allowed))
    return Judgement(_undecided(found, BLUNT) if allowed.bluntness > 1 else found)


def _undecided(found: Verdict, because: str) -> Verdict:
    return replace(found, status=Status.UNDECIDED, because=because)


def _furthest(gap: Array, allowed: Tolerance) -> int | None:
    """Return the entry that comes nearest to what is allowed, or goes furthest beyond."""
    if not gap.size:
        return None
    share = np.where(gap > 0, gap / np.where(allowed.allowed > 0, allowed.allowed, 1), 0).ravel()
    return int(np.argmax(np.where(np.isnan(share), np.inf, share)))


def _by_entries(claimed: Claimed, ground: Ground, allowed: Tolerance, off: Array) -> Judgement:
    """Settle each entry that is off by a derivative of its own."""
    gap = np.abs(claimed.array - ground.truth.array).ravel()[off]
    worst_first = off[np.argsort(-np.where(np.isnan(gap), np.inf, gap), kind="stable")]
    seen = {int(k): _settle(claimed, ground, allowed, int(k)) for k in worst_first[:SETTLED]}
    wrong = [k for k, outcome in seen.items() if outcome is Outcome.REFUTED]
    conventions = tuple(k for k, outcome in seen.items() if outcome is Outcome.INSIDE)
    if wrong:
        found = _verdict(claimed, ground, allowed, Status.DISAGREE, wrong[0])
        return Judgement(found, conventions)
    if len(conventions) == len(seen):
        return _conventions(claimed, ground, allowed, worst_first)
    found = _verdict(claimed, ground, allowed, Status.UNDECIDED, int(worst_first[0]))
    return Judgement(_undecided(found, CLOSE), conventions)


def _conventions(claimed: Claimed, ground: Ground, allowed: Tolerance, entries: Array) -> Judgement:
    """Return the verdict on entries that lie between their slopes: do they together, too?"""
    together = _together(claimed, ground, entries)
    status = Status.AGREE if together is Outcome.INSIDE else Status.UNDECIDED
    status = Status.DISAGREE if together is Outcome.REFUTED else status
    found = _verdict(claimed, ground, allowed, status, int(entries[0]))
    found = _undecided(found, SEVERAL) if status is Status.UNDECIDED else found
    return Judgement(found, tuple(int(k) for k in entries))


def _settle(claimed: Claimed, ground: Ground, allowed: Tolerance, entry: int) -> Outcome:
    """Hold one entry against a derivative of its own.

    An entry far below the others is moved by as much as they are if less does not tell.
    """
    alone = unit(ground.primal, entry)
    outcome = _held(claimed, ground, allowed, entry, alone)
    typical = float(np.median(magnitudes(ground.primal)))
    if outcome is not Outcome.SILENT or largest(alone) >= typical:
        return outcome
    return _held(claimed, ground, allowed, entry, np.where(alone != 0, typical, 0.0))


def _held(
    claimed: Claimed, ground: Ground, allowed: Tolerance, entry: int, direction: Array
) -> Outcome:
    """Hold one entry against the derivative along a direction that moves nothing else.

    Where the truth does not fit it either, rounding is worse than differences assume, and the most
    that it can do is allowed for.
    """
    size = largest(direction)
    if size == 0.0:  # an infinite entry cannot be moved
        return Outcome.SILENT
    probe = ground.look(direction)
    low, high = sorted((probe.left / size, probe.right / size))
    value, true = (float(a.ravel()[entry]) for a in (claimed.array, ground.truth.array))
    slack = float(allowed.allowed.ravel()[entry]) + BARS * probe.bar / size
    if not low - slack <= true <= high + slack:
        slack += 2 * BARS * ground.truth.rounding / probe.step / size
    if not np.isfinite(slack):
        return Outcome.SILENT
    if not low - slack <= value <= high + slack:
        return Outcome.REFUTED
    return Outcome.INSIDE if probe.kinked else Outcome.SILENT


def _together(claimed: Claimed, ground: Ground, entries: Array) -> Outcome:
    """Hold several entries at kinks against lines through all of them.

    Where such a line is smooth, as along a tie, its slope allows no choice.
    """
    if entries.size == 1:
        return Outcome.INSIDE
    nothing = np.zeros(ground.primal.shape)
    weights = (np.ones(entries.size), np.where(np.arange(entries.size) % 2, -1.0, 1.0))
    outcomes: list[Outcome] = []
    for weight in weights:
        direction = np.zeros(ground.primal.size)
        direction[entries] = weight
        probe = ground.look(direction.reshape(ground.primal.shape))
        outcomes.append(read(probe, claimed.array, nothing, ground.truth.rounding).outcome)
    if Outcome.REFUTED in outcomes:
        return Outcome.REFUTED
    told = entries.size <= SETTLED or Outcome.INSIDE in outcomes
    return Outcome.INSIDE if told else Outcome.SILENT


def _verdict(
    claimed: Claimed, ground: Ground, allowed: Tolerance, status: Status, entry: int | None
) -> Verdict:
    if entry is None:
        return Verdict(claimed.party, KIND, claimed.of, status, 0.0, 0.0, allowed.because, None)
    index = tuple(int(k) for k in np.unravel_index(entry, claimed.array.shape))
    claim, true = float(claimed.array[index]), float(ground.truth.array[index])
    scale = largest(ground.truth.array) or largest(claimed.array) or 1.0
    return Verdict(
        party=claimed.party,
        kind=KIND,
        of=claimed.of,
        status=status,
        error=abs(claim - true) / scale,
        allowed=float(allowed.allowed[index]) / scale,
        because=allowed.because,
        worst=Worst(index, claim, true),
        slack=largest(allowed.allowed),
    )


def _by_lines(claimed: Claimed, ground: Ground) -> Judgement:
    """Judge by the probed lines alone, where no array stands confirmed."""
    slack = _slack(claimed, ground)

    def hold(probe: Probe, gradient: Array) -> Reading:
        return read(probe, gradient, slack, ground.truth.rounding)

    probes = ground.truth.probes
    readings = [hold(probe, claimed.array) for probe in probes]
    refuted = [k for k, r in enumerate(readings) if r.outcome is Outcome.REFUTED]
    if not refuted:
        status = Status.AGREE if covered(probes, readings) else Status.UNDECIDED
        made = replace(_along(claimed, readings, status, None), slack=largest(slack))
        return Judgement(_undecided(made, CONTRADICTED) if ground.truth.contradicted else made)
    bad = np.flatnonzero(~np.isfinite(claimed.array))
    direction = probes[refuted[0]].direction
    entry = int(bad[0]) if bad.size else wrong_entry(claimed.array, ground.look, direction, hold)
    worst = _at(claimed, ground, entry)
    return Judgement(_along(claimed, readings, Status.DISAGREE, worst))


def _at(claimed: Claimed, ground: Ground, entry: int) -> Worst:
    probe = ground.look(unit(ground.primal, entry))
    index = tuple(int(k) for k in np.unravel_index(entry, claimed.array.shape))
    told = np.isfinite(probe.bar) and probe.bar < abs(probe.derivative) + probe.size
    true = probe.derivative / largest(probe.direction) if told else np.nan
    return Worst(index, float(claimed.array[index]), true)


def _along(
    claimed: Claimed, readings: Sequence[Reading], status: Status, worst: Worst | None
) -> Verdict:
    """Return a verdict whose error and allowance are those of the line that is furthest off."""
    shares = [(r.error / (r.size or 1.0), r.allowed / (r.size or 1.0)) for r in readings]
    error, allowed = max(shares, key=lambda share: share[0] - share[1], default=(0.0, math.inf))
    because = SILENT if status is Status.UNDECIDED else "error bars of derivatives along lines"
    return Verdict(claimed.party, KIND, claimed.of, status, error, allowed, because, worst)


def _slack(claimed: Claimed, ground: Ground) -> Array:
    """Return how far each claimed entry may be from what is meant, by rounding and printing."""
    radius = ground.truth.radius
    rounding = np.where(np.isnan(radius), np.inf, radius)
    finite = np.where(np.isfinite(claimed.array), claimed.array, 0.0)
    places = 8 * float(np.finfo(claimed.dtype).eps) * largest(finite)
    precision = np.zeros(()) if claimed.precision is None else claimed.precision
    stated = (ground.stated or 0.0) * largest(finite)
    return rounding + places + stated + np.where(np.isfinite(precision), precision, 0.0)


def _sharpness(truth: Truth) -> float:
    """Return the widest error bar of an entry, as far as entries were probed alone."""
    bars = (
        (BARS * probe.bar + abs(probe.right - probe.left) / 2) / largest(probe.direction)
        for probe in truth.probes
        if np.count_nonzero(probe.direction) == 1
    )
    return max(bars, default=0.0)


def judge_differences(party: str, of: str, truth: Truth) -> Verdict:
    """Return the verdict on the differences themselves: they are the truth, where they can tell."""
    told = truth.refuted or covered(truth.probes, truth.readings) or not truth.probes
    status = Status.AGREE if told and not truth.contradicted else Status.UNDECIDED
    claimed = Claimed(party, of, truth.array, np.dtype(np.float64), None)
    return replace(_along(claimed, truth.readings, status, None), slack=_sharpness(truth))
