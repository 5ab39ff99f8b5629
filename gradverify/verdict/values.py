"""Values before gradients: every party's forward pass, judged, and the odd one named."""

from collections.abc import Mapping
from typing import Final

import numpy as np

from gradverify.oracles.oracle import Gradients
from gradverify.verdict.case import Case, mark_of
from gradverify.verdict.findings import finding
from gradverify.verdict.forward import ClaimedValue, judge_value, odd_one_out
from gradverify.verdict.parties import SHARED_PRIMALS, WRITTEN
from gradverify.verdict.verdict import About, Finding, Status, Verdict

OPEN: Final = "; which of the two is wrong is open"


def assess_values(
    case: Case, answers: Mapping[str, Gradients]
) -> tuple[list[Verdict], list[Finding]]:
    """Return verdicts on every value that somebody claims, and findings for those that differ."""
    verdicts: list[Verdict] = []
    findings: list[Finding] = []
    for name, of in case.labels.items():
        judged = {
            party: _judge(case, party, answer, name)
            for party, answer in answers.items()
            if name in answer.values and (party not in SHARED_PRIMALS or party == "rules")
        }
        verdicts.extend(judged.values())
        findings.extend(_findings(case, of, judged))
    return verdicts, findings


def _judge(case: Case, party: str, answer: Gradients, name: str) -> Verdict:
    array, of = answer.values[name], case.labels[name]
    truth = case.values[name]
    if array.shape != truth.mid.shape:
        because = f"shape {array.shape}, where numpy's is {truth.mid.shape}"
        return Verdict(party, "value", of, Status.DISAGREE, np.inf, 0.0, because, None)
    dtype = np.dtype(np.float64)
    if party not in WRITTEN and name in case.program.kinds:
        dtype = case.program.kinds[name].dtype
    claimed = ClaimedValue(party, of, array, dtype, answer.value_precision.get(name))
    return judge_value(claimed, truth)


def _findings(case: Case, of: str, judged: Mapping[str, Verdict]) -> list[Finding]:
    """Return a finding for every written number that is wrong, and one a forward pass at fault."""
    wrong = [v for v in judged.values() if v.status is Status.DISAGREE]
    found = [_finding(case, of, v, v.party) for v in wrong if v.party in WRITTEN]
    computed = {party: v for party, v in judged.items() if party not in WRITTEN}
    blamed = odd_one_out(computed)
    odd = [v for v in wrong if v.party not in WRITTEN]
    if blamed:
        told = next((v for v in odd if v.party == blamed), odd[0])
        return [*found, _finding(case, of, told, blamed)]
    return [*found, *(_finding(case, of, v, v.party, OPEN) for v in odd)]


def _finding(case: Case, of: str, verdict: Verdict, party: str, more: str = "") -> Finding:
    mark = mark_of(case, party, "values", of)
    code = "recorded-value-differs" if party == "recorded" else "values-differ"
    if verdict.worst is None:
        about = About(party, of, mark)
        message = f"{verdict.party} has {verdict.because}"
        return finding("shape-differs", about, message, {"kind": "value"})
    worst = verdict.worst
    place = f" at {list(worst.index)}" if worst.index else ""
    message = (
        f"{verdict.party} has {worst.claimed:.6g}{place} "
        f"where the numpy forward pass gives {worst.true:.6g}{more}"
    )
    details = {
        "kind": "value",
        "claimed": worst.claimed,
        "true": worst.true,
        "error": verdict.error,
    }
    return finding(code, About(party, of, mark), message, details)
