"""One program: everybody is asked, and judged."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final, final

import numpy as np

from gradverify.arrays import Values
from gradverify.oracles.enclosure import enclose
from gradverify.oracles.finite_difference import widened_values
from gradverify.oracles.guard import Raised, guarded
from gradverify.oracles.oracle import Gradients, Oracle, Unsupported, Wanted
from gradverify.oracles.table import load_oracle
from gradverify.program.program import Program
from gradverify.run.answer import fault_of_answer
from gradverify.run.options import Options
from gradverify.run.plan import labels, marks, parties, wanted
from gradverify.spec.spec import Spec
from gradverify.verdict.case import Case
from gradverify.verdict.fingerprint import Fingerprint
from gradverify.verdict.gradients import Assessment, assess_gradients
from gradverify.verdict.imprint import fingerprint
from gradverify.verdict.jacobian import assess_jacobians
from gradverify.verdict.parties import CLAIMING
from gradverify.verdict.second_order import assess_second_order
from gradverify.verdict.tape_course import once
from gradverify.verdict.values import assess_values
from gradverify.verdict.verdict import GRAVEST, Answer, Status, Verdict

NUMPY: Final = "rules"
NO_LOSS: Final = "the spec has no loss, and so no gradient to compare"
UNCOMPARED: Final = "no gradient was compared: what numpy computes forwards is wrong already"
PARTING: Final = frozenset({"values-differ", "shape-differs"})
"""Findings about values, after which a party's gradients are those of another function."""


@final
@dataclass(frozen=True, slots=True)
class Asked:
    """A question, who answered what, whom one can ask again, and why the others did not answer."""

    question: Wanted
    answers: Mapping[str, Gradients]
    oracles: Mapping[str, Oracle]
    silent: Mapping[str, Answer]


@final
@dataclass(frozen=True, slots=True)
class Judged:
    """All that was concluded about one program.

    `interrupted` says where a person stopped it, `faults` what could not be done of its script.
    """

    oracles: tuple[Answer, ...]
    assessment: Assessment
    possible: int
    interrupted: str = ""
    faults: tuple[str, ...] = ()
    prints: tuple[Fingerprint, ...] = ()


def joined(one: Judged, other: Judged) -> Judged:
    """Return what was concluded about a program, and about more that its spec holds, together."""
    first, second = one.assessment, other.assessment
    return Judged(
        oracles=_graver([*one.oracles, *other.oracles]),
        assessment=Assessment(
            (*first.verdicts, *second.verdicts),
            tuple(once((*first.findings, *second.findings))),
            {**second.sensitivity, **first.sensitivity},
        ),
        possible=one.possible + other.possible,
        interrupted=one.interrupted or other.interrupted,
        faults=(*one.faults, *other.faults),
        prints=(*one.prints, *other.prints),
    )


def _graver(answers: Sequence[Answer]) -> tuple[Answer, ...]:
    """Return one answer an oracle, the gravest that it has."""
    found: dict[str, Answer] = {}
    for answer in answers:
        before = found.get(answer.name, answer)
        found[answer.name] = min(before, answer, key=lambda it: GRAVEST.index(it.status))
    return tuple(found.values())


def judge_program(
    spec: Spec,
    program: Program,
    primals: Values,
    options: Options,
    beside: Oracle | None = None,
) -> Judged:
    """Ask every party about a program at one point, and judge what they say.

    `beside` is one more party, that no table knows.
    """
    asked = ask(parties(program, options), program, primals, wanted(program))
    if beside is not None:
        asked = with_answer(asked, beside.name, _ask(beside, program, primals, asked.question))
    with np.errstate(all="ignore"):  # infinities and NaNs are judged, not warned of
        case = _case(spec, program, primals, asked)
        assessment = assess(case, asked.answers)
    made = len(assessment.verdicts)
    unmade = len(asked.question.variables) + len(asked.question.values)
    possible = made + len(asked.silent) * unmade
    prints = _prints(case, asked.answers)
    return Judged(_fared(asked, assessment.verdicts), assessment, possible, prints=prints)


def _prints(case: Case, answers: Mapping[str, Gradients]) -> tuple[Fingerprint, ...]:
    """Return the fingerprint of every gradient that somebody answered with."""
    return tuple(
        fingerprint(party, "gradient", of, answer.wrt[name])
        for name, of in case.variables.items()
        for party, answer in answers.items()
        if name in answer.wrt
    )


def assess(case: Case, answers: Mapping[str, Gradients]) -> Assessment:
    """Judge values first, and the gradients of those whose forward pass is the same function."""
    verdicts, findings = assess_values(case, answers)
    parted = {f.party for f in findings if f.code in PARTING} - set(CLAIMING)
    if NUMPY in parted:  # the truth would stand on those primals: no gradient can be judged by it
        return Assessment(tuple(verdicts), tuple(findings), {})
    followed = {party: answer for party, answer in answers.items() if party not in parted}
    gradients = assess_gradients(case, followed)
    further = [assess_jacobians(case), assess_second_order(case, gradients.refuted)]
    return Assessment(
        (*verdicts, *gradients.verdicts, *(v for found, _ in further for v in found)),
        (*findings, *gradients.findings, *(f for _, found in further for f in found)),
        gradients.sensitivity,
        grounds=gradients.grounds,
    )


def ask(names: Sequence[str], program: Program, primals: Values, question: Wanted) -> Asked:
    """Put one question to every oracle; what one of them raises is its own affair."""
    asked = Asked(question, {}, {}, {})
    for name in names:
        oracle = load_oracle(name)
        if isinstance(oracle, Unsupported):
            asked = with_answer(asked, name, oracle)
            continue
        asked = with_answer(asked, name, _ask(oracle, program, primals, question))
        if name in asked.answers:
            asked = replace(asked, oracles={**asked.oracles, name: oracle})
    return asked


def with_answer(asked: Asked, name: str, found: Gradients | Unsupported | str) -> Asked:
    """Return everybody's answers and one more, or why there is none."""
    if isinstance(found, Gradients):
        return replace(asked, answers={**asked.answers, name: found})
    broken = isinstance(found, str)
    status = Status.BROKEN if broken else Status.UNSUPPORTED
    answer = Answer(name, status, found if broken else found.reason)
    return replace(asked, silent={**asked.silent, name: answer})


def _ask(
    oracle: Oracle, program: Program, primals: Values, question: Wanted
) -> Gradients | Unsupported | str:
    """Return an oracle's answer, or in a string what it raised and where, or what is no answer."""
    given = MappingProxyType(dict(primals))
    found = guarded(lambda: oracle.differentiate(program, given, question))
    if isinstance(found, Raised):
        return found.reason
    if isinstance(found, Unsupported):
        return found
    return fault_of_answer(oracle.name, found, question) or found


def _case(spec: Spec, program: Program, primals: Values, asked: Asked) -> Case:
    named = labels(program)
    claimed = {claim.value for claim in program.claims if claim.kind == "values"}
    return replace(
        case_of(spec, program, primals, asked),
        variables={name: _label(name, program, named) for name in asked.question.variables},
        labels={n: of for n, of in named.items() if n not in program.inputs or n in claimed},
        marks=marks(spec, program),
    )


def case_of(spec: Spec, program: Program, primals: Values, asked: Asked) -> Case:
    """Return a program at a point, before anything in it has a name or a place."""
    values, gradients = enclose(program, primals, asked.question.cotangent)
    return Case(
        program=program,
        primals=primals,
        wanted=asked.question,
        base=widened_values(program, primals),
        values=values,
        gradients=gradients,
        variables={},
        labels={},
        oracles=asked.oracles,
        marks={},
        tolerance=spec.model.tolerance,
    )


def _label(name: str, program: Program, named: Mapping[str, str]) -> str:
    """Return the author's name of a variable, of several the one whose gradient is claimed.

    An input whose name was assigned anew keeps both.
    """
    claimed = (*program.derived.outputs, *(claim.of for claim in program.claims))
    if of := next((of for of in claimed if program.names.get(of) == name), None):
        return of
    if name in program.inputs and program.names.get(name) != name:
        return f"{name} (the input)"
    return named.get(name, name)


def _fared(asked: Asked, verdicts: Sequence[Verdict]) -> tuple[Answer, ...]:
    """Return how every oracle fared: the worst of its verdicts."""
    has_loss = asked.question.cotangent is not None
    fared = (fared_one(name, verdicts, has_loss=has_loss) for name in asked.answers)
    return (*fared, *asked.silent.values())


def fared_one(party: str, verdicts: Sequence[Verdict], *, has_loss: bool) -> Answer:
    """Return how one oracle fared."""
    mine = {verdict.status for verdict in verdicts if verdict.party == party}
    if mine:
        return Answer(party, min(mine, key=GRAVEST.index), "")
    return Answer(party, Status.UNSUPPORTED, UNCOMPARED if has_loss else NO_LOSS)
