"""Every party's gradient by every variable: judged, and where it is wrong, explained."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Final, final

import numpy as np

from gradverify.arrays import Array, largest
from gradverify.oracles.oracle import Gradients
from gradverify.verdict.case import Case, enclosure_of, ground_of, measure
from gradverify.verdict.compare import Ground, Judgement, judge, judge_differences
from gradverify.verdict.diagnose import diagnose
from gradverify.verdict.findings import finding
from gradverify.verdict.kinks import Standing, possible, shared, standing_at_kinks
from gradverify.verdict.parties import MEASURED, RELATED
from gradverify.verdict.place import placed
from gradverify.verdict.sensitivity import sensitivity
from gradverify.verdict.shapes import fits, judge_shape
from gradverify.verdict.subject import Subject, subject_of
from gradverify.verdict.suspect import Suspect
from gradverify.verdict.tolerance import tolerance
from gradverify.verdict.verdict import About, Finding, Sensitivity, Status, Verdict
from gradverify.verdict.vouch import contradicted, silenced, vouched

COMPOSED: Final = "choices of single steps at a kink"


def _no_grounds() -> Mapping[str, Ground]:
    return MappingProxyType({})


@final
@dataclass(frozen=True, slots=True)
class Assessment:
    """Verdicts and findings, variable after variable, and what would have been noticed.

    `refuted` are the values by which the rules' gradient is itself wrong, `grounds` what gradients
    by each value were held against.
    """

    verdicts: tuple[Verdict, ...]
    findings: tuple[Finding, ...]
    sensitivity: Mapping[str, Sensitivity]
    refuted: frozenset[str] = frozenset()
    grounds: Mapping[str, Ground] = field(default_factory=_no_grounds)


def assess_gradients(case: Case, answers: Mapping[str, Gradients]) -> Assessment:
    """Return what there is to say about the gradients that the parties answered with."""
    if case.wanted.cotangent is None:
        return Assessment((), (), {})
    measured = answers.get(MEASURED) or measure(case)
    verdicts: list[Verdict] = []
    findings: list[Finding] = []
    seen: dict[str, Sensitivity] = {}
    grounds: dict[str, Ground] = {}
    for name, of in case.variables.items():
        dtype = case.program.kinds[name].dtype
        grounds[name] = ground = grounded(case, name, measured, answers)
        for party, answer in answers.items():
            if party == MEASURED:
                verdicts.append(judge_differences(party, of, ground.truth))
            elif name in answer.wrt:
                verdict, found = assess(subject_of(case, party, name, answer, ground), answers)
                verdicts.append(verdict)
                findings.extend(found)
        findings.extend(_kinks(of, ground))
        seen[of] = sensitivity(ground, dtype)
    refuted = frozenset(name for name, ground in grounds.items() if ground.truth.refuted)
    return Assessment(tuple(verdicts), tuple(findings), seen, refuted, grounds)


def grounded(
    case: Case, name: str, measured: Gradients, answers: Mapping[str, Gradients]
) -> Ground:
    """Return what gradients by a value are held against, libraries heard where they count."""
    dtype = case.program.kinds[name].dtype
    ground = vouched(name, ground_of(case, name, measured), answers, dtype)
    rules = enclosure_of(case, name)
    if not contradicted(name, ground, answers, rules, dtype):
        return ground
    return ground if standing_at_kinks(case, name, answers) else silenced(ground, rules)


def assess(subject: Subject, answers: Mapping[str, Gradients]) -> tuple[Verdict, list[Finding]]:
    """Return the verdict on one claimed gradient, and what there is to say about it."""
    if not fits(subject):
        verdict, found = judge_shape(subject)
        return verdict, [found]
    judgement = settle(subject, answers)
    verdict = judgement.verdict
    if judgement.composed:
        return verdict, [_composition(subject)]
    if verdict.status is not Status.DISAGREE:
        return verdict, _convention(subject, judgement)
    found = diagnose(suspect_of(subject), verdict, subject.about)
    return verdict, [placed(found, subject)]


def settle(subject: Subject, answers: Mapping[str, Gradients]) -> Judgement:
    """Judge a gradient of its variable's shape; what steps at kinks may choose is not wrong."""
    judgement = judge(subject.claimed, subject.ground)
    if judgement.verdict.status is not Status.DISAGREE:
        return judgement
    if not _is_choice(subject, standing_at_kinks(subject.case, subject.name, answers)):
        return judgement
    found = judgement.verdict
    allowed = max(found.allowed, found.error)
    verdict = replace(found, status=Status.AGREE, allowed=allowed, because=COMPOSED)
    return Judgement(verdict, composed=True)


def _is_choice(subject: Subject, standing: Standing | None) -> bool:
    """Whether a gradient is a matter of choice; of the rules and their like another must say so."""
    if standing is None:
        return False
    array, eps = subject.claimed.array, float(np.finfo(subject.claimed.dtype).eps)
    if not possible(array, standing, eps):
        return False
    return subject.claimed.party not in RELATED or shared(array, standing, eps)


def _composition(subject: Subject) -> Finding:
    message = (
        f"some steps stand at a kink: what {subject.claimed.party} chooses there does not come to "
        "the loss's slope"
    )
    return finding("convention-differs", subject.about, message, {"because": COMPOSED})


def suspect_of(subject: Subject) -> Suspect:
    """Return a claim that was judged wrong, with all that can explain it."""
    case, claimed, truth = subject.case, subject.claimed, subject.ground.truth
    allowed = tolerance(truth, claimed.dtype, claimed.precision, subject.ground.stated).allowed
    return Suspect(
        party=claimed.party,
        of=claimed.of,
        value=subject.name,
        claimed=claimed.array,
        truth=truth.array,
        allowed=allowed,
        known=truth.confirmed,
        program=case.program,
        env=case.base,
        truths={value: enclosure.mid for value, enclosure in case.gradients.items()},
    )


def _convention(subject: Subject, judgement: Judgement) -> list[Finding]:
    if not judgement.conventions:
        return []
    claimed, true = subject.claimed, subject.ground.truth.array
    index = np.unravel_index(judgement.conventions[0], true.shape)
    at = ", ".join(str(int(k)) for k in index)
    message = (
        f"at a kink, entry [{at}], {claimed.party} has {claimed.array[index]:.4g} "
        f"where the truth is taken as {true[index]:.4g}; both lie between the slopes"
    )
    details = {"entries": len(judgement.conventions)}
    return [finding("convention-differs", subject.about, message, details)]


def _kinks(of: str, ground: Ground) -> list[Finding]:
    kinked = [probe for probe in ground.truth.probes if probe.kinked]
    if not kinked:
        return []
    low, high = sorted((kinked[0].left, kinked[0].right))
    entries = sorted({int(np.flatnonzero(p.direction)[0]) for p in kinked if _alone(p.direction)})
    size = largest(kinked[0].direction)
    plural = "entry" if len(entries) == 1 else "entries"
    where = f"{len(entries)} {plural}" if entries else "some entries"
    below, above = low / size + 0.0, high / size + 0.0  # -0.0 reads as a slope downwards
    message = f"no derivative at {where}: slopes {below:.4g} and {above:.4g} on the two sides"
    details = {
        "entries": len(entries),
        "left": kinked[0].left / size,
        "right": kinked[0].right / size,
    }
    return [finding("kink", About(MEASURED, of, None), message, details)]


def _alone(direction: Array) -> bool:
    return int(np.count_nonzero(direction)) == 1
