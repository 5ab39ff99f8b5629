"""A script gone through once more where rounding falls otherwise, and loops by other gradients."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, final

import numpy as np

from gradverify.arrays import Array, Values
from gradverify.oracles.guard import Raised, guarded
from gradverify.oracles.oracle import Gradients, Oracle, Unsupported, Wanted
from gradverify.oracles.table import load_oracle
from gradverify.program.program import Program, Step
from gradverify.run.passes import Job
from gradverify.tape.engine import worked_out
from gradverify.tape.model import TapeModel, model_of
from gradverify.tape.perform import Advance, perform
from gradverify.tape.script import GRAD, Entry, Repeat, Script
from gradverify.tape.shown import INTERRUPTED, Shown, Trained
from gradverify.verdict.parties import MEASURED

SHARING: Final = frozenset({"rules", MEASURED, "torch"})
"""Parties that no trajectory of their own is asked of: the tapes' are theirs."""
SAMPLES: Final = 2
"""How often a script is run again with rounding at random; once where it takes long."""
LONG: Final = 10.0  # seconds
CUT: Final = "interrupted while the loops were gone through again: trajectories are not compared"


@final
@dataclass(frozen=True, slots=True)
class Followed:
    """What is shown with rounding at random, and how loops go by other oracles' gradients.

    Both by their positions.
    `stopped` says that a person did not wait for it.
    """

    aside: Mapping[int, tuple[Shown, ...]]
    trajectories: Mapping[int, Mapping[str, Trained]]
    stopped: str = ""


NOT_FOLLOWED: Final = Followed(MappingProxyType({}), MappingProxyType({}))


def follow_loops(job: Job, model: TapeModel, advance: Advance) -> Followed:
    """Go through a script again, and through its loops by everybody's gradients."""
    loops = [entry for entry in job.script.entries if isinstance(entry.act, Repeat)]
    try:
        aside = _aside(job, advance)
        trajectories = {e.position: _followed(job, model, e, advance) for e in loops}
    except KeyboardInterrupt:
        return Followed(NOT_FOLLOWED.aside, NOT_FOLLOWED.trajectories, CUT)
    return Followed(aside, trajectories)


def _aside(job: Job, advance: Advance) -> Mapping[int, tuple[Shown, ...]]:
    """Return what is shown where rounding falls otherwise."""
    found: dict[int, tuple[Shown, ...]] = {}
    loops = [entry.act for entry in job.script.entries if isinstance(entry.act, Repeat)]
    short = sum(loop.seconds for loop in loops) < LONG
    for seed in range(SAMPLES if short else 1):
        model = model_of(job.script, job.primals)
        model.noise = np.random.default_rng(seed)
        for item in _performed(model, job.script, advance):
            if item.trained is not None and item.trained.stopped == INTERRUPTED:
                raise KeyboardInterrupt
            found[item.position] = (*found.get(item.position, ()), item)
    return found


def _performed(model: TapeModel, script: Script, advance: Advance) -> Sequence[Shown]:
    """Return what is shown; nothing where a whole number that was rounded selects no entry."""
    try:
        return perform(model, script, advance)
    except (IndexError, ValueError):
        return ()


def _followed(job: Job, model: TapeModel, entry: Entry, advance: Advance) -> Mapping[str, Trained]:
    """Return how a loop goes by the gradients of each oracle that has no tape."""
    act, begun = entry.act, (entry.position, 0)
    first = next((e for e in model.events.values() if (e.position, e.step) == begun), None)
    if first is None or not isinstance(act, Repeat) or not can_follow(first.program, act):
        return {}
    primals = {**job.primals, **first.primals}
    found: dict[str, Trained] = {}
    for name in job.oracles:
        oracle = load_oracle(name)
        if name not in SHARING and not isinstance(oracle, Unsupported):
            found[name] = _trained(oracle, first.program, primals, (act, advance))
    return {name: trained for name, trained in found.items() if trained.losses}


def _trained(
    oracle: Oracle, program: Program, primals: Values, loop: tuple[Repeat, Advance]
) -> Trained:
    """Return how a loop goes by an oracle; one that breaks off is left out."""
    act, advance = loop
    found = guarded(lambda: follow(oracle, program, primals, act, advance))
    return Trained((), {}, found.reason) if isinstance(found, Raised) else found


def follow(
    oracle: Oracle,
    program: Program,
    primals: Values,
    loop: Repeat,
    advance: Advance,
) -> Trained:
    """Return how a loop goes by an oracle's gradients; it ends where the oracle does not answer.

    `program` is one step of the loop. What the update reads besides the weights and their
    gradients stands still.
    """
    keys = [item.key for item in loop.update.variables]
    assert program.loss is not None  # noqa: S101 - it is one step's
    question = Wanted((program.loss,), tuple(keys), program.cotangent)
    now = dict(primals)
    losses: list[float] = []
    for step in range(loop.times):
        advance(step, loop.times)
        found = oracle.differentiate(program, MappingProxyType(now), question)
        if isinstance(found, Unsupported):
            return Trained((), MappingProxyType({}), found.reason)
        losses.append(float(np.asarray(found.values[program.loss]).item()))
        if not math.isfinite(losses[-1]):
            break
        _update(now, found, loop)
    return Trained(tuple(losses), MappingProxyType({}))


def _update(now: dict[str, Array], found: Gradients, loop: Repeat) -> None:
    for item, value in zip(loop.update.variables, loop.update.values, strict=True):
        grads = {key + GRAD: array for key, array in found.wrt.items()}
        now[item.key] = np.array(
            np.broadcast_to(worked_out(value, {**now, **grads}), now[item.key].shape)
        )


def can_follow(program: Program, loop: Repeat) -> bool:
    """Whether an update reads inputs and gradients alone, by which another oracle can follow."""
    keys = {item.key for item in loop.update.variables}
    known = {*program.inputs, *(key + GRAD for key in keys)}
    if loop.by_hand or not keys <= program.inputs.keys():
        return False
    return all(_reads(value.steps, value.output) <= known for value in loop.update.values)


def _reads(steps: Sequence[Step], output: str) -> set[str]:
    made = {step.output for step in steps}
    return {output, *(name for step in steps for name in step.reads)} - made
