"""A function, its inputs and its claimed gradient put to every test there is."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final, final

import numpy as np

from gradverify.arrays import length
from gradverify.function.accused import Cause
from gradverify.function.besides import NOTHING, Besides
from gradverify.function.blame import Guilt, Refuted, blame
from gradverify.function.conduct import conduct, modified
from gradverify.function.draws import own_direction
from gradverify.function.elsewhere import wrong_beyond
from gradverify.function.examined import Examined
from gradverify.function.kinks import Kinked, at_kinks, entries_at_kinks
from gradverify.function.line import Line
from gradverify.function.machine import sparing
from gradverify.function.memory import misused, unstable
from gradverify.function.narrow import Narrow, lost, narrow, within_own_digits
from gradverify.function.noise import judged
from gradverify.function.reading import Claimed, Reading
from gradverify.function.rows import Seen, finding_of, rows
from gradverify.function.sensitivity import sensitivities
from gradverify.function.start import start, unsteady
from gradverify.function.structure import refused, structure
from gradverify.function.trial import Trial
from gradverify.function.witness import Witness, witness
from gradverify.oracles.function import Form, Function, Pullback
from gradverify.oracles.guard import Raised, guarded
from gradverify.oracles.random_state import preserved
from gradverify.verdict.truth import Outcome
from gradverify.verdict.verdict import Finding, Sensitivity, Severity, Status

INFINITE: Final = "the claim is infinite where the function has values on one side alone"
DEPTH: Final = 2  # times that leaves which others drown get a line of their own
DROWNED: Final = 2.0**-27  # an allowance, relative, that hides an error worth knowing
PATIENCE: Final = 5  # calls after which a gradient that was refuted is at least a stable one
ROUGHLY: Final = 8.0  # times the error seen that other lines may show
EMPTY: Final = "no entry of any input could be moved: there is nothing to compare"
SILENT: Final = "no step gives a derivative sharp enough to tell"


@final
@dataclass(slots=True)
class Found:
    """What is known so far: whom it speaks against, and findings."""

    besides: Besides
    guilt: list[Guilt] = field(default_factory=list[Guilt])
    findings: list[Finding] = field(default_factory=list[Finding])
    lines: tuple[Line, ...] = ()
    readings: tuple[Reading, ...] = ()
    narrow: Narrow | None = None
    undecided: str = ""
    shaken: bool = False
    kinks: int = 0
    witness: Witness | None = None
    wrong_witness: tuple[Guilt, ...] = ()


def examine(function: Function, seed: int, besides: Besides = NOTHING) -> Examined:
    """Return everything about a function's gradient at its inputs.

    Raises FunctionError where there is nothing that could be examined.
    """
    size = sum(leaf.primal.size for leaf in function.leaves)
    with preserved(), sparing(size), np.errstate(all="ignore"):
        return _examined(function, seed, besides)


def _examined(function: Function, seed: int, besides: Besides) -> Examined:
    trial, found = start(function, seed), Found(besides)
    first = trial.pull(Form(wide=trial.ask.wide))
    if isinstance(first, Raised):
        return _missing(trial, found, first)
    shaken = unsteady(trial, first)
    if shaken is not None:
        found.findings.append(shaken)
        found.undecided, found.shaken = shaken.message, shaken.code == "not-deterministic"
    claimed = trial.back(first, 0)
    if isinstance(claimed, Raised):
        return _missing(trial, found, claimed)
    trial.claimed[0] = claimed
    if not shaken:
        _judge(trial, first, found)
    return _concluded(trial, found)


def _missing(trial: Trial, found: Found, raised: Raised) -> Examined:
    said = refused(trial, raised)
    found.findings.append(said)
    if said.code == "not-deterministic":
        found.undecided, found.shaken = said.message, True
    return _concluded(trial, found)


def _judge(trial: Trial, first: Pullback, found: Found) -> None:
    """Judge the gradient itself, and where it is right how it came about."""
    written = modified(trial, first, ())
    found.findings += [] if written is None else [written]
    found.guilt += structure(trial)
    _hold(trial, found)
    _hear(trial, found)
    if not found.lines and not found.guilt and not found.kinks:
        found.undecided = EMPTY
        return
    refuted = _refuted(found.readings)
    if refuted is not None and written is None:
        _blame(trial, found, refuted)
    if refuted is not None and (written is not None or found.guilt):
        return
    if trial.ignored and not found.guilt:
        found.undecided = INFINITE
    misused = None if written or found.guilt or trial.ignored else _conduct(trial, first, found)
    if misused is not None:
        found.findings.append(misused)
        return
    own = narrow(trial, found.besides.own)
    if isinstance(own, Narrow):
        found.narrow = own
        found.guilt += own.guilt
        found.findings += lost(trial, own)
    else:
        found.findings.append(own)


def _conduct(trial: Trial, first: Pullback, found: Found) -> Finding | None:
    misused = conduct(trial, first, found.lines)
    return misused or (wrong_beyond(trial) if found.besides.explore else None)


def _refuted(readings: Sequence[Reading]) -> int | None:
    return next((k for k, r in enumerate(readings) if r.outcome is Outcome.REFUTED), None)


def _hear(trial: Trial, found: Found) -> None:
    """Hear the reference: it may be wrong too; where every line confirms it, it is the truth."""
    if found.besides.reference is None:
        return
    heard = witness(trial, found.besides.reference, found.lines)
    if not isinstance(heard, Witness):
        found.findings.append(heard)
        return
    found.witness = heard
    refuted = _refuted(heard.readings)
    if refuted is not None:
        found.wrong_witness = blame(heard.trial, _against(found.lines, heard.readings, refuted))
    elif heard.right:
        trial.truth = heard.trial.claimed[0].flat


def _against(lines: Sequence[Line], readings: Sequence[Reading], refuted: int) -> Refuted:
    line = lines[refuted]
    others = tuple(other for other in lines if other is not line)
    return Refuted(line, readings[refuted], others or _another(line))


def _another(line: Line) -> tuple[Line, ...]:
    """Return a second line through the same entries: what one line shows, chance may explain."""
    turned = line.direction * np.where(np.arange(line.direction.size) % 2, 1.0, -0.5)
    return (line.point.line(turned),)


def _know(trial: Trial, found: Found) -> None:
    """Take the framework's own derivative for the truth where every line confirms it."""
    if trial.truth is not None:
        return
    own = guarded(found.besides.own)
    if isinstance(own, Raised) or own is None or len(own.leaves) != len(trial.names):
        return
    heard = witness(trial, own, found.lines)
    if isinstance(heard, Witness) and heard.right:
        trial.truth = heard.trial.claimed[0].flat


def _blame(trial: Trial, found: Found, refuted: int) -> None:
    _know(trial, found)
    told = unstable(trial, PATIENCE)
    guilt = blame(trial, _against(found.lines, found.readings, refuted))
    if told is None and all(within_own_digits(trial, item) for item in guilt):
        _allow(trial, found)
        return
    if told is None and any(item.cause.code in VAGUE for item in guilt):
        told = misused(trial)
    found.guilt += [replace(item, cause=_told(told)) for item in guilt] if told else guilt


VAGUE: Final = frozenset({"mismatch", "entries-wrong", "term-missing"})
"""Causes that a misused cotangent can look like."""


def _allow(trial: Trial, found: Found) -> None:
    """Take a claim for right that has all the digits of the function's own format."""
    readings = found.readings
    own = max(leaf.eps for leaf in trial.ask.function.leaves)
    trial.shaky = max(trial.shaky, ROUGHLY * own, *(ROUGHLY * r.error for r in readings))
    found.readings = tuple(
        replace(r, outcome=Outcome.FITS, allowed=max(r.allowed, abs(r.gap))) for r in readings
    )


def _told(told: Finding) -> Cause:
    return Cause(told.code, told.message, {})


def _hold(trial: Trial, found: Found) -> None:
    """Hold the claim against two lines, and entries at kinks against lines of their own."""
    claimed = Claimed(trial.claimed[0].flat, 0)
    lines = trial.lines()
    readings = tuple(judged(trial, line, claimed.flat) for line in lines)
    bent = next((line for line, r in zip(lines, readings, strict=True) if r.kinked), None)
    if bent is not None:
        entries = entries_at_kinks(trial.point, bent.direction)
        if entries:
            lines = tuple(_without(trial, line, entries) for line in lines)
            lines = tuple(line for line in lines if np.any(line.direction))
            readings = tuple(judged(trial, line, claimed.flat) for line in lines)
            _kinks(trial, found, at_kinks(trial, claimed, entries))
    found.lines, found.readings = lines, readings
    _drowned(trial, found)
    if any(r.outcome is Outcome.SILENT for r in readings) and not found.undecided:
        found.undecided = SILENT


def _drowned(trial: Trial, found: Found) -> None:
    """Look again at leaves whose share of every line is so small that an error would drown."""
    flat = trial.claimed[0].flat
    for _ in range(DEPTH):
        if any(reading.outcome is not Outcome.FITS for reading in found.readings):
            return
        faint = [k for k in range(len(trial.names)) if _drowns(trial, found, k)]
        if not faint:
            return
        direction = own_direction(trial.names, trial.primals, trial.ask.seed + 1)
        for k in set(range(len(trial.names))) - set(faint):
            direction[trial.point.leaves.span(k)] = 0.0
        line = trial.line(direction)
        if not np.any(line.direction):
            return
        found.lines = (*found.lines, line)
        found.readings = (*found.readings, judged(trial, line, flat))


def _drowns(trial: Trial, found: Found, k: int) -> bool:
    span, flat = trial.point.leaves.span(k), trial.claimed[0].flat
    if k in trial.ignored or len(trial.names) == 1:
        return False
    return all(
        reading.allowed > DROWNED * length(flat[span] * line.direction[span])
        for line, reading in zip(found.lines, found.readings, strict=True)
        if np.any(line.direction[span])
    )


def _without(trial: Trial, line: Line, entries: Sequence[int]) -> Line:
    direction = line.direction.copy()
    direction[list(entries)] = 0.0
    return trial.point.line(direction)


def _kinks(trial: Trial, found: Found, kinked: Sequence[Kinked]) -> None:
    """Note entries at kinks whose claim is one of the possible, and blame those whose is not."""
    found.kinks = len(kinked)
    for item in kinked:
        leaf, index = trial.point.leaves.place(item.entry)
        claim = float(trial.claimed[0].flat[item.entry])
        low, high = sorted((item.left, item.right))
        details = {"claimed": claim, "left": item.left, "right": item.right}
        sides = f"{item.left:.7g} and {item.right:.7g}"
        said = f"the slopes to both sides are {sides}; claimed {claim:.7g}"
        if item.reading.outcome is Outcome.INSIDE:
            found.findings.append(trial.finding("kink", leaf, said, details, index=index))
        elif item.reading.outcome is Outcome.REFUTED:
            true = low if claim < low else high
            found.guilt.append(_outside(trial, item.entry, claim, true, said))
        elif item.reading.outcome is Outcome.SILENT:
            found.undecided = SILENT


def _outside(trial: Trial, entry: int, claim: float, true: float, said: str) -> Guilt:
    leaf, _ = trial.point.leaves.place(entry)
    within = entry - trial.point.leaves.bounds[leaf]
    code = "entries-wrong" if np.isfinite(claim) else "not-finite"
    scale = max(abs(true), abs(claim)) if np.isfinite(claim) else 1.0
    return Guilt(
        leaf,
        Cause(code, f"outside of a kink: {said}", {}),
        within,
        claim,
        true,
        abs(claim - true) / (scale or 1.0),
        0.0,
    )


def _concluded(trial: Trial, found: Found) -> Examined:
    found.findings += [finding_of(trial, item) for item in found.guilt]
    seen = Seen(found.readings, found.findings, found.narrow, found.undecided)
    rows_ = rows(trial, found.guilt, seen)
    if found.witness is not None and found.witness.readings:
        other = found.witness.trial
        found.findings += [finding_of(other, item) for item in found.wrong_witness]
        seen = Seen(found.witness.readings, (), None, "")
        rows_ += rows(other, found.wrong_witness, seen)
    wrong = any(f.severity is Severity.ERROR for f in found.findings)
    return Examined(
        name=trial.ask.function.name,
        party=trial.party,
        status=_status(found),
        rows=rows_,
        findings=tuple(found.findings),
        sensitivity=_sensitivity(trial, found),
        evaluations=trial.ask.evaluations,
        seed=trial.ask.seed,
        place=_place(found) if wrong else "",
    )


def _sensitivity(trial: Trial, found: Found) -> dict[str, Sensitivity]:
    if not found.lines:
        return {}
    shares = found.narrow.allowed if found.narrow else (0.0,) * len(trial.names)
    return sensitivities(trial, found.lines, found.readings, shares)


def _status(found: Found) -> Status:
    """Return the verdict: of a function that changes by itself, no gradient can be told."""
    wrong = any(f.severity is Severity.ERROR for f in found.findings)
    if wrong and not found.shaken:
        return Status.DISAGREE
    return Status.UNDECIDED if found.undecided else Status.AGREE


def _place(found: Found) -> str:
    place = guarded(found.besides.place)
    return "" if isinstance(place, Raised) else place
