"""Second derivatives that somebody states: differences of the gradient, with error bars.

The Hessian's product with a direction is the derivative of the gradient along it, so every oracle
that gives gradients gives this, too, and needs no second method.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Final, final

import numpy as np

from gradverify.arrays import Array, Values, largest
from gradverify.errors import GradverifyError
from gradverify.oracles.claims import claimed as worth
from gradverify.oracles.finite_difference import magnitudes, restricted
from gradverify.oracles.ladder import differentiate
from gradverify.oracles.oracle import Gradients, Oracle, Wanted
from gradverify.oracles.rules import Rules
from gradverify.program.evaluate import widened
from gradverify.program.program import Claim, Program
from gradverify.verdict.case import Case
from gradverify.verdict.jacobian import SILENT
from gradverify.verdict.truth import BARS
from gradverify.verdict.verdict import Finding, Status, Verdict, Worst
from gradverify.verdict.whole import Compared, explain_whole

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
    """The gradient by one input along lines through the primals."""

    program: Program
    primals: Values
    name: str
    question: Wanted
    oracle: Oracle

    def along(self, direction: Array) -> Second:
        """Return the derivative of every entry of the gradient, with its bar.

        Raises SilentOracleError where the oracle has no gradient at some point on the line.
        """

        @cache
        def gradient(t: float) -> Array:
            return self._gradient(t * direction)

        rest = gradient(0.0)
        eps = float(np.finfo(self.program.kinds[self.name].dtype).eps)
        noise = 4 * eps * largest(rest)
        lines = (self._entry(gradient, k) for k in range(rest.size))
        found = [differentiate(line, noise=noise) for line in lines]
        mid, bar, choice = zip(
            *((f.value, f.bar, abs(f.right - f.left) / 2) for f in found), strict=True
        )
        return Second(*(np.reshape(part, rest.shape) for part in (mid, bar, choice)))

    def _gradient(self, by: Array) -> Array:
        primal = self.primals[self.name]
        moved = {**self.primals, self.name: (primal + by).astype(primal.dtype)}
        found = self.oracle.differentiate(self.program, moved, self.question)
        if not isinstance(found, Gradients):
            raise SilentOracleError(self.oracle.name)
        return found.wrt[self.name]

    @staticmethod
    def _entry(gradient: Callable[[float], Array], k: int) -> Callable[[float], float]:
        return lambda t: float(gradient(t).ravel()[k]) - float(gradient(0.0).ravel()[k])


def assess_second_order(case: Case) -> tuple[list[Verdict], list[Finding]]:
    """Return verdicts on every Hessian, and product with one, that the spec states."""
    verdicts: list[Verdict] = []
    findings: list[Finding] = []
    for stated in (c for c in case.program.claims if c.kind in KINDS):
        if stated.kind == "hessian" and case.base[stated.value].size > COLUMNS:
            verdicts.append(_too_large(stated))
            continue
        found, wrong = _assess(case, stated)
        verdicts.extend(found)
        findings.extend(wrong)
    return verdicts, findings


def _assess(case: Case, stated: Claim) -> tuple[list[Verdict], list[Finding]]:
    truth = _derived_twice(_exactly(case, stated), stated)
    parties = {p: _by(case, stated, o) for p, o in case.oracles.items() if p not in SILENT}
    verdicts = [
        _verdict(party, stated, found, truth)
        for party, found in parties.items()
        if found is not None
    ]
    array = worth(stated, case.base)
    exact = np.zeros(array.shape)
    verdict = _verdict(stated.party, stated, Second(array, exact, exact), truth)
    wrong = verdict.status is Status.DISAGREE
    compared = Compared(array, truth.mid, BARS * truth.bar, known=True)
    return [*verdicts, verdict], [explain_whole(case, stated, compared, verdict)] if wrong else []


def _too_large(stated: Claim) -> Verdict:
    because = (
        f"a Hessian by more than {COLUMNS} entries is not taken column by column: state an hvp"
    )
    return Verdict(
        stated.party, stated.kind, stated.of, Status.UNDECIDED, math.inf, math.inf, because, None
    )


def _exactly(case: Case, stated: Claim) -> Slopes:
    """Return the rules' gradient in float64: the truth, once it is confirmed itself."""
    program = replace(case.program, steps=widened(case.program.steps))
    primals = {
        name: array.astype(np.float64) if array.dtype.kind == "f" else array
        for name, array in case.primals.items()
    }
    return _slopes(replace(case, program=program, primals=primals), stated, Rules())


def _by(case: Case, stated: Claim, oracle: Oracle) -> Second | None:
    try:
        return _derived_twice(_slopes(case, stated, oracle), stated)
    except SilentOracleError:
        return None


def _slopes(case: Case, stated: Claim, oracle: Oracle) -> Slopes:
    name = stated.value
    question = Wanted((), (name,), case.wanted.cotangent)
    return Slopes(case.program, case.primals, name, question, oracle)


def _derived_twice(slopes: Slopes, stated: Claim) -> Second:
    """Return the product with the stated direction, or all of them as a Hessian."""
    if stated.direction is not None:
        return slopes.along(stated.direction)
    sizes = magnitudes(slopes.primals[slopes.name].astype(np.float64))
    columns = [slopes.along(restricted(sizes, np.array([k]))) for k in range(sizes.size)]
    return Second(*(_joined(columns, part, sizes) for part in ("mid", "bar", "choice")))


def _joined(columns: Sequence[Second], part: str, sizes: Array) -> Array:
    """Return the columns as a Hessian: rows first, and each divided by how far it was moved."""
    rows = [getattr(c, part) / size for c, size in zip(columns, sizes.ravel(), strict=True)]
    return np.moveaxis(np.stack(rows), 0, -1).reshape(sizes.shape * 2)


def _verdict(party: str, stated: Claim, found: Second, truth: Second) -> Verdict:
    array = found.mid
    scale = largest(truth.mid) or largest(array) or 1.0
    bars = BARS * (truth.bar + found.bar) + 8 * float(np.finfo(np.float64).eps) * scale
    allowed = bars + truth.choice + found.choice
    gap = np.abs(array - truth.mid)
    entry = np.unravel_index(int(np.argmax(gap - allowed)), gap.shape)
    index = tuple(int(k) for k in entry)
    status = Status.AGREE if largest(bars) <= BLUNT * scale else Status.UNDECIDED
    return Verdict(
        party=party,
        kind=stated.kind,
        of=stated.of,
        status=Status.DISAGREE if not bool(np.all(gap <= allowed)) else status,
        error=float(gap[index]) / scale,
        allowed=float(allowed[index]) / scale,
        because=BECAUSE,
        worst=Worst(index, float(array[index]), float(truth.mid[index])),
    )
