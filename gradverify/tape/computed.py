"""Expressions of a script that are worked out off the tape: new values, hooks, cotangents."""

from typing import TYPE_CHECKING, Final

import numpy as np

from gradverify.arrays import frozen
from gradverify.errors import Mark
from gradverify.program.constants import read_maker
from gradverify.program.language import read_expression
from gradverify.program.literals import array_written, shape_written
from gradverify.program.lower import lower_expression
from gradverify.program.program import Kind
from gradverify.program.scope import Outcome, Scope, Writer
from gradverify.program.tree import Call, line_of
from gradverify.tape.errors import HookShapeError
from gradverify.tape.script import GRAD, Computed, Cotangent, Uninitialised, Variable
from gradverify.tape.statements import assert_broadcasts

if TYPE_CHECKING:
    from gradverify.spec.entries import Numbers

EMPTY: Final = "empty"


def with_gradients(scope: Scope) -> Scope:
    """Return a scope that also knows `x.grad` of every floating tensor."""
    inner = scope.continued()
    for name, key in scope.names.items():
        if isinstance(key, str) and scope.kinds[key].differentiable:
            inner.names[name + GRAD] = key + GRAD
            inner.kinds[key + GRAD] = scope.kinds[key]
    return inner


def computed(scope: Scope, mark: Mark, given: "Numbers | str", item: Variable) -> Computed:
    """Return a tensor's new value, in its own dtype; raises SpecError."""
    inner, kind = with_gradients(scope), scope.kinds[item.key]
    line = line_of(mark, given if isinstance(given, str) else mark.text)
    writer = Writer(inner, line)
    if isinstance(given, str):
        value = lower_expression(inner, mark, given)
    else:
        assert_broadcasts(mark, f"`{item.of}`", shape_written(given), kind.shape)
        array = array_written(given)
        out = Outcome(Kind(array.shape, array.dtype), line.whole)
        value = writer.constant(lambda: array, out)
    assert_broadcasts(mark, f"`{item.of}`", inner.kinds[value].shape, kind.shape)
    output = writer.cast(value, kind.dtype, line.whole)
    return Computed(tuple(inner.steps), output)


def reads_gradients(given: Computed) -> bool:
    """Whether an expression reads the `.grad` of a tensor."""
    read = {given.output, *(name for step in given.steps for name in step.reads)}
    return any(name.endswith(GRAD) for name in read)


def hook_of(scope: Scope, mark: Mark, text: str, item: Variable) -> Computed:
    """Return what a hook makes of `grad`; raises SpecError."""
    inner, kind = scope.continued(), scope.kinds[item.key]
    inner.names["grad"] = item.key + GRAD
    inner.kinds[item.key + GRAD] = kind
    value = lower_expression(inner, mark, text)
    if inner.kinds[value].shape != kind.shape:
        raise HookShapeError(mark, item.of, inner.kinds[value].shape, kind.shape)
    line = line_of(mark, text)
    output = Writer(inner, line).cast(value, kind.dtype, line.whole)
    return Computed(tuple(inner.steps), output)


def cotangent_of(scope: Scope, mark: Mark, given: "Numbers | str | None", kind: Kind) -> Cotangent:
    """Return the weights of a backward pass, of whatever shape was written; raises SpecError."""
    if given is None:
        return None
    if not isinstance(given, str):
        return frozen(array_written(given).astype(kind.dtype if kind.differentiable else float))
    line = line_of(mark, given)
    node = read_expression(line)
    if isinstance(node, Call) and node.function == EMPTY and EMPTY not in scope.names:
        return Uninitialised(_lengths(Writer(scope, line), node))
    inner = scope.continued()
    value = lower_expression(inner, mark, given)
    dtype = kind.dtype if kind.differentiable else np.dtype(np.float64)
    output = Writer(inner, line).cast(value, dtype, line.whole)
    return Computed(tuple(inner.steps), output)


def _lengths(writer: Writer, node: Call) -> tuple[int, ...]:
    """Read the lengths of `empty(2, 3)` or `empty((2, 3))`, as those of `zeros`."""
    zeros = Call("zeros", node.arguments, node.keywords, node.span, node.head)
    _, kind = read_maker(writer, zeros)
    return kind.shape
