"""The backward passes of a tape script, each put to every oracle as a program at a point."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import final

from gradverify.arrays import Values
from gradverify.oracles.oracle import Wanted
from gradverify.program.program import Program
from gradverify.run.judge import Asked, ask, assess, case_of
from gradverify.run.options import Options
from gradverify.run.plan import marks, parties
from gradverify.spec.spec import Spec
from gradverify.tape.event import Event
from gradverify.tape.model import TapeModel
from gradverify.tape.script import Differentiate, Entry, Read, Repeat, Script
from gradverify.tape.shown import Shown
from gradverify.verdict.case import Case
from gradverify.verdict.gradients import Assessment
from gradverify.verdict.parties import CLAIMING
from gradverify.verdict.tape_ground import TrueGrad, at, true_grads
from gradverify.verdict.verdict import Status


@final
@dataclass(frozen=True, slots=True)
class Job:
    """A script and everything that it is done with."""

    spec: Spec
    program: Program
    script: Script
    primals: Values
    options: Options

    @property
    def oracles(self) -> tuple[str, ...]:
        """The oracles that answer with gradients of their own."""
        return tuple(n for n in parties(self.program, self.options) if n not in CLAIMING)


@final
@dataclass(frozen=True, slots=True)
class BackwardPass:
    """A backward pass to put to every oracle, as a program at a point.

    `number` is the model's, 0 where the pass was written by hand; `variables` are the values by
    which it is differentiated, with their authors' names.
    """

    number: int
    entry: Entry
    step: int | None
    program: Program
    primals: Values
    names: tuple[str, ...]
    question: Wanted
    variables: Mapping[str, str]
    keys: Mapping[str, str]


def passes_of(job: Job, model: TapeModel) -> Iterator[BackwardPass]:
    """Yield the backward passes that went through, each once however often it was repeated."""
    entries = {entry.position: entry for entry in job.script.entries}
    for number, event in model.events.items():
        keys = _interesting(job.script, entries[event.position], event)
        variables = {event.program.names[key]: of for key, of in keys.items()}
        yield BackwardPass(
            number=number,
            entry=entries[event.position],
            step=event.step,
            program=event.program,
            primals={**job.primals, **event.primals},
            names=job.oracles,
            question=Wanted((), tuple(variables), event.program.cotangent),
            variables=variables,
            keys={key: event.program.names[key] for key in keys},
        )


def _interesting(script: Script, entry: Entry, event: Event) -> Mapping[str, str]:
    """Return the tensors whose gradients are compared, names by key: of a loop, what it updates.

    Elsewhere they are all inputs that require a gradient, and what is read somewhere.
    """
    if isinstance(entry.act, Repeat):
        found = {item.key: item.of for item in entry.act.update.variables}
    else:
        found = {name: name for name, item in script.inputs.items() if item.requires_grad}
        found.update(_read(script))
    names = event.program.names
    return {
        key: of
        for key, of in found.items()
        if key in names and event.program.kinds[names[key]].differentiable
    }


def _read(script: Script) -> Iterator[tuple[str, str]]:
    """Yield key and name of every tensor whose gradient a script reads."""
    for entry in script.entries:
        match entry.act:
            case Read(what="grad" | "hooked"):
                yield from ((said.variable.key, said.variable.of) for said in entry.act.said)
            case Differentiate():
                yield from ((said.variable.key, said.variable.of) for said in entry.act.by)
            case _:
                pass


def passes_by_hand(job: Job, predicted: Mapping[int, Shown]) -> Iterator[BackwardPass]:
    """Yield the snapshots of loops that the spec's own backward pass drives."""
    names = (*job.oracles, "derived")
    for entry in job.script.entries:
        shown = predicted.get(entry.position)
        if not isinstance(entry.act, Repeat) or not entry.act.by_hand:
            continue
        if shown is None or shown.trained is None:
            continue
        of = {job.program.names[it.of]: it.of for it in entry.act.update.variables}
        claimed = {job.program.names[name]: name for name in job.program.derived.outputs}
        variables = {**of, **claimed}
        question = Wanted((), tuple(variables), job.program.cotangent)
        for step, snapshot in shown.trained.snapshots.items():
            yield BackwardPass(
                number=0,
                entry=entry,
                step=step,
                program=job.program,
                primals={**job.primals, **snapshot.weights},
                names=names,
                question=question,
                variables=variables,
                keys={},
            )


@final
@dataclass(frozen=True, slots=True)
class JudgedPass:
    """What everybody said about one backward pass, judged; `untold` comparisons left out."""

    number: int
    asked: Asked
    assessment: Assessment
    untold: int
    truths: Mapping[str, TrueGrad]


def judge_pass(job: Job, item: BackwardPass) -> JudgedPass:
    """Ask everybody about a backward pass, and judge what they say."""
    asked = ask(item.names, item.program, item.primals, item.question)
    where = at(item.entry.position, item.step)
    assessment = Assessment((), (), {})
    if item.variables:
        assessment = _placed(assess(_case(job, item, asked), asked.answers), where)
    truths = true_grads(assessment, item.keys, item.variables)
    told, untold = _told(assessment, later=bool(item.step))
    return JudgedPass(item.number, asked, told, untold, truths)


def _told(assessment: Assessment, *, later: bool) -> tuple[Assessment, int]:
    """Return what is told of a pass, and how many comparisons that leaves out.

    A loop comes to where the gradient is nothing but rounding; what nobody can tell there, after
    other steps, does not make the loop doubtful.
    """
    told = [v for v in assessment.verdicts if not (later and v.status is Status.UNDECIDED)]
    return replace(assessment, verdicts=tuple(told)), len(assessment.verdicts) - len(told)


def _case(job: Job, item: BackwardPass, asked: Asked) -> Case:
    claimed = dict(marks(job.spec, item.program)) if not item.number else {}
    return replace(
        case_of(job.spec, item.program, item.primals, asked),
        variables=item.variables,
        marks={**claimed, ("", "", ""): item.entry.mark},
    )


def _placed(assessment: Assessment, where: str) -> Assessment:
    """Return the same with its place in the script."""
    return replace(
        assessment,
        verdicts=tuple(replace(verdict, at=where) for verdict in assessment.verdicts),
        findings=tuple(replace(finding, at=where) for finding in assessment.findings),
    )
