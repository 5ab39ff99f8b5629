"""A tape script: done by the model and by torch, and its backward passes put to every oracle."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, TypeAlias, final

import numpy as np
from threadpoolctl import threadpool_limits  # pyright: ignore[reportMissingTypeStubs] # has none

from gradverify.errors import SpecErrors
from gradverify.oracles.guard import Raised, guarded
from gradverify.oracles.oracle import Unsupported
from gradverify.oracles.table import load_tape
from gradverify.run.judge import Judged, fared_one
from gradverify.run.passes import (
    BackwardPass,
    Job,
    JudgedPass,
    judge_pass,
    passes_by_hand,
    passes_of,
)
from gradverify.run.trajectory import NOT_FOLLOWED, Followed, follow_loops
from gradverify.tape.errors import ScriptFailedError
from gradverify.tape.model import TapeModel, model_of
from gradverify.tape.perform import Advance, perform
from gradverify.tape.script import Repeat, Script
from gradverify.tape.shown import INTERRUPTED, Shown
from gradverify.verdict.gradients import Assessment
from gradverify.verdict.tape_ground import TAPE, Sitting, at
from gradverify.verdict.tape_script import judge_script, once
from gradverify.verdict.verdict import Answer, Sensitivity, Status

Showings: TypeAlias = Mapping[str, Mapping[int, Shown]]
"""What parties showed, by party and by position in the script."""

NOBODY: Final[Showings] = MappingProxyType({})


def judge_tape(job: Job, advance: Advance) -> Judged:
    """Do a script by the model and by torch, ask every oracle about its passes, and judge all.

    Raises SpecErrors where the data do not allow a step.

    Products of small matrices in a loop gain nothing by threads, which on a busy machine wait for
    one another: 40 steps of a network took 29 s in place of 2.
    """
    with threadpool_limits(limits=1, user_api="blas"):
        return _judged(job, advance)


def _judged(job: Job, advance: Advance) -> Judged:
    model = model_of(job.script, job.primals)
    predicted = _predicted(job, model, advance)
    stopped = _stopped(job.script, predicted)
    shown, told = (NOBODY, ()) if stopped else _by_torch(job, advance)
    stopped = stopped or next((_stopped(job.script, found) for found in shown.values()), "")
    with np.errstate(all="ignore"):
        judged, cut = _judged_passes(job, [*passes_of(job, model), *passes_by_hand(job, predicted)])
        stopped = stopped or cut
        followed = NOT_FOLLOWED if stopped else follow_loops(job, model, advance)
        done = Done(job, model, predicted, shown)
        assessment = _assessed(_sitting(done, judged, followed), judged)
    untold = sum(item.untold for item in judged)
    silent = {answer.name: answer for item in judged for answer in item.asked.silent.values()}
    return Judged(
        oracles=(*_fared(done, assessment), *told, *silent.values()),
        assessment=assessment,
        possible=len(assessment.verdicts) + untold + len(silent) + len(told),
        interrupted=stopped or followed.stopped,
    )


def _judged_passes(job: Job, passes: Sequence[BackwardPass]) -> tuple[list[JudgedPass], str]:
    """Return the backward passes that could be judged until a person stopped it, and that they did.

    What was judged by then is kept.
    """
    judged: list[JudgedPass] = []
    try:
        judged.extend(judge_pass(job, item) for item in passes)
    except KeyboardInterrupt:
        return (
            judged,
            f"interrupted after {len(judged)} of {len(passes)} backward passes were judged",
        )
    return judged, ""


def _assessed(sitting: Sitting, judged: Sequence[JudgedPass]) -> Assessment:
    verdicts, findings = judge_script(sitting)
    every = [*(v for item in judged for v in item.assessment.verdicts), *verdicts]
    found = [*findings, *(f for item in judged for f in item.assessment.findings)]
    return Assessment(tuple(every), tuple(once(found)), _sharpest(judged))


def _fared(done: "Done", assessment: Assessment) -> list[Answer]:
    verdicts = assessment.verdicts
    spoken = {verdict.party for verdict in verdicts}
    names = [name for name in (TAPE, *done.job.oracles) if name in spoken]
    return [fared_one(name, verdicts, has_loss=True) for name in names]


@final
@dataclass(frozen=True, slots=True)
class Done:
    """A script that was done, and what was to be seen."""

    job: Job
    model: TapeModel
    predicted: Mapping[int, Shown]
    shown: Showings


def _predicted(job: Job, model: TapeModel, advance: Advance) -> Mapping[int, Shown]:
    """Return what the model predicts; raises SpecErrors at a step that the data do not allow."""
    try:
        return _by_position(perform(model, job.script, advance))
    except (IndexError, ValueError) as error:
        entries = (e for e in job.script.entries if e.position == model.position)
        mark = next((entry.mark for entry in entries), job.spec.mark("tape"))
        raise SpecErrors([ScriptFailedError(mark, error)]) from error


def _by_position(shown: Iterable[Shown]) -> Mapping[int, Shown]:
    return MappingProxyType({item.position: item for item in shown})


def _stopped(script: Script, shown: Mapping[int, Shown]) -> str:
    """Return where a person stopped a loop, nothing where nobody did."""
    for entry in script.entries:
        trained = shown[entry.position].trained if entry.position in shown else None
        if trained is not None and trained.stopped == INTERRUPTED and isinstance(entry.act, Repeat):
            done, last = len(trained.losses), trained.losses[-1:] or (float("nan"),)
            return (
                f"interrupted at {at(entry.position)}, after {done} of {entry.act.times} steps of "
                f"the loop; the last loss was {last[0]:.6g}"
            )
    return ""


def _by_torch(job: Job, advance: Advance) -> tuple[Showings, tuple[Answer, ...]]:
    """Return what torch shows, or why it shows nothing."""
    if "torch" not in job.oracles:
        return NOBODY, ()
    show = load_tape()
    if isinstance(show, Unsupported):
        return NOBODY, (Answer("torch", Status.UNSUPPORTED, show.reason),)
    found = guarded(lambda: show(job.script, job.primals, advance))
    if isinstance(found, Raised):
        return NOBODY, (Answer("torch", Status.BROKEN, found.reason),)
    return {"torch": _by_position(found)}, ()


def _sitting(done: Done, judged: Sequence[JudgedPass], followed: Followed) -> Sitting:
    """Return what the script is judged by."""
    model = done.model
    return Sitting(
        script=done.job.script,
        predicted=done.predicted,
        shown=done.shown,
        origins=model.origins,
        events=model.events,
        truths={item.number: item.truths for item in judged if item.number},
        values=model.values,
        made=frozenset(key for key, it in model.tensors.items() if it.node is not None),
        tracked=frozenset(key for key, it in model.tensors.items() if it.requires_grad),
        aside=followed.aside,
        trajectories=followed.trajectories,
    )


def _sharpest(events: Sequence[JudgedPass]) -> Mapping[str, Sensitivity]:
    """Return for each variable the sensitivity of the last pass that was judged by it."""
    return {of: seen for item in events for of, seen in item.assessment.sensitivity.items()}
