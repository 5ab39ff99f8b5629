"""A Spec becomes a Program, or all its faults at once."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, final

import numpy as np

from gradverify.arrays import Array
from gradverify.errors import SpecError, SpecErrors
from gradverify.program.claims import Claimant
from gradverify.program.code import (
    OUTPUT,
    code_faults,
    declare_output,
    read_code,
    read_weights,
)
from gradverify.program.errors import PoisonedError
from gradverify.program.input_errors import (
    ClaimNotDifferentiableError,
    ClaimOfUnknownError,
    ClaimTwiceError,
)
from gradverify.program.inputs import build_input
from gradverify.program.loss import WeighedLoss, read_loss
from gradverify.program.lower import lower_expression, lower_statement
from gradverify.program.program import NOTHING, Input, Kind, Number, Program, Snippet
from gradverify.program.scope import Memory, Scope, Writer
from gradverify.program.tree import line_of
from gradverify.spec.spec import Spec

TARGET: Final = re.compile(r"\s*([^\W\d]\w*)\s*(?:\[[^=]*\]\s*)?(?:[-+*/@]|\*\*)?=(?!=)")
"""The name that a statement assigns to, where the rest of it cannot be read."""


def build_program(spec: Spec, max_bytes: int) -> Program:
    """Return the program of a spec; raises SpecErrors with every fault, each at its place.

    `max_bytes` bounds the arrays of the program and its claims together, before any is made.
    """
    builder = _Builder(spec, Scope(Memory(max_bytes)))
    program = builder.program()
    if builder.faults:
        raise SpecErrors(builder.faults)
    return program


@final
@dataclass(slots=True)
class _Builder:
    spec: Spec
    scope: Scope
    inputs: dict[str, Input] = field(default_factory=dict[str, Input])
    faults: list[SpecError] = field(default_factory=list[SpecError])

    def program(self) -> Program:
        self.read_inputs()
        self.read_statements(self.scope, ("ops",), self.spec.model.ops)
        self.name_numbers()
        self.faults.extend(code_faults(self.spec))
        code = read_code(self.spec)
        cotangent = None
        if self.spec.is_code:
            self.name_output()
            cotangent = self.read_cotangent()
        weighed = self.read_weighed_loss()
        loss = weighed.loss if weighed else None
        known = dict(self.scope.kinds)
        steps, names = tuple(self.scope.steps), self.scope.values_named()
        derived, scope = self.read_derived(known)
        at_fault = loss is None and self.spec.model.loss is not None
        claimant = Claimant(self.spec, self.scope, known, scope.names, loss, at_fault)
        claims = claimant.claims(self.faults)
        return Program(
            inputs=MappingProxyType(self.inputs),
            steps=steps,
            names=names,
            kinds=MappingProxyType(known),
            loss=loss,
            cotangent=weighed.cotangent if weighed else cotangent,
            derived=derived,
            claims=claims,
            code=code,
        )

    def read_inputs(self) -> None:
        for name, model in self.spec.model.inputs.items():
            self.scope.names[name] = None
            self.scope.inputs.add(name)
            try:
                self.inputs[name] = build_input(self.spec, name, model, self.scope)
            except SpecError as fault:
                self.faults.append(fault)

    def read_statements(
        self, scope: Scope, path: tuple[str, ...], statements: Sequence[str]
    ) -> None:
        for number, text in enumerate(statements):
            try:
                lower_statement(scope, self.spec.mark(*path, number), text)
            except SpecError as fault:
                self.faults.append(fault)
                poison(scope, text)
            except PoisonedError:
                poison(scope, text)

    def name_numbers(self) -> None:
        """Make arrays of the plain numbers whose values are claimed; else `lr = 1e-6` is none."""
        model = self.spec.model
        for name in (*model.expect.values, *model.recorded.values):
            number = self.scope.names.get(name)
            if isinstance(number, Number):
                writer = Writer(self.scope, line_of(self.spec.mark("ops"), name))
                dtype = np.result_type(number.value)
                self.scope.names[name] = writer.number(number, dtype, writer.line.whole, name)

    def name_output(self) -> None:
        """Let claims name what code returns; its shape is the one that is claimed first."""
        try:
            declare_output(self.spec, self.scope)
        except SpecError as fault:
            self.faults.append(fault)
            self.scope.names[OUTPUT] = None
        except PoisonedError:
            self.scope.names[OUTPUT] = None

    def read_cotangent(self) -> Array | None:
        """Return what weighs the outputs of code, None where nothing does or it is at fault."""
        try:
            return read_weights(self.spec, self.scope)
        except SpecError as fault:
            self.faults.append(fault)
            return None

    def read_weighed_loss(self) -> WeighedLoss | None:
        """Return the loss and its cotangent, None where there is none or it is at fault."""
        try:
            return read_loss(self.spec, self.scope, self.inputs)
        except SpecError as fault:
            self.faults.append(fault)
        except PoisonedError:
            pass
        return None

    def read_derived(self, known: Mapping[str, Kind]) -> tuple[Snippet, Scope]:
        """Return the hand-written backward pass, and the scope that knows what it names."""
        scope = self.scope.continued()
        model = self.spec.model.derived
        if model is None:
            return NOTHING, scope
        self.read_statements(scope, ("derived", "ops"), model.ops)
        outputs: dict[str, str] = {}
        for of, text in model.grads.items():
            try:
                self.differentiable(of)
                mark = self.spec.mark("derived", "grads", of)
                found = lower_expression(scope, mark, text)
                self.once(of, [other for other in outputs if outputs[other] != found])
                outputs[of] = found
            except SpecError as fault:
                self.faults.append(fault)
            except PoisonedError:
                continue
        return scope.snippet(outputs, known), scope

    def once(self, of: str, others: Sequence[str]) -> None:
        """Raise SpecError where the same value has another gradient, given under another name."""
        for other in others:
            if self.scope.names[of] == self.scope.names[other]:
                raise ClaimTwiceError(self.spec.key_mark("derived", "grads", of), of, other)

    def differentiable(self, of: str) -> None:
        """Raise SpecError where a gradient by `of` means nothing."""
        mark = self.spec.key_mark("derived", "grads", of)
        if of not in self.scope.names:
            raise ClaimOfUnknownError(mark, of, tuple(self.scope.names))
        value = self.scope.names[of]
        if not isinstance(value, str):
            raise PoisonedError
        kind = self.scope.kinds[value]
        if not kind.differentiable:
            raise ClaimNotDifferentiableError(mark, of, kind.dtype)


def poison(scope: Scope, text: str) -> None:
    """Note that what a statement was to name is unknown, so that nobody else complains of it."""
    match = TARGET.match(text)
    if match:
        scope.names[match[1]] = None
