"""One spec, from its program to its result: everybody is asked, judged, and held against the spec."""

import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import final

from gradverify.arrays import Values
from gradverify.oracles.enclosure import enclose
from gradverify.oracles.finite_difference import widened_values
from gradverify.oracles.oracle import Gradients, Oracle, Unsupported, Wanted
from gradverify.oracles.table import load_oracle
from gradverify.program.program import Program
from gradverify.run.answer import fault_of_answer
from gradverify.run.options import Options
from gradverify.run.plan import CLAIMING, labels, marks, parties, wanted
from gradverify.spec.spec import Spec
from gradverify.verdict.case import Case
from gradverify.verdict.gradients import Assessment, assess_gradients
from gradverify.verdict.jacobian import assess_jacobians
from gradverify.verdict.second_order import assess_second_order
from gradverify.verdict.values import assess_values
from gradverify.verdict.verdict import Answer, Status, Verdict


@final
@dataclass(frozen=True, slots=True)
class Asked:
    """What the oracles answered, those that can be asked again, and why the others did not answer."""

    answers: Mapping[str, Gradients]
    oracles: Mapping[str, Oracle]
    silent: Mapping[str, Answer]


@final
@dataclass(frozen=True, slots=True)
class Judged:
    """All that was concluded about one program."""

    oracles: tuple[Answer, ...]
    assessment: Assessment
    possible: int


def judge_program(spec: Spec, program: Program, primals: Values, options: Options) -> Judged:
    """Ask every party about a program at one point, and judge what they say."""
    question = wanted(program)
    asked = ask(parties(program, options), program, primals, question)
    case = _case(spec, program, primals, question, asked.oracles)
    verdicts, findings = assess_values(case, asked.answers)
    parted = {f.party for f in findings if f.code == "values-differ"} - set(CLAIMING)
    followed = {party: a for party, a in asked.answers.items() if party not in parted}
    gradients = assess_gradients(case, followed)
    further = [assess_jacobians(case), assess_second_order(case)]
    assessment = Assessment(
        (*verdicts, *gradients.verdicts, *(v for found, _ in further for v in found)),
        (*findings, *gradients.findings, *(f for _, found in further for f in found)),
        gradients.sensitivity,
    )
    silent = len(asked.silent) * (len(question.variables) + len(question.values))
    return Judged(_fared(asked, assessment.verdicts), assessment, len(assessment.verdicts) + silent)


def ask(names: Sequence[str], program: Program, primals: Values, question: Wanted) -> Asked:
    """Put one question to every oracle; what one of them raises is its own affair."""
    answers: dict[str, Gradients] = {}
    oracles: dict[str, Oracle] = {}
    silent: dict[str, Answer] = {}
    for name in names:
        oracle = load_oracle(name)
        found = (
            oracle if isinstance(oracle, Unsupported) else _ask(oracle, program, primals, question)
        )
        if isinstance(found, Gradients) and not isinstance(oracle, Unsupported):
            answers[name], oracles[name] = found, oracle
        elif isinstance(found, Unsupported):
            silent[name] = Answer(name, Status.UNSUPPORTED, found.reason)
        elif isinstance(found, str):
            silent[name] = Answer(name, Status.BROKEN, found)
    return Asked(answers, oracles, silent)


def _ask(
    oracle: Oracle, program: Program, primals: Values, question: Wanted
) -> Gradients | Unsupported | str:
    """Return an oracle's answer, or in a string what it raised and where, or what is no answer."""
    try:
        found = oracle.differentiate(program, primals, question)
    except Exception as error:  # noqa: BLE001 - a stranger's code may raise anything
        frame = traceback.extract_tb(error.__traceback__)[-1]
        first = str(error).strip().partition("\n")[0]
        return f"{type(error).__name__}: {first} ({frame.filename}:{frame.lineno})"
    if isinstance(found, Unsupported):
        return found
    return fault_of_answer(oracle.name, found, question) or found


def _case(
    spec: Spec, program: Program, primals: Values, question: Wanted, oracles: Mapping[str, Oracle]
) -> Case:
    values, gradients = enclose(program, primals, question.cotangent)
    named = labels(program)
    return Case(
        program=program,
        primals=primals,
        wanted=question,
        base=widened_values(program, primals),
        values=values,
        gradients=gradients,
        variables={name: named.get(name, name) for name in question.variables},
        labels={name: of for name, of in named.items() if name not in program.inputs},
        oracles=oracles,
        marks=marks(spec, program),
        tolerance=spec.model.tolerance,
    )


def _fared(asked: Asked, verdicts: Sequence[Verdict]) -> tuple[Answer, ...]:
    """Return how every oracle fared: the worst of its verdicts."""
    fared = [Answer(name, _worst(name, verdicts), "") for name in asked.answers]
    return (*fared, *asked.silent.values())


def _worst(party: str, verdicts: Sequence[Verdict]) -> Status:
    mine = {v.status for v in verdicts if v.party == party}
    for status in (Status.DISAGREE, Status.UNDECIDED, Status.AGREE):
        if status in mine:
            return status
    return Status.UNDECIDED
