"""Who is wrong, where and why, once a line has refuted a claim."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, final

import numpy as np

from gradverify.arrays import EPS, Array, largest, length
from gradverify.function.accused import Accused, Cause
from gradverify.function.entrywise import PART, by_truth, entries_wrong
from gradverify.function.kinks import unit
from gradverify.function.line import Line
from gradverify.function.precision import precision_lost
from gradverify.function.reading import Claimed, Reading, hold
from gradverify.function.regions import region
from gradverify.function.repairs import REPAIRS
from gradverify.function.search import GROSS, SPREAD, Look, Search, look
from gradverify.function.slabs import slab
from gradverify.function.terms import masked, term_missing
from gradverify.function.trial import Trial
from gradverify.oracles.guard import Raised
from gradverify.verdict.truth import Outcome

FEW: Final = 12  # entries at fault that are told one by one
UNEXPLAINED: Final = "no cause explains it"
TRIED: Final = 3  # large entries that are tried for a wrong one where many are


@final
@dataclass(frozen=True, slots=True)
class Guilt:
    """A leaf whose gradient is wrong: the cause, one wrong entry, and how wrong the whole is."""

    leaf: int
    cause: Cause
    entry: int
    claimed: float
    true: float
    error: float
    allowed: float


@final
@dataclass(frozen=True, slots=True)
class Refuted:
    """The line that shows it, what it says, and the other lines there are."""

    line: Line
    reading: Reading
    others: tuple[Line, ...]


def blame(trial: Trial, refuted: Refuted) -> tuple[Guilt, ...]:
    """Return every leaf at fault, the worst first."""
    found = tuple(_guilt(trial, refuted, leaf) for leaf in _leaves(trial, refuted))
    return tuple(sorted(found, key=lambda item: -item.error))


def _leaves(trial: Trial, refuted: Refuted) -> tuple[int, ...]:
    """Return the leaves at fault: each is refuted along a line of its own."""
    moved = [k for k in range(len(trial.names)) if np.any(_part(trial, refuted.line, k))]
    if len(moved) == 1:
        return tuple(moved)
    claimed = Claimed(trial.claimed[0].flat, 0)
    reading = refuted.reading
    gross = abs(reading.gap) > GROSS * reading.size
    search = Search(trial, claimed.flat, refuted.line.direction, reading.step, gross)
    supports = [np.arange(trial.point.leaves.size)[trial.point.leaves.span(k)] for k in moved]
    accused = search.groups(supports, refuted.reading.gap)
    if not accused:  # no leaf alone is off by more than its own bar
        accused = {k: search.gap(support)[0] for k, support in enumerate(supports)}
    worst = max(accused, key=lambda k: abs(accused[k]))
    sure = [k for k in accused if k == worst or _refuted(trial, refuted.line, moved[k], claimed)]
    return tuple(moved[k] for k in sure)


def _part(trial: Trial, line: Line, leaf: int) -> Array:
    return line.direction[trial.point.leaves.span(leaf)]


def _refuted(trial: Trial, line: Line, leaf: int, claimed: Claimed) -> bool:
    alone = _alone(trial, line, leaf)
    return hold(trial.point.line(alone), claimed).outcome is Outcome.REFUTED


def _alone(trial: Trial, line: Line, leaf: int) -> Array:
    """Return the direction of a line with all leaves but one standing still."""
    span, kept = trial.point.leaves.span(leaf), np.zeros(line.direction.size)
    kept[span] = line.direction[span]
    return kept


def _guilt(trial: Trial, refuted: Refuted, leaf: int) -> Guilt:
    looks = tuple(_look(trial, refuted, line, leaf) for line in (refuted.line, *refuted.others))
    accused = Accused(trial, leaf, _claims(trial, leaf), _narrowed(trial, leaf, looks))
    cause = next((c for repair in REPAIRS if (c := repair(accused))), None)
    cause = cause or masked(accused) or precision_lost(accused)
    if cause is None and trial.truth is not None:
        cause = by_truth(accused, trial.truth[trial.point.leaves.span(leaf)])
    cause = cause or term_missing(accused)
    if cause is None and trial.truth is not None:
        cause = Cause("mismatch", UNEXPLAINED, {}, trial.truth[trial.point.leaves.span(leaf)])
    if cause is not None and cause.truth is not None:
        return _known(accused, cause, cause.truth)
    return _searched(accused, refuted, looks[0], cause)


def _claims(trial: Trial, leaf: int) -> tuple[Array, ...]:
    """Return the claims for the drawn cotangents."""
    span = trial.point.leaves.span(leaf)
    found: list[Array] = []
    for k in range(len(trial.weights) - 1):
        if k not in trial.claimed:
            taken = trial.again(k)
            if isinstance(taken, Raised):
                break
            trial.claimed[k] = taken
        found.append(trial.claimed[k].flat[span])
    return tuple(found)


def _look(trial: Trial, refuted: Refuted, line: Line, leaf: int) -> Look:
    """Return what a line says of one leaf: what was seen already, where it moves nothing else."""
    direction = _alone(trial, line, leaf)
    if line.seen and np.array_equal(direction, line.direction):
        found = [line.slope(k, more=k == 0) for k in range(len(trial.weights))]
        values, bars = ([getattr(s, name) for s in found] for name in ("value", "bar"))
        return Look(direction, np.array(values), np.array(bars))
    return look(trial.point, direction, refuted.reading.step)


def _narrowed(trial: Trial, leaf: int, looks: Sequence[Look]) -> tuple[Look, ...]:
    span = trial.point.leaves.span(leaf)
    return tuple(Look(seen.direction[span], seen.values, seen.bars) for seen in looks)


def _known(accused: Accused, cause: Cause, truth: Array) -> Guilt:
    """Return the guilt where the cause tells the truth of every entry."""
    entry = accused.worst(truth)
    claim, true = float(accused.claims[0][entry]), float(truth[entry])
    gap = np.abs(accused.claims[0] - truth)
    error = largest(gap) / (largest(truth) or 1.0)
    return Guilt(accused.leaf, cause, entry, claim, true, error, _allowed(accused))


def _allowed(accused: Accused) -> float:
    """Return how far a right claim may be off along the first look, relative to the claim."""
    seen = accused.looks[0]
    size = max(length(accused.claims[0] * seen.direction), abs(float(seen.values[0])))
    return float(3 * seen.bars[0] + 8 * EPS * size) / (size or 1.0)


def _searched(accused: Accused, refuted: Refuted, whole: Look, cause: Cause | None) -> Guilt:
    """Return the guilt with a wrong entry, and all of them where they are few."""
    step = refuted.reading.step
    unseen = cause is not None and not np.any(accused.claims[0])
    wrong = _few(accused, refuted, whole, 1 if unseen else FEW) if cause is None or unseen else {}
    if cause is None and _explains(accused, wrong):
        cause = entries_wrong(accused, sorted(wrong))
    cause = cause or slab(accused, sorted(wrong), step) or region(accused, sorted(wrong), step)
    cause = cause or Cause("mismatch", UNEXPLAINED, {})
    entry = max(wrong, key=lambda e: abs(wrong[e])) if wrong else _large(accused, step)
    claim, true = float(accused.claims[0][entry]), _true(accused, entry, step)
    scale = max(largest(accused.claims[0]), abs(true)) or 1.0
    error = abs(claim - true) / scale
    return Guilt(accused.leaf, cause, entry, claim, true, error, _allowed(accused))


def _large(accused: Accused, step: float) -> int:
    """Return a wrong entry where many are: the worst of a few large ones."""
    claim = np.abs(accused.claims[0])
    few = np.argsort(claim)[-TRIED:] if np.any(claim) else np.arange(min(TRIED, claim.size))
    return max(
        map(int, few), key=lambda e: abs(float(accused.claims[0][e]) - _true(accused, e, step))
    )


def _few(accused: Accused, refuted: Refuted, whole: Look, most: int) -> dict[int, float]:
    """Return entries at fault, by their place in the leaf, with their errors."""
    span = accused.trial.point.leaves.span(accused.leaf)
    flat = np.zeros(accused.trial.point.primal.size)
    flat[span] = accused.claims[0]
    gap = float(flat @ whole.direction - whole.values[0])
    gross = abs(gap) > GROSS * max(length(flat * whole.direction), abs(float(whole.values[0])))
    search = Search(accused.trial, flat, whole.direction, refuted.reading.step, gross)
    found: dict[int, float] = {}
    for entry, off in search.entries(np.flatnonzero(whole.direction), gap):
        found[entry - span.start] = off / float(search.direction[entry])
        many = abs(off) < SPREAD * abs(gap)
        if many or len(found) >= most or _explains(accused, found):
            break
    return found


def _explains(accused: Accused, wrong: dict[int, float]) -> bool:
    """Whether these errors are all that is wrong, along every look."""
    if not wrong or len(wrong) > max(1, accused.size // PART) or accused.size < PART:
        return False
    repaired = accused.claims[0].copy()
    for entry, error in wrong.items():
        repaired[entry] -= error
    off, may = accused.gaps([repaired])
    before, _ = accused.gaps([accused.claims[0]])
    slack = may + 1e-3 * np.abs(before)  # errors are known as well as the looks that found them
    return bool(np.all(np.abs(off) <= slack))


def _true(accused: Accused, entry: int, step: float) -> float:
    """Return the derivative by one entry alone."""
    trial = accused.trial
    span = trial.point.leaves.span(accused.leaf)
    direction = np.zeros(trial.point.primal.size)
    direction[span] = unit(trial.point.primal[span], entry)
    size = largest(direction)
    return float(look(trial.point, direction, step).values[0]) / size if size else np.nan
