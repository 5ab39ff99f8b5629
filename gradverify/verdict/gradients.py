"""Every party's gradient by every variable: judged, and where it is wrong, explained."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final, final

import numpy as np

from gradverify.arrays import Array, Dtype, Values, largest
from gradverify.oracles.oracle import Gradients, Wanted
from gradverify.program.program import Step
from gradverify.verdict.case import Case, enclosure_of, ground_of, mark_of, measure
from gradverify.verdict.compare import Claimed, Ground, Judgement, judge, judge_differences
from gradverify.verdict.diagnose import diagnose
from gradverify.verdict.findings import finding
from gradverify.verdict.locate import parting_statement, parting_step
from gradverify.verdict.sensitivity import sensitivity
from gradverify.verdict.suspect import Suspect
from gradverify.verdict.tolerance import tolerance
from gradverify.verdict.verdict import Finding, Sensitivity, Status, Verdict

MEASURED: Final = "finite_difference"
WRITTEN: Final = frozenset({"stated", "recorded"})
RELATED: Final = frozenset({"rules", MEASURED, "derived", "stated", "recorded"})
"""Parties that share the numpy primals or the spec: no evidence for one another."""


@final
@dataclass(frozen=True, slots=True)
class Assessment:
    """Verdicts and findings in the order in which a reader wants them, and what would have shown."""

    verdicts: tuple[Verdict, ...]
    findings: tuple[Finding, ...]
    sensitivity: Mapping[str, Sensitivity]


def assess_gradients(case: Case, answers: Mapping[str, Gradients]) -> Assessment:
    """Return what there is to say about the gradients that the parties answered with."""
    if case.wanted.cotangent is None:
        return Assessment((), (), {})
    measured = answers.get(MEASURED) or measure(case)
    grounds = {
        name: vouched(
            name, ground_of(case, name, measured), answers, case.program.kinds[name].dtype
        )
        for name in case.variables
    }
    verdicts: list[Verdict] = []
    findings: list[Finding] = []
    for name, of in case.variables.items():
        for party, answer in answers.items():
            for verdict, found in _assess(case, party, answer, name, grounds):
                verdicts.append(verdict)
                findings.extend(found)
        findings.extend(_kinks(of, grounds[name]))
    seen = {of: sensitivity(grounds[name].truth) for name, of in case.variables.items()}
    return Assessment(tuple(verdicts), tuple(findings), seen)


def vouched(
    name: str, ground: Ground, answers: Mapping[str, Gradients], dtype: Dtype
) -> Ground:
    """Return a ground that independent derivations confirm where differences cannot tell.

    Differences are blind to a gradient below the noise of its loss. Where they do not contradict the
    rules, and every other library that derives the gradient by itself agrees with them to rounding,
    that is evidence enough to call the rest right; it is none for calling anybody wrong.
    """
    truth = ground.truth
    if truth.confirmed or truth.refuted:
        return ground
    others = [a.wrt[name] for p, a in answers.items() if p not in RELATED and name in a.wrt]
    agreeing = [array for array in others if _agrees(array, ground, dtype)]
    if not agreeing or len(agreeing) < len(others):
        return ground
    return replace(ground, truth=replace(truth, confirmed=True))


def _agrees(array: Array, ground: Ground, dtype: Dtype) -> bool:
    if array.shape != ground.primal.shape:
        return False
    allowed = tolerance(ground.truth, dtype, None, None)
    gap = np.abs(array.astype(np.float64) - ground.truth.array)
    return bool(np.all(gap <= allowed.allowed)) and allowed.bluntness <= 1


def _assess(
    case: Case, party: str, answer: Gradients, name: str, grounds: Mapping[str, Ground]
) -> Iterator[tuple[Verdict, list[Finding]]]:
    of, ground = case.variables[name], grounds[name]
    if party == MEASURED:
        yield judge_differences(party, of, ground.truth), []
    elif name in answer.wrt:
        precision = _precision(case, party, answer, name)
        claimed = claim(
            party, of, answer.wrt[name], (dtype_of(case, party, name), precision)
        )
        if claimed.array.shape != ground.primal.shape:
            yield _shape_differs(case, claimed, ground)
            return
        judgement = judge(claimed, ground)
        yield judgement.verdict, _explain(case, claimed, name, judgement, grounds, answer)


def _precision(case: Case, party: str, answer: Gradients, name: str) -> Array | None:
    """Return how precisely a gradient is meant; a hand-written pass, as its own steps round."""
    derived = case.program.derived
    if party != "derived" or derived is None:
        return answer.precision.get(name)
    return case.values[derived.outputs[case.variables[name]]].rad


def claim(party: str, of: str, array: Array, meant: tuple[Dtype, Array | None]) -> Claimed:
    """Return a party's gradient; `meant` is the format to judge it in, and its own precision."""
    return Claimed(party, "gradient", of, array.astype(np.float64), *meant)


def dtype_of(case: Case, party: str, name: str) -> Dtype:
    """Return the format that a party is held to: the program's, and float64 for written numbers.

    An oracle that answers in a narrower format than the program's has lost precision.
    """
    return np.dtype(np.float64) if party in WRITTEN else case.program.kinds[name].dtype


def _shape_differs(case: Case, claimed: Claimed, ground: Ground) -> tuple[Verdict, list[Finding]]:
    """Return the finding for a shape, named `broadcast-not-summed` where summing makes it right."""
    shape, wanted = claimed.array.shape, ground.primal.shape
    message = f"a gradient of shape {shape} for a variable of shape {wanted}"
    details = {"shape": str(shape), "expected": str(wanted)}
    code = _code_of_shape(claimed.array, ground)
    mark = mark_of(case, claimed.party, "grads", claimed.of)
    because = "shapes are compared before numbers"
    verdict = Verdict(
        claimed.party, "gradient", claimed.of, Status.DISAGREE, np.inf, 0.0, because, None
    )
    return verdict, [finding(code, claimed.party, claimed.of, message, mark, details)]


def _code_of_shape(array: Array, ground: Ground) -> str:
    """Return the code that explains a wrong shape, if one operation makes the array right."""
    if array.shape == ground.truth.array.T.shape and _is_true(array.T, ground):
        return "transposed"
    return "broadcast-not-summed" if _sums_to(array, ground) else "shape-differs"


def _is_true(array: Array, ground: Ground) -> bool:
    allowed = tolerance(ground.truth, np.dtype(np.float64), None, None).allowed
    return bool(np.all(np.abs(array - ground.truth.array) <= 4 * allowed))


def _sums_to(array: Array, ground: Ground) -> bool:
    extra = array.ndim - ground.primal.ndim
    if extra < 0:
        return False
    summed = array.sum(axis=tuple(range(extra)))
    axes = tuple(k for k, n in enumerate(ground.primal.shape) if n == 1)
    summed = summed.sum(axis=axes, keepdims=True)
    return summed.shape == ground.primal.shape and _is_true(summed, ground)


def _explain(
    case: Case,
    claimed: Claimed,
    name: str,
    judgement: Judgement,
    grounds: Mapping[str, Ground],
    answer: Gradients,
) -> list[Finding]:
    if judgement.verdict.status is Status.DISAGREE:
        suspect = _suspect(case, claimed, name, judgement, grounds[name])
        found = diagnose(
            suspect, judgement.verdict, mark_of(case, claimed.party, "grads", claimed.of)
        )
        return [_placed(case, found, answer)]
    if not judgement.conventions:
        return []
    index = np.unravel_index(judgement.conventions[0], claimed.array.shape)
    at = ", ".join(str(int(k)) for k in index)
    message = (
        f"at a kink, entry [{at}], {claimed.party} has {claimed.array[index]:.4g} "
        f"and the rules {grounds[name].truth.array[index]:.4g}; both lie between the slopes"
    )
    details = {"entries": len(judgement.conventions)}
    mark = mark_of(case, claimed.party, "grads", claimed.of)
    return [finding("convention-differs", claimed.party, claimed.of, message, mark, details)]


def _suspect(
    case: Case, claimed: Claimed, name: str, judgement: Judgement, ground: Ground
) -> Suspect:
    allowed = tolerance(ground.truth, claimed.dtype, claimed.precision, ground.stated).allowed
    return Suspect(
        party=claimed.party,
        of=claimed.of,
        value=name,
        claimed=claimed.array,
        truth=ground.truth.array,
        allowed=allowed,
        wrong=judgement.wrong,
        known=ground.truth.confirmed,
        program=case.program,
        env=case.base,
        truths={value: enclosure.mid for value, enclosure in case.gradients.items()},
    )


def _placed(case: Case, found: Finding, answer: Gradients) -> Finding:
    """Return a finding with the step at which the party's cotangents part from the true ones."""
    if "step" in found.details:
        return found
    step = _parting(case, found.party, answer)
    if step is None:
        return found
    details = {**found.details, "step": step.source}
    message = f"{found.message}; cotangents part at `{step.source}`"
    return replace(found, message=message, details=details, mark=step.mark)


def _parting(case: Case, party: str, answer: Gradients) -> Step | None:
    truths = {name: enclosure.mid for name, enclosure in case.gradients.items()}
    allowed = {name: _excused(case, name) for name in truths}
    if party == "derived" and case.program.derived is not None:
        named = {v: n for n, v in case.variables.items()}
        derived = case.program.derived
        return parting_statement(
            derived,
            {variable: answer.values[value] for variable, value in derived.names.items()},
            {v: truths[n] for v, n in named.items() if n in truths},
            {v: allowed[n] for v, n in named.items() if n in truths},
        )
    everywhere = _everywhere(case, party, truths)
    return parting_step(case.program.steps, everywhere, allowed, truths)


def _excused(case: Case, name: str) -> Array:
    enclosure = enclosure_of(case, name)
    eps = float(np.finfo(case.program.kinds[name].dtype).eps)
    return 4 * enclosure.rad + 16 * eps * largest(enclosure.mid)


def _everywhere(case: Case, party: str, truths: Values) -> Values:
    """Return a party's gradient by every value that it can give one for, unnamed ones too."""
    oracle = case.oracles.get(party)
    if oracle is None:
        return {}
    names = tuple(n for n in truths if n in case.program.kinds and n != case.program.loss)
    try:
        found = oracle.differentiate(
            case.program, case.primals, Wanted((), names, case.wanted.cotangent)
        )
    except Exception:  # noqa: BLE001 - a second, wider question may fail where the first did not
        return {}
    return found.wrt if isinstance(found, Gradients) else {}


def _kinks(of: str, ground: Ground) -> list[Finding]:
    kinked = [probe for probe in ground.truth.probes if probe.kinked]
    if not kinked:
        return []
    low, high = sorted((kinked[0].left, kinked[0].right))
    entries = sorted({int(np.flatnonzero(p.direction)[0]) for p in kinked if _alone(p.direction)})
    size = largest(kinked[0].direction)
    where = f"{len(entries)} entries" if entries else "some entries"
    message = (
        f"no derivative at {where}: slopes {low / size:.4g} and {high / size:.4g} on the two sides"
    )
    details = {
        "entries": len(entries),
        "left": kinked[0].left / size,
        "right": kinked[0].right / size,
    }
    return [finding("kink", MEASURED, of, message, None, details)]


def _alone(direction: Array) -> bool:
    return int(np.count_nonzero(direction)) == 1
