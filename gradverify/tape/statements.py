"""What a script states that one sees: numbers as they are read off a screen, expressions, None."""

from typing import TYPE_CHECKING, Any

import numpy as np

from gradverify.arrays import Array, Shape, frozen
from gradverify.errors import Mark
from gradverify.program.claims import broadcasts, printed_precision
from gradverify.program.errors import Place, PoisonedError, UndefinedNameError
from gradverify.program.input_errors import ClaimShapeError
from gradverify.program.literals import array_written, shape_written
from gradverify.program.lower import lower_expression
from gradverify.program.program import Snippet
from gradverify.program.scope import Scope
from gradverify.spec.spec import Spec
from gradverify.tape.errors import NotATensorError
from gradverify.tape.script import Said, Variable

if TYPE_CHECKING:
    from gradverify.spec.entries import Numbers


def variable(scope: Scope, mark: Mark, name: str) -> Variable:
    """Return the tensor that a name stands for by now; raises SpecError or PoisonedError."""
    if name not in scope.names:
        raise UndefinedNameError(Place(mark, name), name, tuple(scope.names))
    key = scope.names[name]
    if key is None:
        raise PoisonedError
    if not isinstance(key, str):
        raise NotATensorError(mark, name)
    return Variable(name, key)


def said(
    spec: Spec, scope: Scope, path: tuple[str | int, ...], given: "Numbers | str | None"
) -> Said:
    """Return what is stated at a path whose last part is the tensor's name; raises SpecError.

    A number stands for all entries, and so may an expression of any shape that broadcasts.
    """
    mark, name = spec.mark(*path), str(path[-1])
    found = variable(scope, spec.key_mark(*path), name)
    if given is None:
        return Said(found, None, None, mark)
    shape = scope.kinds[found.key].shape
    if isinstance(given, str):
        return Said(found, _expression(scope, mark, given, found, shape), None, mark)
    assert_broadcasts(mark, f"`{name}`", shape_written(given), shape)
    numbers = array_written(given).astype(np.float64)
    precision = np.broadcast_to(_precision(spec, path, numbers), shape)
    return Said(found, frozen(np.broadcast_to(numbers, shape)), frozen(precision), mark)


def assert_broadcasts(mark: Mark, what: str, shape: Shape, target: Shape) -> None:
    """Raise SpecError where an array of one shape does not broadcast to another."""
    if not broadcasts(shape, target):
        raise ClaimShapeError(mark, what, shape, target)


def _expression(scope: Scope, mark: Mark, text: str, found: Variable, shape: Shape) -> Snippet:
    inner = scope.continued()
    output = lower_expression(inner, mark, text)
    assert_broadcasts(mark, f"`{found.of}`", scope.kinds[output].shape, shape)
    return inner.snippet({found.of: output}, {})


def _precision(spec: Spec, path: tuple[str | int, ...], numbers: Array) -> Array:
    precision: Any = np.zeros(numbers.shape)
    for index in np.ndindex(numbers.shape):
        precision[index] = printed_precision(spec.text(*path, *index) or "")
    return precision
