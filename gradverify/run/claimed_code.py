"""What a spec states and a document printed about code that stands alone, judged by the code.

The value and the gradient of the code, each known to within its own rounding, stand for the truth
where the examination has confirmed them. An entry that is off is settled by a derivative of its own
along a line, so nobody is called wrong by the claim of the code alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, TypeAlias, final

import numpy as np

from gradverify.arrays import EPS, Array, Values, largest, length
from gradverify.errors import SpecErrors
from gradverify.function.examined import Examined
from gradverify.oracles.enclosure import Enclosure
from gradverify.oracles.function import Form, Function, Weight
from gradverify.oracles.guard import Raised, guarded
from gradverify.oracles.ladder import differentiate
from gradverify.oracles.oracle import Gradients, Probe, Wanted
from gradverify.program.code import OUTPUT
from gradverify.program.program import Claim, Program
from gradverify.run.import_errors import OutputShapeError, SeveralOutputsError
from gradverify.run.judge import Judged, ask
from gradverify.run.options import Options
from gradverify.run.plan import parties
from gradverify.spec.spec import Spec
from gradverify.verdict.causes import WHOLE
from gradverify.verdict.compare import Claimed, Ground, judge
from gradverify.verdict.diagnose import diagnose
from gradverify.verdict.findings import finding
from gradverify.verdict.forward import ClaimedValue, judge_value
from gradverify.verdict.gradients import Assessment
from gradverify.verdict.suspect import Suspect
from gradverify.verdict.tolerance import tolerance
from gradverify.verdict.truth import Truth
from gradverify.verdict.verdict import GRAVEST, About, Answer, Finding, Status, Verdict

VJP: Final = "vjp"
"""The kind of a comparison of code's gradient."""
SHAKEN: Final = 2  # evaluations at inputs moved by a unit in the last place
SPREAD: Final = 4.0  # times the largest displacement seen
PLACES: Final = 8.0  # units in the last place of the largest entry that come on top
UNCONFIRMED: Final = "the gradient of the function is not confirmed, so nothing is held against it"
DOUBLE: Final = np.dtype(np.float64)

Told: TypeAlias = tuple[Verdict, tuple[Finding, ...]]


@final
@dataclass(frozen=True, slots=True)
class Standing:
    """Code at its inputs: its outputs, and its gradient by each leaf, with their rounding."""

    function: Function
    form: Form
    weights: tuple[Array, ...]
    values: tuple[Enclosure, ...]
    gradients: Mapping[str, Enclosure]
    eps: float

    @property
    def noise(self) -> float:
        """The least that rounding adds to the weighed outputs."""
        pairs = zip(self.weights, self.values, strict=True)
        return self.eps * sum(length(weight * value.mid) for weight, value in pairs)

    @property
    def rounding(self) -> float:
        """What rounding was seen to do to the weighed outputs."""
        pairs = zip(self.weights, self.values, strict=True)
        return sum(length(weight * value.rad) for weight, value in pairs)

    def look(self, leaf: int, direction: Array) -> Probe:
        """Return the derivative of the weighed outputs along a direction of one leaf."""
        primals = [item.primal for item in self.function.leaves]
        start = primals[leaf]

        def along(t: float) -> float:
            primals[leaf] = start + t * direction
            found, _ = self.function.values(primals, wide=self.form.wide)
            moved = zip(self.weights, found, self.values, strict=True)
            return float(sum(np.sum(weight * (now - then.mid)) for weight, now, then in moved))

        with np.errstate(all="ignore"):
            widest = 1.0 / (largest(direction) or 1.0)
            found = differentiate(along, noise=self.noise, widest=widest)
        sides = (found.left, found.right)
        size = max(self.noise / self.eps, found.swing)
        numbers = (*sides, found.kinked, found.step, size, found.passes)
        return Probe(direction, found.value, found.bar, *numbers)


def judge_claims(
    spec: Spec,
    program: Program,
    primals: Values,
    options: Options,
    subject: tuple[Function, Examined],
) -> Judged:
    """Hold claims about code against what it computes, where its gradient is confirmed.

    Raises SpecErrors where a cotangent does not fit, or a value is claimed of several outputs.
    """
    function, examined = subject
    asked = ask(parties(program, options), program, primals, Wanted((), (), None))
    standing = stand(spec, program, function)
    sure = {row.name for row in examined.rows if row.status is Status.AGREE}
    told: dict[str, list[Told]] = {party: [] for party in asked.answers}
    for claim in program.claims:
        answer = asked.answers.get(claim.party)
        if answer is not None and not isinstance(standing, Raised):
            if claim.kind == "values":
                told[claim.party].append(_value(standing, claim, answer))
            elif claim.of in sure.intersection(standing.gradients):
                tolerance_ = spec.model.tolerance
                told[claim.party].append(_gradient(standing, program, claim, answer, tolerance_))
    every = [item for items in told.values() for item in items]
    fared = (_fared(party, [verdict for verdict, _ in items]) for party, items in told.items())
    return Judged(
        oracles=(*fared, *asked.silent.values()),
        assessment=Assessment(
            tuple(verdict for verdict, _ in every),
            tuple(f for _, found in every for f in found),
            {},
        ),
        possible=len([claim for claim in program.claims if claim.party in told]),
    )


def _fared(party: str, verdicts: Sequence[Verdict]) -> Answer:
    if not verdicts:
        return Answer(party, Status.UNSUPPORTED, UNCONFIRMED)
    return Answer(party, min((v.status for v in verdicts), key=GRAVEST.index), "")


def stand(spec: Spec, program: Program, function: Function) -> Standing | Raised:
    """Return code at its inputs, weighed by the spec's cotangent, or what its gradient raised.

    It is asked in float64 where it can be, else in its own format. Raises SpecErrors where the
    cotangent, or a claim of the value, does not fit what it returns.
    """
    primals = [leaf.primal for leaf in function.leaves]
    wide = not isinstance(guarded(lambda: function.values(primals, wide=True)), Raised)
    values, eps = function.values(primals, wide=wide)
    form, weights = Form(wide=wide), _weights(spec, program, values)
    moved = [primals, *(_moved(function, seed, wide=wide) for seed in range(SHAKEN))]
    seen = guarded(lambda: [_pulled(function, form, at, weights) for at in moved])
    if isinstance(seen, Raised):
        return seen
    leaves = enumerate(function.leaves)
    fits = {leaf.name: k for k, leaf in leaves if seen[0][1][k].shape == leaf.primal.shape}
    return Standing(
        function=function,
        form=form,
        weights=weights,
        values=tuple(_enclosed([found[k] for found, _ in seen], eps) for k in range(len(values))),
        gradients={n: _enclosed([claims[k] for _, claims in seen], eps) for n, k in fits.items()},
        eps=eps,
    )


def _weights(spec: Spec, program: Program, values: Sequence[Array]) -> tuple[Array, ...]:
    """Return what weighs the outputs: the cotangent, or ones."""
    single = program.cotangent is not None or OUTPUT in program.names
    if single and len(values) != 1 and program.code is not None:
        code = program.code
        raise SpecErrors([SeveralOutputsError(code.mark, code.function, len(values))])
    if program.cotangent is None:
        return tuple(np.ones(value.shape) for value in values)
    if program.cotangent.shape != values[0].shape:
        mark = spec.mark("cotangent")
        raise SpecErrors([OutputShapeError(mark, program.cotangent.shape, values[0].shape)])
    return (program.cotangent,)


def _moved(function: Function, seed: int, *, wide: bool) -> list[Array]:
    """Return the leaves, each entry moved by about a unit in the last place, seeded."""
    rng = np.random.default_rng(seed)
    signs = [rng.choice((-1.0, 1.0), leaf.primal.shape) for leaf in function.leaves]
    pairs = zip(function.leaves, signs, strict=True)
    return [leaf.primal * (1 + sign * (EPS if wide else leaf.eps)) for leaf, sign in pairs]


def _pulled(
    function: Function, form: Form, primals: Sequence[Array], weights: tuple[Array, ...]
) -> tuple[tuple[Array, ...], tuple[Array, ...]]:
    """Return values and gradients; none is a gradient of zeros."""
    made = function.pull(primals, form)
    claims = zip(function.leaves, made.back(Weight(weights)).claims, strict=True)
    found = tuple(np.zeros(leaf.primal.shape) if c is None else c for leaf, c in claims)
    return made.values, found


def _enclosed(samples: Sequence[Array], eps: float) -> Enclosure:
    """Return the first sample, and how far rounding moves it."""
    first = samples[0]
    moved = np.max([np.abs(sample - first) for sample in samples], axis=0)
    own = PLACES * eps * largest(first) if eps > EPS else 0.0
    return Enclosure(first, np.where(np.isfinite(moved), SPREAD * moved, np.inf) + own)


def _value(standing: Standing, claim: Claim, answer: Gradients) -> Told:
    """Return the verdict on a claimed value, and a finding where it is another."""
    leaves = {leaf.name: leaf.primal for leaf in standing.function.leaves}
    truth = standing.values[0]
    if claim.value != OUTPUT and claim.value in leaves:
        truth = Enclosure(leaves[claim.value], np.zeros(leaves[claim.value].shape))
    array, precision = answer.values[claim.value], answer.value_precision.get(claim.value)
    about = About(claim.party, claim.of, claim.mark)
    if array.shape != truth.mid.shape:
        said = f"{claim.party} has shape {array.shape}, the function returns {truth.mid.shape}"
        numbers = (np.inf, 0.0, "shapes are compared before numbers", None)
        verdict = Verdict(claim.party, "value", claim.of, Status.DISAGREE, *numbers)
        return verdict, (finding("shape-differs", about, said, {"kind": "value"}),)
    verdict = judge_value(ClaimedValue(claim.party, claim.of, array, DOUBLE, precision), truth)
    if verdict.status is not Status.DISAGREE or verdict.worst is None:
        return verdict, ()
    worst = verdict.worst
    code = "recorded-value-differs" if claim.party == "recorded" else "values-differ"
    said = f"{claim.party} has {worst.claimed:.6g} where the function gives {worst.true:.6g}"
    details = {"kind": "value", "claimed": worst.claimed, "true": worst.true}
    return verdict, (finding(code, about, said, {**details, "error": verdict.error}),)


def _gradient(
    standing: Standing, program: Program, claim: Claim, answer: Gradients, stated: float | None
) -> Told:
    """Return the verdict on a claimed gradient, and a finding where it is wrong."""
    array, precision = answer.wrt[claim.value], answer.precision.get(claim.value)
    truth = _truth(standing, claim.of)
    names = [leaf.name for leaf in standing.function.leaves]
    leaf = names.index(claim.of)
    primal = standing.function.leaves[leaf].primal
    claimed = Claimed(claim.party, claim.of, array.astype(np.float64), DOUBLE, precision)
    ground = Ground(truth, primal, lambda direction: standing.look(leaf, direction), stated)
    verdict = replace(judge(claimed, ground).verdict, kind=VJP)
    if verdict.status is not Status.DISAGREE:
        return verdict, ()
    suspect = Suspect(
        party=claim.party,
        of=claim.of,
        value=claim.value,
        claimed=claimed.array,
        truth=truth.array,
        allowed=tolerance(truth, DOUBLE, precision, stated).allowed,
        known=True,
        program=program,
        env={},
        truths={},
    )
    about = About(claim.party, claim.of, claim.mark)
    return verdict, (diagnose(suspect, verdict, about, WHOLE),)


def _truth(standing: Standing, of: str) -> Truth:
    """Return the gradient of the code, which the examination has confirmed, as the truth."""
    found = standing.gradients[of]
    return Truth(
        array=found.mid,
        radius=found.rad,
        probes=(),
        readings=(),
        rounding=standing.rounding,
        confirmed=True,
        refuted=False,
    )
