"""Jacobians and Hessians that are wrong: explained by what the arrays alone show."""

import math
from dataclasses import dataclass
from typing import final

from gradverify.arrays import Array
from gradverify.program.program import Claim
from gradverify.verdict.case import Case, mark_of
from gradverify.verdict.causes import WHOLE
from gradverify.verdict.diagnose import diagnose
from gradverify.verdict.suspect import Suspect
from gradverify.verdict.verdict import About, Finding, Status, Verdict


@final
@dataclass(frozen=True, slots=True)
class Compared:
    """A claimed array beside the true one, what was allowed, and whether all of it is known."""

    claimed: Array
    truth: Array
    allowed: Array
    known: bool


def undecided(stated: Claim, because: str) -> Verdict:
    """Return the verdict on a claim that nothing is held against."""
    numbers = (math.inf, math.inf)
    return Verdict(
        stated.party, stated.kind, stated.of, Status.UNDECIDED, *numbers, because, worst=None
    )


def explain_whole(case: Case, value: str, compared: Compared, verdict: Verdict) -> Finding:
    """Return the finding for an array of derivatives by `value` that was judged wrong."""
    suspect = Suspect(
        party=verdict.party,
        of=verdict.of,
        value=value,
        claimed=compared.claimed,
        truth=compared.truth,
        allowed=compared.allowed,
        known=compared.known,
        program=case.program,
        env=case.base,
        truths={},
    )
    mark = mark_of(case, verdict.party, verdict.kind, verdict.of)
    about = About(verdict.party, verdict.of, mark)
    return diagnose(suspect, verdict, about, WHOLE)
