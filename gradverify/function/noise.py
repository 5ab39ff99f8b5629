"""How far rounding moves a right claim, and a function: asked again with a last place changed."""

from typing import Final

import numpy as np

from gradverify.arrays import EPS, Array, length
from gradverify.function.draws import generator
from gradverify.function.line import Line
from gradverify.function.reading import DULL, Claimed, Reading, hold
from gradverify.function.taken import take
from gradverify.function.trial import Trial
from gradverify.oracles.function import Form
from gradverify.oracles.guard import Raised
from gradverify.oracles.ladder import LISTEN
from gradverify.verdict.truth import BARS, Outcome

FAINT: Final = 2.0**-8  # a gap, relative, that rounding may come to
DRAWS: Final = 3
QUIET: Final = EPS  # a share that says that it was listened to
SPREAD: Final = 6.0  # times what the draws come to


def judged(trial: Trial, line: Line, flat: Array, k: int = 0) -> Reading:
    """Return the reading of a claim, with its own rounding allowed for where that may explain it.

    A gradient with cancellation inside is far less exact than its last place.
    """
    reading = hold(line, Claimed(flat, k, trial.shaky))
    faint = abs(reading.gap) <= FAINT * reading.size
    if reading.outcome is Outcome.REFUTED and faint and not trial.shaky:
        listen(trial)
        reading = hold(line, Claimed(flat, k, trial.shaky))
    if reading.outcome in {Outcome.FITS, Outcome.INSIDE}:
        return reading
    return _on_stairs(line, Claimed(flat, k, trial.shaky), reading)


def _on_stairs(line: Line, claimed: Claimed, reading: Reading) -> Reading:
    """Return the reading of a function that moves in stairs: by its wide steps, and as dull."""
    found = line.on_stairs(claimed.k)
    if found is None or not np.all(np.isfinite(claimed.flat)):
        return reading
    slope, _ = found
    along, off, slack = claimed.along(line.direction)
    gap, allowed = along - slope.value, BARS * slope.bar + slack
    size = max(off, abs(slope.value))
    if abs(gap) > allowed:
        told = Outcome.REFUTED if np.isfinite(allowed) else Outcome.SILENT
        return Reading(told, gap, allowed, size, slope.value, slope.step)
    outcome = Outcome.FITS if allowed <= DULL * size else Outcome.SILENT
    return Reading(outcome, gap, allowed, size, slope.value, slope.step)


def listen(trial: Trial) -> None:
    """Measure what share of the claim its own rounding comes to along a line.

    Nothing of what changes from call to call anyway is rounding.
    """
    flat, line = trial.claimed[0].flat, trial.lines()[0]
    trial.shaky = QUIET
    again = trial.again(0)
    if isinstance(again, Raised) or not np.all(trial.same(flat, again.flat, strictly=True)):
        return
    size = length(flat * line.direction)
    claims = (_asked_again(trial, draw) for draw in range(DRAWS))
    moves = [abs(float((claim - flat) @ line.direction)) for claim in claims if claim is not None]
    spread = max((move for move in moves if np.isfinite(move)), default=0.0)
    trial.shaky = max(SPREAD * spread / (size or 1.0), QUIET)


def _asked_again(trial: Trial, draw: int) -> Array | None:
    """Return the claim at inputs that a last place moves up, down or not at all."""
    moved = [
        primal * (1 + EPS * _moves(trial.ask.seed, f"{draw} {name}", primal))
        for name, primal in zip(trial.names, trial.primals, strict=True)
    ]
    back = trial.ask.pull(moved, Form(wide=trial.ask.wide)).back
    found = take(back, trial.weights[0], trial.point.leaves)
    return None if isinstance(found, Raised) else found.flat


def _moves(seed: int, name: str, like: Array) -> Array:
    return generator(seed, name).integers(-1, 2, like.shape)


def coarseness(trial: Trial) -> float:
    """Return the eps at which the function itself is computed, a cast inside of it included.

    At a tiny step what moves besides the derivative is rounding.
    """
    line = trial.lines()[0]
    heard = max(abs(float(line.at(LISTEN)[k] + line.at(-LISTEN)[k])) for k in range(2))
    size = trial.point.noise[0] / EPS
    return max(EPS, heard / size) if size else EPS
