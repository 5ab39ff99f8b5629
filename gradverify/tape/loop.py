"""A training loop of a script: its statements, its update, and what it will cost."""

from collections.abc import Callable, Sequence
from math import prod
from types import MappingProxyType
from typing import Final, TypeAlias

from gradverify.program.claims import printed_precision
from gradverify.program.lower import lower_expression, lower_statement
from gradverify.program.program import Step
from gradverify.program.scope import Scope
from gradverify.spec.spec import Spec
from gradverify.spec.tape_model import RepeatModel
from gradverify.tape.computed import computed
from gradverify.tape.errors import (
    BeyondLoopError,
    CarriedError,
    EmptyLoopError,
    LoopLossError,
    LoopTooLongError,
    NoDerivedPassError,
    NotUpdatableError,
)
from gradverify.tape.script import Backward, Course, Put, Repeat, Variable, Zero
from gradverify.tape.statements import variable

Path: TypeAlias = tuple[str | int, ...]
Record: TypeAlias = Callable[[Path, tuple[str, ...]], tuple[Step, ...]]

BY_HAND: Final = "derived"
LIMIT: Final = 1800.0  # seconds
TRAJECTORIES: Final = 4  # the model, torch, jax, and the model again with rounded weights
PASSES: Final = 3  # a backward pass is about two forward passes
SECONDS_A_STEP: Final = 25e-6
SECONDS_AN_ENTRY: Final = 1e-9
PRODUCTS: Final = frozenset({"matmul", "mm", "bmm", "addmm", "addbmm", "baddbmm"})


def build_loop(spec: Spec, scope: Scope, path: Path, model: RepeatModel, record: Record) -> Repeat:
    """Return a loop; raises SpecError."""
    mark = spec.mark(*path, "times")
    if not model.times:
        raise EmptyLoopError(mark)
    before = dict(scope.names)
    forward = _forward(spec, scope, path, model, record)
    by_hand = model.backward.strip() == BY_HAND and BY_HAND not in scope.names
    goal, forward = _loss(spec, scope, (path, model), forward, by_hand=by_hand)
    rebound = {key: name for name, key in before.items() if scope.names[name] != key}
    for step in forward:
        for key in rebound.keys() & step.reads:
            raise CarriedError(step.mark, rebound[key])
    pulled = _by_hand(spec, scope) if by_hand else scope.continued()
    seconds = estimate(model.times, (*forward, *pulled.steps), scope)
    if seconds > LIMIT:
        raise LoopTooLongError(mark, model.times, seconds, LIMIT)
    place = (*path, "zero")
    return Repeat(
        times=model.times,
        forward=forward,
        backward=Backward(goal, None, retain_graph=False),
        by_hand=by_hand,
        derived=tuple(pulled.steps),
        update=_update(spec, pulled, path, model),
        zero=Zero(
            tuple(variable(scope, spec.mark(*place), name) for name in model.zero),
            set_to_none=False,
        ),
        stated=_stated(spec, path, model),
        seconds=seconds,
    )


def _forward(
    spec: Spec, scope: Scope, path: Path, model: RepeatModel, record: Record
) -> tuple[Step, ...]:
    """Return the statements of a step, which are the spec's own where the loop has none."""
    if model.forward:
        return record((*path, "forward"), model.forward)
    named = scope.names.get("loss")
    steps = record(("ops",), spec.model.ops)
    if spec.model.loss is None or scope.names.get("loss") != named:
        return steps
    before = len(scope.steps)
    scope.names["loss"] = lower_expression(scope, spec.mark("loss"), spec.model.loss)
    return (*steps, *scope.steps[before:])


def _loss(
    spec: Spec,
    scope: Scope,
    written: tuple[Path, RepeatModel],
    forward: tuple[Step, ...],
    *,
    by_hand: bool,
) -> tuple[Variable, tuple[Step, ...]]:
    """Return the loss, and the statements with those that make it."""
    path, model = written
    text, mark = model.backward, spec.mark(*path, "backward")
    if by_hand:
        if spec.model.derived is None or spec.model.loss is None:
            raise NoDerivedPassError(mark)
        text, mark = spec.model.loss, spec.mark("loss")
    before = len(scope.steps)
    key = lower_expression(scope, mark, text)
    shape = scope.kinds[key].shape
    if prod(shape) != 1:
        raise LoopLossError(mark, shape)
    return Variable(text.strip(), key), (*forward, *scope.steps[before:])


def _by_hand(spec: Spec, scope: Scope) -> Scope:
    """Return the scope of the spec's own backward pass, whose names the update may use."""
    inner = scope.continued()
    for number, text in enumerate(spec.model.derived.ops if spec.model.derived else ()):
        lower_statement(inner, spec.mark("derived", "ops", number), text)
    return inner


def _update(spec: Spec, scope: Scope, path: Path, model: RepeatModel) -> Put:
    found = [variable(scope, spec.key_mark(*path, "update", name), name) for name in model.update]
    for item in found:
        if item.key not in spec.model.inputs or not scope.kinds[item.key].differentiable:
            raise NotUpdatableError(spec.key_mark(*path, "update", item.of), item.of)
    values = tuple(
        computed(scope, spec.mark(*path, "update", item.of), model.update[item.of], item)
        for item in found
    )
    return Put(tuple(found), values, no_grad=False)


def _stated(spec: Spec, path: Path, model: RepeatModel) -> Course:
    for step in (*model.loss.values, model.loss.falling_after or 0):
        if step >= model.times:
            raise BeyondLoopError(spec.mark(*path, "loss"), step, model.times)
    place = (*path, "loss", "values")
    precision = {k: printed_precision(spec.text(*place, str(k)) or "") for k in model.loss.values}
    return Course(
        values=model.loss.values,
        precision=MappingProxyType(precision),
        falling_after=model.loss.falling_after,
        below=model.loss.below,
        marks=MappingProxyType(
            {
                "falling": spec.mark(*path, "loss", "falling_after"),
                "below": spec.mark(*path, "loss", "below"),
                **{step: spec.mark(*place, str(step)) for step in model.loss.values},
            }
        ),
    )


def estimate(times: int, steps: Sequence[Step], scope: Scope) -> float:
    """Return about how many seconds a loop takes, everybody's trajectory together."""
    entries = sum(_entries(step, scope) for step in steps)
    once = len(steps) * SECONDS_A_STEP + entries * SECONDS_AN_ENTRY
    return times * once * PASSES * TRAJECTORIES


def _entries(step: Step, scope: Scope) -> int:
    sizes = [prod(scope.kinds[name].shape) for name in (*step.reads, step.output)]
    if step.op not in PRODUCTS or not step.reads:
        return sum(sizes)
    inner = scope.kinds[step.reads[-1]].shape
    return sum(sizes) + sizes[-1] * (inner[-2] if len(inner) > 1 else 1)
