"""Arrays written out in a spec, or as an expression of numbers and makers alone."""

from collections.abc import Callable
from typing import Any, TypeAlias, cast

import numpy as np

from gradverify.arrays import Array, Dtype, Shape, frozen
from gradverify.errors import Mark
from gradverify.program.errors import Place
from gradverify.program.evaluate import run_steps
from gradverify.program.lower import lower_expression
from gradverify.program.program import Number
from gradverify.program.scope import Memory, Scope, fit

Entry: TypeAlias = tuple[int, ...]
PlaceOf: TypeAlias = Callable[[Entry], Place]
"""The place in the file of one entry of an array, by its index."""


def shape_written(value: Any) -> Shape:
    """Return the shape of nested tuples, which are known to be rectangular."""
    shape: list[int] = []
    while isinstance(value, tuple):
        items = cast("tuple[Any, ...]", value)
        shape.append(len(items))
        value = items[0] if items else None
    return tuple(shape)


def array_written(value: Any) -> Array:
    """Return nested tuples of numbers as an array of numpy's own dtype for them."""
    array = np.array(value)
    if array.dtype.kind != "O":
        return array
    return array.astype(np.float64)  # whole numbers beyond 64 bits


def converted(array: Array, dtype: Dtype, place_of: PlaceOf) -> Array:
    """Return an array in another dtype, read-only; raises SpecError where an entry does not fit."""
    with np.errstate(all="ignore"):
        result = array.astype(dtype)
        changed = np.isinf(result) & np.isfinite(array) if dtype.kind == "f" else result != array
    for index in np.argwhere(changed)[:1]:
        entry = tuple(int(n) for n in index)
        fit(Number(array[entry].item()), dtype, place_of(entry))
    return frozen(result)


def first_not_finite(array: Array) -> Entry | None:
    """Return the index of the first NaN or infinity."""
    if array.dtype.kind != "f":
        return None
    found = np.argwhere(~np.isfinite(array))
    return tuple(int(n) for n in found[0]) if len(found) else None


def array_computed(memory: Memory, mark: Mark, text: str) -> Array:
    """Return the value of an expression of numbers and makers that draw nothing; raises SpecError.

    It is computed in memory of its own, of the same limit.
    """
    scope = Scope(Memory(memory.limit))
    value = lower_expression(scope, mark, text)
    env: dict[str, Array] = {}
    run_steps(scope.steps, env)
    return env[value]
