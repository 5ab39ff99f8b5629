"""A function, its inputs and its claimed gradient put to every test there is."""

from dataclasses import replace
from typing import Final

import numpy as np

from gradverify.function.accused import Cause
from gradverify.function.besides import NOTHING, Besides
from gradverify.function.blame import blame
from gradverify.function.conduct import conduct, modified
from gradverify.function.elsewhere import wrong_beyond
from gradverify.function.examined import Examined
from gradverify.function.found import Found
from gradverify.function.hearing import against, first_refuted, hear, know
from gradverify.function.holding import hold_against_lines
from gradverify.function.machine import sparing
from gradverify.function.memory import misused, unstable
from gradverify.function.narrow import Narrow, lost, narrow, within_own_digits
from gradverify.function.prints import prints
from gradverify.function.rows import Seen, finding_of, rows
from gradverify.function.sensitivity import sensitivities
from gradverify.function.start import start, unsteady
from gradverify.function.structure import refused, structure
from gradverify.function.trial import Trial
from gradverify.oracles.function import Form, Function, Pullback
from gradverify.oracles.guard import Raised, guarded
from gradverify.oracles.random_state import preserved
from gradverify.verdict.truth import Outcome
from gradverify.verdict.verdict import Finding, Sensitivity, Severity, Status

INFINITE: Final = "the claim is infinite where the function has values on one side alone"
PATIENCE: Final = 5  # calls after which a gradient that was refuted is at least a stable one
ROUGHLY: Final = 8.0  # times the error seen that other lines may show
EMPTY: Final = "no entry of any input could be moved: there is nothing to compare"


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
    hold_against_lines(trial, found)
    hear(trial, found)
    if not found.lines and not found.guilt and not found.kinks:
        found.undecided = EMPTY
        return
    refuted = first_refuted(found.readings)
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


def _blame(trial: Trial, found: Found, refuted: int) -> None:
    know(trial, found)
    told = unstable(trial, PATIENCE)
    guilt = blame(trial, against(found.lines, found.readings, refuted))
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
        prints=prints(trial, found.findings),
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
