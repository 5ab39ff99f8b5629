"""Jacobians that somebody states: one gradient an output, each judged like any other."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from gradverify.arrays import Array
from gradverify.oracles.claims import claimed as worth
from gradverify.oracles.enclosure import enclose
from gradverify.oracles.oracle import Gradients, Wanted
from gradverify.program.program import Claim, Kind
from gradverify.verdict.case import Case, ground_of, measure
from gradverify.verdict.compare import Ground, Judgement, judge
from gradverify.verdict.parties import RELATED
from gradverify.verdict.subject import claim
from gradverify.verdict.tolerance import tolerance
from gradverify.verdict.verdict import Finding, Status, Verdict
from gradverify.verdict.vouch import vouched
from gradverify.verdict.whole import Compared, explain_whole

ROWS: Final = 256  # outputs of a Jacobian that are taken one by one
SILENT: Final = RELATED - {"rules"}
"""Parties that answer one question only, whatever they are asked."""
GRAVEST: Final = (Status.DISAGREE, Status.UNDECIDED, Status.AGREE)


def assess_jacobians(case: Case) -> tuple[list[Verdict], list[Finding]]:
    """Return verdicts, of all oracles too, on every Jacobian that the spec states."""
    verdicts: list[Verdict] = []
    findings: list[Finding] = []
    for stated in (c for c in case.program.claims if c.kind == "jacobian"):
        found, wrong = _assess(case, stated)
        verdicts.extend(found)
        findings.extend(wrong)
    return verdicts, findings


def _assess(case: Case, stated: Claim) -> tuple[list[Verdict], list[Finding]]:
    outputs = _loss(case).shape
    name = stated.value
    array = worth(stated, case.base)
    if math.prod(outputs) > ROWS:
        because = f"a Jacobian of more than {ROWS} outputs is not taken row by row"
        return [_merged(stated.party, stated.of, Status.UNDECIDED, because)], []
    rows = [_row(case, name, index) for index in np.ndindex(outputs)]
    grounds = [ground for ground, _ in rows]
    judged: dict[str, list[Judgement]] = {}
    for index, (ground, answers) in zip(np.ndindex(outputs), rows, strict=True):
        for party, gradient in {**answers, stated.party: array[index]}.items():
            made = judge(claim(case, party, name, gradient, None), ground)
            judged.setdefault(party, []).append(made)
    verdicts = {party: _worst(made, outputs) for party, made in judged.items()}
    wrong = verdicts[stated.party].status is Status.DISAGREE
    findings = [_finding(case, stated, array, grounds, verdicts[stated.party])] if wrong else []
    return list(verdicts.values()), findings


def _loss(case: Case) -> Kind:
    return case.program.kinds[case.program.goal]


def _row(case: Case, name: str, output: tuple[int, ...]) -> tuple[Ground, Mapping[str, Array]]:
    """Return what the gradient of one output is held against, and what each oracle says it is."""
    cotangent = np.zeros(_loss(case).shape, _loss(case).dtype)
    cotangent[output] = 1.0
    question = Wanted((), (name,), cotangent)
    _, gradients = enclose(case.program, case.primals, cotangent)
    row = replace(case, wanted=question, gradients=gradients)
    answers = {
        party: oracle.differentiate(case.program, case.primals, question)
        for party, oracle in case.oracles.items()
        if party not in SILENT
    }
    given = {party: a for party, a in answers.items() if isinstance(a, Gradients)}
    dtype = case.program.kinds[name].dtype
    ground = vouched(name, ground_of(row, name, measure(row)), given, dtype)
    return ground, {party: answer.wrt[name] for party, answer in given.items()}


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


def _merged(party: str, of: str, status: Status, because: str) -> Verdict:
    return Verdict(party, "jacobian", of, status, np.inf, np.inf, because, None)


def _finding(
    case: Case, stated: Claim, array: Array, grounds: Sequence[Ground], verdict: Verdict
) -> Finding:
    truth = np.stack([ground.truth.array for ground in grounds]).reshape(array.shape)
    dtype = np.dtype(np.float64)
    allowed = [tolerance(ground.truth, dtype, None, ground.stated).allowed for ground in grounds]
    compared = Compared(
        array,
        truth,
        np.stack(allowed).reshape(array.shape),
        known=all(ground.truth.confirmed for ground in grounds),
    )
    return explain_whole(case, stated, compared, verdict)
