"""Trace: what the steps of a script compute, as a program for those who know no tape.

New values behind the tape's back are `new + (x - detach(x))`: the value is new, and the derivative
by whoever made x stays. What does not require a gradient when it is read is read detached.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, final

import numpy as np

from gradverify.arrays import Array, Values, frozen
from gradverify.errors import Mark
from gradverify.program.program import NOTHING, Input, Kind, Number, Operand, Program, Step

NOWHERE = Mark("", 0, 0, "")


@final
@dataclass(frozen=True, slots=True)
class Saved:
    """How far a trace had come."""

    steps: int
    current: Mapping[str, str]
    first: Mapping[str, str]


@final
@dataclass(slots=True)
class Trace:
    """Single-assignment steps so far. `current` is the value that a tensor's key reads now.

    `first` is the value by which the tensor's gradient is taken, `live` those that move when an
    input that ever requires a gradient is moved. `moved` are the inputs that begin elsewhere,
    and `before` the values that were computed before.
    """

    inputs: Mapping[str, Input]
    live: set[str]
    steps: list[Step] = field(default_factory=list[Step])
    kinds: dict[str, Kind] = field(default_factory=dict[str, Kind])
    current: dict[str, str] = field(default_factory=dict[str, str])
    first: dict[str, str] = field(default_factory=dict[str, str])
    moved: dict[str, Array] = field(default_factory=dict[str, Array])
    before: frozenset[str] = frozenset()
    count: int = 0

    def save(self) -> Saved:
        """Return the place to which `rewind` goes back."""
        return Saved(len(self.steps), dict(self.current), dict(self.first))

    def rewind(self, saved: Saved) -> None:
        """Forget everything that was traced since."""
        del self.steps[saved.steps :]
        self.current, self.first = dict(saved.current), dict(saved.first)

    def record(self, step: Step, tracked: Mapping[str, bool], out: Array) -> None:
        """Add a step; `tracked` says which of its operands require a gradient now."""
        operands = tuple(self._read(item, tracked) for item in step.operands)
        name = self._emit(step.op, operands, step.attributes, out, step)
        self.current[step.output] = name
        self.first[step.output] = name

    def _read(self, item: Operand, tracked: Mapping[str, bool]) -> Operand:
        if isinstance(item, Number):
            return item
        name = self.current[item]
        if tracked[item] or name not in self.live:
            return name
        return self._emit("detach", (name,), {}, self._like(name))

    def put(self, key: str, new: Array, *, tracked: bool) -> None:
        """Note that a tensor has new entries, and by whom it can still be moved."""
        name = self.current[key]
        value = frozen(np.array(new))
        constant = self._emit("constant", (), {"value": value}, value)
        if not tracked or name not in self.live:
            self.current[key] = constant
            return
        still = self._emit("detach", (name,), {}, new)
        nothing = self._emit("subtract", (name, still), {}, new)
        self.current[key] = self._emit("add", (constant, nothing), {}, new)

    def restart(self, key: str, array: Array) -> None:
        """Let an input begin where it is now, and not where the script began."""
        self.current[key] = self.first[key] = key
        self.moved[key] = array
        self.before = frozenset(step.output for step in self.steps)

    def _like(self, name: str) -> Array:
        kind = self.kinds[name]
        return np.empty((0,) if 0 in kind.shape else (1,), kind.dtype)

    def _emit(
        self,
        op: str,
        operands: tuple[Operand, ...],
        attributes: Mapping[str, Any],
        out: Array,
        step: Step | None = None,
    ) -> str:
        self.count += 1
        name = step.output if step and step.output not in self.kinds else f"%t{self.count}"
        shape = self.kinds[str(operands[0])].shape if op == "detach" else np.shape(out)
        self.kinds[name] = Kind(shape, out.dtype)
        mark, source = (step.mark, step.source) if step else (NOWHERE, op)
        self.steps.append(
            Step(name, op, operands, MappingProxyType(dict(attributes)), mark, source)
        )
        if op not in {"detach", "no_grad", "constant"} and self.live.intersection(
            item for item in operands if isinstance(item, str)
        ):
            self.live.add(name)
        return name

    def program(self, key: str, cotangent: Array) -> tuple[Program, Values] | None:
        """Return the program whose loss a tensor is, and the inputs that begin elsewhere.

        It has the steps that the loss depends on and no others. None where some of them used an
        input before it was moved, and others after.
        """
        loss = self.current[key]
        steps = _leading_to(self.steps, loss)
        if any(step.output in self.before and self.moved.keys() & step.reads for step in steps):
            return None
        used = {loss, *(name for step in steps for name in (step.output, *step.reads))}
        program = Program(
            inputs={name: item for name, item in self.inputs.items() if name in used},
            steps=steps,
            names=MappingProxyType({key: name for key, name in self.first.items() if name in used}),
            kinds=MappingProxyType({name: self.kinds[name] for name in used}),
            loss=loss,
            cotangent=frozen(np.array(cotangent)),
            derived=NOTHING,
            claims=(),
        )
        return program, MappingProxyType(dict(self.moved))


def _leading_to(steps: list[Step], goal: str) -> tuple[Step, ...]:
    """Return the steps that a value is computed from, whether or not it can be moved by them."""
    read = {goal}
    found: list[Step] = []
    for step in reversed(steps):
        if step.output in read:
            read.update(step.reads)
            found.append(step)
    return tuple(reversed(found))
