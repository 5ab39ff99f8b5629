"""Scope: the names, values and steps of a program while it is being lowered."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import count
from math import isfinite, prod
from types import MappingProxyType
from typing import Any, Final, final

import numpy as np

from gradverify.arrays import Array, Dtype, frozen
from gradverify.program.errors import (
    NumberDoesNotFitError,
    Place,
    PoisonedError,
    TooLargeError,
    TooManyAxesError,
    UndefinedNameError,
)
from gradverify.program.program import Kind, Maker, Number, Operand, Snippet, Step
from gradverify.program.tree import Line, Name, Span

MAX_AXES: Final = 32


@final
@dataclass(slots=True)
class Memory:
    """How many bytes all values of a program take, and how many they may."""

    limit: int
    taken: int = 0

    def room(self, kind: Kind, place: Place) -> int:
        """Return how many bytes one more value takes; raises SpecError where there is no room."""
        if len(kind.shape) > MAX_AXES:
            raise TooManyAxesError(place, kind.shape, MAX_AXES)
        own = prod(kind.shape) * kind.dtype.itemsize
        if self.taken + own > self.limit:
            raise TooLargeError(place, kind.shape, (own, self.taken + own), self.limit)
        return own

    def take(self, kind: Kind, place: Place) -> None:
        """Count one more value in; raises SpecError before anything is allocated for it."""
        self.taken += self.room(kind, place)


@final
@dataclass(slots=True)
class Scope:
    """What is known so far. A scope that continues another shares its values and memory.

    `names` maps a variable to its latest value, to a plain number, or to None where its own
    statement is at fault; `kinds` knows every value. `inputs` are names that no statement of this
    scope may give to another value; `draws` collects random makers, None where none may stand.
    """

    memory: Memory
    names: dict[str, Operand | None] = field(default_factory=dict[str, Operand | None])
    kinds: dict[str, Kind] = field(default_factory=dict[str, Kind])
    steps: list[Step] = field(default_factory=list[Step])
    serial: "count[int]" = field(default_factory=lambda: count(1))
    inputs: set[str] = field(default_factory=set[str])
    draws: dict[str, tuple[Maker, Kind]] | None = None

    def continued(self) -> "Scope":
        """Return a scope that sees all of this one, adds values to it, and keeps steps apart."""
        return Scope(self.memory, dict(self.names), self.kinds, [], self.serial)

    def lookup(self, name: Name, line: Line) -> Operand:
        """Return what a name stands for; raises SpecError, or PoisonedError without a word."""
        if name.identifier not in self.names:
            place = line.place(name.span)
            raise UndefinedNameError(place, name.identifier, tuple(self.names))
        operand = self.names[name.identifier]
        if operand is None:
            raise PoisonedError
        return operand

    def declare(self, wished: str | None, kind: Kind, place: Place) -> str:
        """Enter a new value and return its name: as wished, `y#2` where that is taken, or `%1`."""
        self.memory.take(kind, place)
        name = self._free(wished) if wished else f"%{next(self.serial)}"
        self.kinds[name] = kind
        return name

    def _free(self, wished: str) -> str:
        if wished not in self.kinds:
            return wished
        return next(name for n in count(2) if (name := f"{wished}#{n}") not in self.kinds)

    def shape_of(self, operand: Operand) -> tuple[int, ...]:
        """Return the shape of a value; a number has none of its own."""
        return () if isinstance(operand, Number) else self.kinds[operand].shape

    def values_named(self) -> Mapping[str, str]:
        """Return the values that variables stand for, without numbers and what is at fault."""
        pairs = self.names.items()
        return MappingProxyType({name: value for name, value in pairs if isinstance(value, str)})

    def snippet(self, outputs: Mapping[str, str], known: Mapping[str, Kind]) -> Snippet:
        """Return the steps of this scope as a continuation of the program of `known` values."""
        own = {step.output: self.kinds[step.output] for step in self.steps}
        return Snippet(
            tuple(self.steps),
            self.values_named(),
            MappingProxyType(dict(outputs)),
            MappingProxyType({**known, **own}),
        )


@final
@dataclass(frozen=True, slots=True)
class Outcome:
    """What a step makes: its kind, where in the line it is written, the name wished for it."""

    kind: Kind
    head: Span
    wished: str | None = None


@final
@dataclass(frozen=True, slots=True)
class Writer:
    """Adds the steps of one line to a scope."""

    scope: Scope
    line: Line

    def place(self, span: Span) -> Place:
        """Return the place in the file of a part of the line."""
        return self.line.place(span)

    def emit(
        self, op: str, operands: tuple[Operand, ...], attributes: Mapping[str, Any], out: Outcome
    ) -> str:
        """Add a step and return the name of its output; raises SpecError where memory ends."""
        place = self.place(out.head)
        output = self.scope.declare(out.wished, out.kind, place)
        fixed = MappingProxyType(dict(attributes))
        self.scope.steps.append(Step(output, op, operands, fixed, place.mark, self.line.text))
        return output

    def constant(self, make: Callable[[], Array], out: Outcome) -> str:
        """Add a constant, which is made only once there is known to be room for it."""
        _ = self.scope.memory.room(out.kind, self.place(out.head))
        return self.emit("constant", (), {"value": frozen(make())}, out)

    def cast(self, value: str, dtype: Dtype, head: Span) -> str:
        """Return a value in another dtype, by a step of its own unless it is so already."""
        kind = self.scope.kinds[value]
        if kind.dtype == dtype:
            return value
        out = Outcome(Kind(kind.shape, dtype), head)
        return self.emit("astype", (value,), {"dtype": dtype.name}, out)

    def number(self, number: Number, dtype: Dtype, out_of: Span, wished: str | None = None) -> str:
        """Return a number as a scalar array."""
        fit(number, dtype, self.place(out_of))
        out = Outcome(Kind((), dtype), out_of, wished)
        return self.constant(lambda: np.array(number.value, dtype), out)


def fit(number: Number, dtype: Dtype, place: Place) -> None:
    """Raise SpecError where a dtype does not hold a number; infinities are as meant."""
    value = number.value
    if dtype.kind == "f" and not isfinite(value):
        return
    low, high = _limits(dtype)
    whole = dtype.kind == "f" or (isfinite(value) and value == int(value))
    if not whole or not low <= value <= high:
        raise NumberDoesNotFitError(place, value, dtype, (low, high))


def _limits(dtype: Dtype) -> tuple[float, float]:
    if dtype.kind == "b":
        return 0, 1
    if dtype.kind == "f":
        return float(np.finfo(dtype).min), float(np.finfo(dtype).max)
    return int(np.iinfo(dtype).min), int(np.iinfo(dtype).max)
