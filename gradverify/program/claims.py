"""Claims: what an author states and a document printed about values and derivatives."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, final

import numpy as np

from gradverify.arrays import Array, Shape, frozen
from gradverify.errors import SpecError
from gradverify.program.errors import PoisonedError
from gradverify.program.input_errors import (
    ClaimNotDifferentiableError,
    ClaimNotOfInputError,
    ClaimOfUnknownError,
    ClaimShapeError,
    ClaimTwiceError,
    ClaimWithoutLossError,
)
from gradverify.program.literals import array_written, shape_written
from gradverify.program.lower import lower_expression
from gradverify.program.program import Claim, Kind, Operand, Snippet
from gradverify.program.scope import Scope
from gradverify.spec.spec import Spec

PRINTED: Final = re.compile(r"[-+]?\d*(?:\.(?P<digits>\d*))?(?:[eE](?P<exponent>[-+]?\d{1,4}))?")
SECOND_ORDER: Final = frozenset({"hessian", "hvp"})
KINDS: Final = ("values", "grads", "jacobian", "hessian", "hvp")
PARTIES: Final = (("stated", "expect"), ("recorded", "recorded"))


@final
@dataclass(frozen=True, slots=True)
class Written:
    """Where a claim stands: whose it is, of what kind, about which variable."""

    party: str
    section: str
    kind: str
    of: str

    @property
    def path(self) -> tuple[str, ...]:
        """The path of what is claimed within the spec."""
        tail = ("value",) if self.kind == "hvp" else ()
        return (self.section, self.kind, self.of, *tail)


@final
@dataclass(frozen=True, slots=True)
class Claimant:
    """Reads the claims about one program.

    `known` holds the kinds of the program's own values; `derived` what its hand-written backward
    pass named, whose values may be claimed as well; `loss` is None where there is none, and
    `loss_at_fault` where its own fault is enough.
    """

    spec: Spec
    scope: Scope
    known: Mapping[str, Kind]
    derived: Mapping[str, Operand | None]
    loss: str | None
    loss_at_fault: bool

    def claims(self, faults: list[SpecError]) -> tuple[Claim, ...]:
        """Return all claims that are sound, and add the faults of the others."""
        found: list[Claim] = []
        for written in self._all_written():
            try:
                claim = self._claim(written)
                self._once(claim, found)
                found.append(claim)
            except SpecError as fault:
                faults.append(fault)
            except PoisonedError:  # a fault already reported
                continue
        return tuple(found)

    def _all_written(self) -> Iterator[Written]:
        for party, section in PARTIES:
            model: Any = getattr(self.spec.model, section)
            for kind in KINDS:
                for of in getattr(model, kind, ()):
                    yield Written(party, section, kind, of)

    def _once(self, claim: Claim, others: Sequence[Claim]) -> None:
        """Raise SpecError where a party has claimed something else of a value by another name."""
        whose = (claim.party, claim.kind, claim.value)
        for other in others:
            if whose == (other.party, other.kind, other.value) and not _same(claim, other):
                section = dict(PARTIES)[claim.party]
                mark = self.spec.key_mark(section, claim.kind, claim.of)
                raise ClaimTwiceError(mark, claim.of, other.of)

    def _claim(self, written: Written) -> Claim:
        value = self._value(written)
        shape = self._shape(written, value)
        given: Any = getattr(getattr(self.spec.model, written.section), written.kind)[written.of]
        direction = None
        if written.kind == "hvp":
            path = (written.section, written.kind, written.of, "direction")
            what = f"the direction of `{written.of}`"
            direction = self._numbers(given.direction, path, what, shape)
            given = given.value
        worth, precision = self._worth(given, written, shape)
        mark = self.spec.mark(*written.path)
        whose = (written.party, written.kind, written.of)
        return Claim(*whose, value, shape, mark, worth, precision, direction)

    def _worth(
        self, given: Any, written: Written, shape: Shape
    ) -> tuple[Array | Snippet, Array | None]:
        """Return the numbers or the expression that is claimed, and how precisely it is meant."""
        if isinstance(given, str):
            return self._expression(given, written, shape), None
        numbers = self._numbers(given, written.path, _what(written), shape)
        return numbers, self._precision(numbers, written)

    def _shape(self, written: Written, value: str) -> Shape:
        """Return the shape that a claim's numbers are to have; raises SpecError."""
        kind = self.scope.kinds[value]
        if written.kind == "values":
            return kind.shape
        if self.loss_at_fault:
            raise PoisonedError
        mark = self.spec.key_mark(written.section, written.kind, written.of)
        if self.loss is None and not self.spec.is_code:
            raise ClaimWithoutLossError(mark, written.kind)
        if not kind.differentiable:
            raise ClaimNotDifferentiableError(mark, written.of, kind.dtype)
        if written.kind in SECOND_ORDER and value not in self.spec.model.inputs:
            raise ClaimNotOfInputError(mark, written.of, tuple(self.spec.model.inputs))
        if self.loss is None:
            return kind.shape
        before = {"jacobian": self.known[self.loss].shape, "hessian": kind.shape}
        return before.get(written.kind, ()) + kind.shape

    def _value(self, written: Written) -> str:
        """Return the name of the value that is claimed; raises SpecError."""
        names = self.scope.names
        if written.of not in names and written.kind == "values":
            names = self.derived
        if written.of not in names:
            mark = self.spec.key_mark(written.section, written.kind, written.of)
            raise ClaimOfUnknownError(mark, written.of, tuple(self.scope.names))
        value = names[written.of]
        if not isinstance(value, str):
            raise PoisonedError
        return value

    def _numbers(self, given: Any, path: tuple[str, ...], what: str, shape: Shape) -> Array:
        if shape_written(given) != shape:
            raise ClaimShapeError(self.spec.mark(*path), what, shape_written(given), shape)
        return frozen(array_written(given).astype(np.float64))

    def _expression(self, text: str, written: Written, shape: Shape) -> Snippet:
        scope = self.scope.continued()
        mark = self.spec.mark(*written.path)
        value = lower_expression(scope, mark, text)
        found = scope.kinds[value].shape
        if not broadcasts(found, shape):
            raise ClaimShapeError(mark, _what(written), found, shape)
        return scope.snippet({written.of: value}, self.known)

    def _precision(self, numbers: Array, written: Written) -> Array:
        precision = np.zeros(numbers.shape)
        if written.party == "recorded":
            for index in np.ndindex(numbers.shape):
                text = self.spec.text(*written.path, *index)
                precision[index] = printed_precision(text or "")
        return frozen(precision)


def _same(claim: Claim, other: Claim) -> bool:
    """Whether two claims are the same numbers; of expressions nobody can tell before a run."""
    arrays = [c.worth for c in (claim, other) if not isinstance(c.worth, Snippet)]
    return len(arrays) > 1 and np.array_equal(*arrays, equal_nan=True)


def _what(written: Written) -> str:
    nouns = {"values": "the value", "grads": "the gradient"}
    return f"{nouns.get(written.kind, f'the {written.kind}')} of `{written.of}`"


def broadcasts(shape: Shape, target: Shape) -> bool:
    """Whether an array of one shape broadcasts to another."""
    try:
        return np.broadcast_shapes(shape, target) == target
    except ValueError:
        return False


def printed_precision(text: str) -> float:
    """Return half a unit of the last printed digit; 0 for what is printed whole, `27` or `3.`."""
    match = PRINTED.fullmatch(text.strip())
    if match is None or not (match["digits"] or match["exponent"]):
        return 0.0
    last = int(match["exponent"] or 0) - len(match["digits"] or "")
    return float(f"0.5e{last}")
