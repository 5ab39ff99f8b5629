"""The loss, and the cotangent that weighs it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import prod
from typing import final

import numpy as np

from gradverify.arrays import Array, frozen
from gradverify.ops.table import OPS
from gradverify.program.errors import Place, UndefinedNameError
from gradverify.program.evaluate import BARRIERS
from gradverify.program.input_errors import (
    CotangentNotConstantError,
    CotangentNotFiniteError,
    CotangentRandomError,
    CotangentShapeError,
    CotangentWithoutLossError,
    LossDependsOnNothingError,
    LossNotFloatingError,
    LossNotScalarError,
    RandomMakerError,
)
from gradverify.program.literals import array_computed, array_written, first_not_finite
from gradverify.program.lower import lower_expression
from gradverify.program.program import Input, Kind, Step
from gradverify.program.scope import Scope
from gradverify.program.tree import line_of
from gradverify.spec.entries import Numbers
from gradverify.spec.spec import Spec


@final
@dataclass(frozen=True, slots=True)
class WeighedLoss:
    """The loss's value, and its weights; none where only its Jacobian is asked for."""

    loss: str
    cotangent: Array | None


def read_loss(spec: Spec, scope: Scope, inputs: Mapping[str, Input]) -> WeighedLoss | None:
    """Return the loss of a spec, None where it states values only; raises SpecError."""
    text = spec.model.loss
    if text is None:
        if spec.model.cotangent is not None and not spec.is_code:
            raise CotangentWithoutLossError(spec.mark("cotangent"))
        return None
    mark = spec.mark("loss")
    loss = lower_expression(scope, mark, text, "loss")
    _ = scope.names.setdefault("loss", loss)
    line = line_of(mark, text)
    place = line.place(line.whole)
    kind = scope.kinds[loss]
    if kind.dtype.kind != "f":
        raise LossNotFloatingError(place, kind.dtype)
    if loss not in moved_by(inputs.values(), scope):
        wanted = [item.name for item in inputs.values() if item.requires_grad]
        raise LossDependsOnNothingError(place, wanted)
    return WeighedLoss(loss, _cotangent(spec, scope, kind, place))


def moved_by(inputs: Iterable[Input], scope: Scope) -> frozenset[str]:
    """Return the values through which a derivative reaches an input that requires a gradient."""
    moved = {item.name for item in inputs if item.requires_grad}
    for step in scope.steps:
        if _passes(step, scope) and moved.intersection(step.reads):
            moved.add(step.output)
    return frozenset(moved)


def _passes(step: Step, scope: Scope) -> bool:
    return (
        step.op not in BARRIERS
        and OPS[step.op].vjp is not None
        and scope.kinds[step.output].differentiable
    )


def _cotangent(spec: Spec, scope: Scope, kind: Kind, place: Place) -> Array | None:
    given = spec.model.cotangent
    if given is None:
        return _unit_cotangent(spec, kind, place)
    weights = weights_written(spec, scope, given)
    if weights.shape != kind.shape:
        raise CotangentShapeError(spec.mark("cotangent"), weights.shape, kind.shape)
    return frozen(weights.astype(kind.dtype))


def weights_written(spec: Spec, scope: Scope, given: Numbers | str) -> Array:
    """Return the numbers of a cotangent, which are finite; raises SpecError."""
    weights = _computed(spec, scope, given) if isinstance(given, str) else array_written(given)
    if first_not_finite(weights) is not None:
        raise CotangentNotFiniteError(spec.mark("cotangent"))
    return weights


def _unit_cotangent(spec: Spec, kind: Kind, place: Place) -> Array | None:
    """A loss of one entry weighs itself; one whose Jacobian is stated need not be weighed."""
    if prod(kind.shape) == 1:
        return frozen(np.ones(kind.shape, kind.dtype))
    if spec.model.expect.jacobian:
        return None
    raise LossNotScalarError(place, kind.shape)


def _computed(spec: Spec, scope: Scope, text: str) -> Array:
    mark = spec.mark("cotangent")
    try:
        return array_computed(scope.memory, mark, text)
    except UndefinedNameError as fault:
        if fault.name in scope.names:
            raise CotangentNotConstantError(fault.mark, fault.name) from None
        raise
    except RandomMakerError as fault:
        raise CotangentRandomError(fault.mark, fault.word) from None
