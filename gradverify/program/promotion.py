"""Dtypes: one common dtype for the operands of an op, reached by explicit steps.

No oracle ever promotes by itself, since frameworks differ in how they do it. The common dtype is
numpy's (NEP 50): a written number is weak and takes the dtype of the array beside it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final, final

import numpy as np

from gradverify.arrays import Dtype
from gradverify.ops.op import AttributeKind, Op, Result
from gradverify.program.errors import DtypeNotTakenError, IntegerOperandsError
from gradverify.program.program import Number, Operand
from gradverify.program.scope import Writer, fit
from gradverify.program.tree import Expression, Span

BOOL: Final = np.dtype(np.bool_)
INT64: Final = np.dtype(np.int64)
FLOAT64: Final = np.dtype(np.float64)

NOT_OF_BOOLS: Final = frozenset(
    {"subtract", "negative", "power", "abs", "sign", "square", "clip", "relu"}
)
"""Arithmetic that is refused for masks: numpy, torch and JAX each do something else."""


@final
@dataclass(frozen=True, slots=True)
class Kept:
    """An operand that takes no part in promotion: of which kinds it may be, and in words."""

    kinds: str
    words: str


KEPT: Final[Mapping[str, Mapping[str, Kept]]] = MappingProxyType(
    {
        "where": MappingProxyType({"condition": Kept("b", "bool")}),
        "cross_entropy": MappingProxyType({"target": Kept("iu", "int64")}),
    }
)
NOTHING_KEPT: Final[Mapping[str, Kept]] = MappingProxyType({})


@final
@dataclass(frozen=True, slots=True)
class Settled:
    """Operands of their final dtypes, and the dtype of the result."""

    operands: tuple[Operand, ...]
    dtype: Dtype


@final
@dataclass(frozen=True, slots=True)
class Settler:
    """Settles the dtypes of one call."""

    writer: Writer
    op: Op
    nodes: Sequence[Expression]
    head: Span

    def settle(self, operands: Sequence[Operand], attributes: Mapping[str, Any]) -> Settled:
        """Cast what needs it and make arrays of numbers that need it; raises SpecError."""
        settled = self._settled(operands, attributes)
        for attribute in self.op.attributes:
            if attribute.kind is AttributeKind.NUMBER and attributes[attribute.name] is not None:
                number = Number(attributes[attribute.name])
                fit(number, settled.dtype, self.writer.place(self.head))
        return settled

    def _settled(self, operands: Sequence[Operand], attributes: Mapping[str, Any]) -> Settled:
        if self.op.result is Result.GIVEN:
            return Settled(self._arrays(operands, None), np.dtype(attributes["dtype"]))
        if self.op.result is Result.FIRST:
            made = self._arrays(operands[:1], None)
            first = self.writer.scope.kinds[str(made[0])].dtype
            return Settled((*made, *self._arrays(operands[1:], first)), first)
        roles = NOTHING_KEPT if self.op.variadic else KEPT.get(self.op.name, NOTHING_KEPT)
        taking = [n for n in range(len(operands)) if self._role(n) not in roles]
        common = self._common([operands[n] for n in taking])
        weak = self.op.broadcasts and any(isinstance(operands[n], str) for n in taking)
        final = tuple(
            self._promoted(operand, n, common, weak=weak)
            if n in taking
            else self._kept(operand, n, roles[self._role(n)])
            for n, operand in enumerate(operands)
        )
        return Settled(final, BOOL if self.op.result is Result.BOOLEAN else common)

    def _role(self, position: int) -> str:
        return "" if self.op.variadic else self.op.operands[position]

    def _common(self, operands: Sequence[Operand]) -> Dtype:
        """Return the dtype that all operands of the op are to have."""
        kinds = self.writer.scope.kinds
        arrays = any(isinstance(item, str) for item in operands)
        common = np.result_type(
            *(item.value if isinstance(item, Number) else kinds[item].dtype for item in operands)
        )
        if self.op.result is Result.SUMMED and common.kind in "biu":
            return INT64
        if self.op.result is Result.FLOATING and common.kind != "f":
            if arrays:
                raise IntegerOperandsError(self.writer.place(self.head), self.op.name, common)
            return FLOAT64
        if common.kind == "b" and self.op.name in NOT_OF_BOOLS:
            raise IntegerOperandsError(self.writer.place(self.head), self.op.name, common)
        return common

    def _promoted(self, operand: Operand, position: int, common: Dtype, *, weak: bool) -> Operand:
        span = self.nodes[position].span
        if isinstance(operand, str):
            return self.writer.cast(operand, common, span)
        if weak:
            fit(operand, common, self.writer.place(span))
            return operand
        return self.writer.number(operand, common, span)

    def _kept(self, operand: Operand, position: int, kept: Kept) -> Operand:
        node = self.nodes[position]
        value = self._array(operand, None, node.span)
        dtype = self.writer.scope.kinds[value].dtype
        if dtype.kind not in kept.kinds:
            raise DtypeNotTakenError(
                self.writer.place(node.span), node.span.text, dtype, kept.words
            )
        return value

    def _arrays(self, operands: Sequence[Operand], dtype: Dtype | None) -> tuple[Operand, ...]:
        return tuple(self._array(operand, dtype, self.head) for operand in operands)

    def _array(self, operand: Operand, dtype: Dtype | None, span: Span) -> str:
        if isinstance(operand, str):
            return operand
        return self.writer.number(operand, dtype or np.result_type(operand.value), span)
