"""Jacobians, where somebody states one: one gradient an output, each judged like any other."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, final

import numpy as np

from gradverify.arrays import Array
from gradverify.oracles.claims import claimed as worth
from gradverify.oracles.enclosure import enclose
from gradverify.oracles.oracle import Gradients, Wanted
from gradverify.program.program import Claim, Kind
from gradverify.verdict.case import Case, measure
from gradverify.verdict.compare import Ground, Judgement
from gradverify.verdict.further import gradients_of
from gradverify.verdict.gradients import grounded, settle
from gradverify.verdict.parties import RELATED
from gradverify.verdict.subject import Subject, claim
from gradverify.verdict.tolerance import tolerance
from gradverify.verdict.verdict import GRAVEST, Finding, Status, Verdict
from gradverify.verdict.whole import Compared, explain_whole, undecided

ROWS: Final = 256  # outputs of a Jacobian that are taken one by one
SILENT: Final = RELATED - {"rules"}
"""Parties that are not asked again: they claim what they claim, or are the truth by themselves."""


@final
@dataclass(frozen=True, slots=True)
class Row:
    """The gradient of one output: what it is held against, and what everybody says it is."""

    case: Case
    ground: Ground
    answers: Mapping[str, Gradients]

    def judged(self, party: str, name: str) -> Judgement:
        """Return the judgement on a party that answered."""
        answer = self.answers[party]
        claimed = claim(self.case, party, name, answer.wrt[name], None)
        return settle(Subject(self.case, name, answer, claimed, self.ground), self.answers)


def assess_jacobians(case: Case) -> tuple[list[Verdict], list[Finding]]:
    """Return verdicts, on all oracles too, for every Jacobian that the spec states."""
    verdicts: list[Verdict] = []
    findings: list[Finding] = []
    for stated in (c for c in case.program.claims if c.kind == "jacobian"):
        found, wrong = _assess(case, stated)
        verdicts.extend(found)
        findings.extend(wrong)
    return verdicts, findings


def _assess(case: Case, stated: Claim) -> tuple[list[Verdict], list[Finding]]:
    outputs = _loss(case).shape
    if math.prod(outputs) > ROWS:
        because = f"a Jacobian of more than {ROWS} outputs is not taken row by row"
        return [undecided(stated, because)], []
    array = worth(stated, case.base)
    rows = [_row(case, stated, output, array[output]) for output in np.ndindex(outputs)]
    everybody = dict.fromkeys((*case.oracles, stated.party))
    parties = [party for party in everybody if all(party in row.answers for row in rows)]
    verdicts: list[Verdict] = []
    findings: list[Finding] = []
    for party in parties if rows else ():
        verdict = _worst([row.judged(party, stated.value) for row in rows], outputs)
        verdicts.append(verdict)
        if verdict.status is Status.DISAGREE:
            findings.append(_finding(case, stated, rows, verdict))
    return verdicts, findings


def _loss(case: Case) -> Kind:
    return case.program.kinds[case.program.goal]


def _row(case: Case, stated: Claim, output: tuple[int, ...], said: Array) -> Row:
    """Ask everybody for the gradient of one output, of which the spec says what is `said`."""
    name = stated.value
    cotangent = np.zeros(_loss(case).shape, _loss(case).dtype)
    cotangent[output] = 1.0
    question = Wanted((), (name,), cotangent)
    _, gradients = enclose(case.program, case.primals, cotangent)
    row = replace(case, wanted=question, gradients=gradients)
    answers = {
        party: Gradients(wrt=gradients_of(oracle, case.program, case.primals, question))
        for party, oracle in case.oracles.items()
        if party not in SILENT
    }
    given = {party: answer for party, answer in answers.items() if name in answer.wrt}
    ground = grounded(row, name, measure(row), given)
    return Row(row, ground, {**given, stated.party: Gradients(wrt={name: said})})


def _worst(made: Sequence[Judgement], outputs: tuple[int, ...]) -> Verdict:
    """Return one verdict for all rows: the gravest, and of those the one furthest off."""
    row = min(
        range(len(made)),
        key=lambda k: (GRAVEST.index(made[k].verdict.status), -made[k].verdict.error),
    )
    found = made[row].verdict
    output = tuple(int(k) for k in np.unravel_index(row, outputs))
    worst = found.worst and replace(found.worst, index=output + found.worst.index)
    return replace(found, kind="jacobian", worst=worst)


def _finding(case: Case, stated: Claim, rows: Sequence[Row], verdict: Verdict) -> Finding:
    dtype = np.dtype(np.float64)
    grounds = [row.ground for row in rows]
    claimed = [row.answers[verdict.party].wrt[stated.value] for row in rows]
    truth = [ground.truth.array for ground in grounds]
    allowed = [tolerance(ground.truth, dtype, None, ground.stated).allowed for ground in grounds]
    compared = Compared(
        *(np.stack(part).reshape(stated.shape) for part in (claimed, truth, allowed)),
        known=all(ground.truth.confirmed for ground in grounds),
    )
    return explain_whole(case, stated.value, compared, verdict)
