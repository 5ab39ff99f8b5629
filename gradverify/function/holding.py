"""The claim held against lines, without the entries at kinks, and against more where some drown."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from gradverify.arrays import length
from gradverify.function.accused import Cause
from gradverify.function.blame import Guilt
from gradverify.function.draws import own_direction
from gradverify.function.found import Found
from gradverify.function.kinks import Kinked, at_kinks, entries_at_kinks
from gradverify.function.line import Line
from gradverify.function.noise import judged
from gradverify.function.reading import Claimed
from gradverify.function.trial import Trial
from gradverify.verdict.truth import Outcome

DEPTH: Final = 2  # times that leaves which others drown get a line of their own
DROWNED: Final = 2.0**-27  # an allowance, relative, that hides an error worth knowing
SILENT: Final = "no step gives a derivative sharp enough to tell"


def hold_against_lines(trial: Trial, found: Found) -> None:
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
