"""Second derivatives, where somebody states one: differences of the gradient, with error bars.

The Hessian's product with a direction is the derivative of the gradient along it, so every oracle
that gives gradients gives this, too, and needs no second method.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Final, final

import numpy as np

from gradverify.arrays import EPS, Array, Values, largest
from gradverify.errors import GradverifyError
from gradverify.oracles.claims import claimed as worth
from gradverify.oracles.finite_difference import magnitudes, restricted
from gradverify.oracles.ladder import differentiate
from gradverify.oracles.oracle import Oracle, Wanted
from gradverify.oracles.rules import Rules
from gradverify.program.evaluate import widened
from gradverify.program.program import Claim, Program
from gradverify.verdict.case import Case, double_share, enclosure_of
from gradverify.verdict.further import gradients_of
from gradverify.verdict.jacobian import SILENT
from gradverify.verdict.truth import BARS
from gradverify.verdict.verdict import Finding, Status, Verdict, Worst
from gradverify.verdict.whole import Compared, explain_whole, undecided

KINDS: Final = frozenset({"hessian", "hvp"})
BECAUSE: Final = "error bars of differences of the gradient"
COLUMNS: Final = 64
BLUNT: Final = 1e-3  # bars this wide, against the largest entry, call nothing right


@final
class SilentOracleError(GradverifyError):
    """An oracle that gave a gradient at the primals gives none beside them."""

    def __init__(self, oracle: str) -> None:
        super().__init__(f"{oracle} gives no gradient beside the primals")


@final
@dataclass(frozen=True, slots=True)
class Second:
    """A second derivative, its bars, and how far from it any convention at a kink may choose."""

    mid: Array
    bar: Array
    choice: Array


@final
@dataclass(frozen=True, slots=True)
class Slopes:
    """The gradient by one input along lines through the primals, and how far rounding moves it."""

    program: Program
    primals: Values
    name: str
    question: Wanted
    oracle: Oracle
    rounding: float

    def along(self, direction: Array) -> Second:
        """Return the derivative of every entry of the gradient, with its bar.

        Raises SilentOracleError where the oracle has no gradient at some point on the line.
        """

        @cache
        def gradient(t: float) -> Array:
            return self._gradient(t * direction)

        rest = gradient(0.0)
        eps = float(np.finfo(self.program.kinds[self.name].dtype).eps)
        noise = max(4 * eps * largest(rest), self.rounding)
        lines = (self._entry(gradient, k) for k in range(rest.size))
        found = [differentiate(line, noise=noise) for line in lines]
        parts = (
            [slope.value for slope in found],
            [slope.bar for slope in found],
            [abs(slope.right - slope.left) / 2 for slope in found],
        )
        return Second(*(np.reshape(part, rest.shape) for part in parts))

    def _gradient(self, by: Array) -> Array:
        primal = self.primals[self.name]
        moved = {**self.primals, self.name: (primal + by).astype(primal.dtype)}
        found = gradients_of(self.oracle, self.program, moved, self.question)
        if self.name not in found:
            raise SilentOracleError(self.oracle.name)
        return found[self.name]

    @staticmethod
    def _entry(gradient: Callable[[float], Array], k: int) -> Callable[[float], float]:
        return lambda t: float(gradient(t).ravel()[k]) - float(gradient(0.0).ravel()[k])


def assess_second_order(
    case: Case, refuted: frozenset[str] = frozenset()
) -> tuple[list[Verdict], list[Finding]]:
    """Return verdicts on every Hessian, and product with one, that the spec states.

    Where the rules' gradient is `refuted`, its derivative is no truth, and nothing is decided.
    """
    verdicts: list[Verdict] = []
    findings: list[Finding] = []
    for stated in (c for c in case.program.claims if c.kind in KINDS):
        because = _hindrance(case, stated, refuted)
        if because:
            verdicts.append(undecided(stated, because))
            continue
        found, wrong = _assess(case, stated)
        verdicts.extend(found)
        findings.extend(wrong)
    return verdicts, findings


def _assess(case: Case, stated: Claim) -> tuple[list[Verdict], list[Finding]]:
    truth = _derived_twice(_exactly(case, stated), stated)
    asked = {p: _by(case, stated, o) for p, o in case.oracles.items() if p not in SILENT}
    parties = {party: found for party, found in asked.items() if found is not None}
    array = worth(stated, case.base)
    parties[stated.party] = Second(array, np.zeros(array.shape), np.zeros(array.shape))
    verdicts = {party: _verdict(party, stated, found, truth) for party, found in parties.items()}
    findings = [
        explain_whole(case, stated.value, _compared(parties[party], truth), verdict)
        for party, verdict in verdicts.items()
        if verdict.status is Status.DISAGREE
    ]
    return list(verdicts.values()), findings


def _compared(found: Second, truth: Second) -> Compared:
    known = bool(np.all(np.isfinite(truth.bar)))
    return Compared(found.mid, truth.mid, BARS * (truth.bar + found.bar), known)


def _hindrance(case: Case, stated: Claim, refuted: frozenset[str]) -> str:
    """Return why a claim is not judged, nothing where it is."""
    if stated.value in refuted:
        return "the gradient that it would be the derivative of is wrong itself"
    if stated.kind == "hessian" and case.base[stated.value].size > COLUMNS:
        return (
            f"a Hessian by more than {COLUMNS} entries is not taken column by column: state an hvp"
        )
    return ""


def _exactly(case: Case, stated: Claim) -> Slopes:
    """Return the rules' gradient in float64, whose derivative is the truth."""
    program = replace(case.program, steps=widened(case.program.steps))
    primals = {
        name: array.astype(np.float64) if array.dtype.kind == "f" else array
        for name, array in case.primals.items()
    }
    exact = replace(case, program=program, primals=primals)
    return _slopes(exact, stated, Rules(), double_share(case))


def _by(case: Case, stated: Claim, oracle: Oracle) -> Second | None:
    try:
        return _derived_twice(_slopes(case, stated, oracle), stated)
    except SilentOracleError:
        return None


def _slopes(case: Case, stated: Claim, oracle: Oracle, share: float = 1.0) -> Slopes:
    name = stated.value
    question = Wanted((), (name,), case.wanted.cotangent)
    rounding = share * largest(enclosure_of(case, name).rad)
    return Slopes(case.program, case.primals, name, question, oracle, rounding)


def _derived_twice(slopes: Slopes, stated: Claim) -> Second:
    """Return the product with the stated direction, or all of them as a Hessian."""
    if stated.direction is not None:
        return slopes.along(stated.direction)
    sizes = magnitudes(slopes.primals[slopes.name].astype(np.float64))
    columns = [slopes.along(restricted(sizes, np.array([k]))) for k in range(sizes.size)]
    if not columns:
        return Second(*(np.zeros(sizes.shape * 2) for _ in range(3)))
    return Second(*(_joined(columns, part, sizes) for part in ("mid", "bar", "choice")))


def _joined(columns: Sequence[Second], part: str, sizes: Array) -> Array:
    """Return the columns as a Hessian: rows first, and each divided by how far it was moved."""
    rows = [getattr(c, part) / size for c, size in zip(columns, sizes.ravel(), strict=True)]
    return np.moveaxis(np.stack(rows), 0, -1).reshape(sizes.shape * 2)


def _verdict(party: str, stated: Claim, found: Second, truth: Second) -> Verdict:
    array = found.mid
    told = np.isfinite(truth.bar) & np.isfinite(found.bar)
    scale = largest(truth.mid[np.isfinite(truth.mid)]) or 1.0
    bars = BARS * (truth.bar + found.bar) + 8 * EPS * scale
    allowed = np.where(told, bars + truth.choice + found.choice, np.inf)
    gap = np.abs(array - truth.mid)
    beyond = np.where(told, np.where(np.isnan(gap), np.inf, gap - allowed), -np.inf)
    status = Status.AGREE if largest(bars) <= BLUNT * scale else Status.UNDECIDED
    if np.any(beyond > 0):
        status = Status.DISAGREE
    whose = (party, stated.kind, stated.of, status)
    if not beyond.size:
        return Verdict(*whose, 0.0, 0.0, BECAUSE, None)
    index = tuple(int(k) for k in np.unravel_index(int(np.argmax(beyond)), gap.shape))
    worst = Worst(index, float(array[index]), float(truth.mid[index]))
    error, within = float(gap[index]) / scale, float(allowed[index]) / scale
    return Verdict(*whose, error, within, BECAUSE, worst)
