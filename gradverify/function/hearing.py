"""Other gradients of the same function: heard, and taken for the truth where every line agrees."""

from collections.abc import Sequence

import numpy as np

from gradverify.function.blame import Refuted, blame
from gradverify.function.found import Found
from gradverify.function.line import Line
from gradverify.function.reading import Reading
from gradverify.function.trial import Trial
from gradverify.function.witness import Witness, witness
from gradverify.oracles.guard import Raised, guarded
from gradverify.verdict.truth import Outcome


def hear(trial: Trial, found: Found) -> None:
    """Hear the reference: it may be wrong too; where every line confirms it, it is the truth."""
    if found.besides.reference is None:
        return
    heard = witness(trial, found.besides.reference, found.lines)
    if not isinstance(heard, Witness):
        found.findings.append(heard)
        return
    found.witness = heard
    refuted = first_refuted(heard.readings)
    if refuted is not None:
        found.wrong_witness = blame(heard.trial, against(found.lines, heard.readings, refuted))
    elif heard.right:
        trial.truth = heard.trial.claimed[0].flat


def know(trial: Trial, found: Found) -> None:
    """Take the framework's own derivative for the truth where every line confirms it."""
    if trial.truth is not None:
        return
    own = guarded(found.besides.own)
    if isinstance(own, Raised) or own is None or len(own.leaves) != len(trial.names):
        return
    heard = witness(trial, own, found.lines)
    if isinstance(heard, Witness) and heard.right:
        trial.truth = heard.trial.claimed[0].flat


def against(lines: Sequence[Line], readings: Sequence[Reading], refuted: int) -> Refuted:
    """Return the line that refutes a claim, with at least one other through the same entries."""
    line = lines[refuted]
    others = tuple(other for other in lines if other is not line)
    return Refuted(line, readings[refuted], others or _another(line))


def _another(line: Line) -> tuple[Line, ...]:
    """Return a second line through the same entries: what one line shows, chance may explain."""
    turned = line.direction * np.where(np.arange(line.direction.size) % 2, 1.0, -0.5)
    return (line.point.line(turned),)


def first_refuted(readings: Sequence[Reading]) -> int | None:
    """Return the number of the first line that refutes a claim."""
    return next((k for k, r in enumerate(readings) if r.outcome is Outcome.REFUTED), None)
