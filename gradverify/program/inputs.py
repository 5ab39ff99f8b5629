"""Inputs: what a spec says of a leaf becomes a maker, and that the array all oracles get."""

from hashlib import blake2b
from math import isfinite
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from gradverify.arrays import Array, Dtype, Values, frozen
from gradverify.errors import SpecError, SpecErrors
from gradverify.program.constants import DTYPES, fill, natural_dtype, read_maker
from gradverify.program.errors import MODULES, Place, UndefinedNameError
from gradverify.program.evaluate import run_steps
from gradverify.program.input_errors import (
    InputNotMadeError,
    IntegerRequiresGradError,
    NonFiniteInputError,
)
from gradverify.program.language import read_expression
from gradverify.program.literals import (
    PlaceOf,
    array_written,
    converted,
    first_not_finite,
    shape_written,
)
from gradverify.program.lower import lower_expression
from gradverify.program.makers import MAKERS, entries_of
from gradverify.program.program import Input, Kind, Maker, Program, Recipe
from gradverify.program.scope import Memory, Scope, Writer
from gradverify.program.tree import Call, Line, line_of
from gradverify.spec.spec import Spec

if TYPE_CHECKING:
    from gradverify.spec.model import InputModel

WRITTEN: Final = "array"
"""The maker of an input whose entries are known."""

HOLDING: Final = frozenset({"array", "tensor"})
"""Makers that are given their entries."""


def build_input(spec: Spec, name: str, model: "InputModel", scope: Scope) -> Input:
    """Return an input and enter it into the scope; raises SpecError."""
    dtype = DTYPES[model.dtype] if model.dtype else None
    if isinstance(model.value, str):
        maker, kind = _made(spec, name, scope.memory, dtype)
    else:
        maker, kind = _written(spec, name, scope.memory, dtype)
    if model.requires_grad and not kind.differentiable:
        mark = spec.mark("inputs", name, "requires_grad")
        raise IntegerRequiresGradError(mark, name, kind.dtype)
    wanted = kind.differentiable if model.requires_grad is None else model.requires_grad
    place = _place(spec, name)
    scope.names[name] = scope.declare(name, kind, place)
    return Input(name, maker, kind, wanted, place.mark)


def make_primals(program: Program, seed: int) -> Values:
    """Return the inputs' arrays, keyed by name and read-only; raises SpecErrors.

    Each random input draws from a stream of its own, which only the seed and the input's name
    decide: whatever is added to a spec changes no other input.
    """
    return MappingProxyType(
        {name: frozen(_primal(item, seed)) for name, item in program.inputs.items()}
    )


def stream(seed: int, name: str) -> np.random.Generator:
    """Return the random stream of an input: Philox, keyed by a hash of the seed and the name."""
    digest = blake2b(f"{seed}:{name}".encode(), digest_size=16).digest()
    return np.random.Generator(np.random.Philox(key=int.from_bytes(digest, "little")))


def _primal(item: Input, seed: int) -> Array:
    if isinstance(item.maker, Recipe):
        return _cooked(item, item.maker, stream(seed, item.name))
    if item.maker.name == WRITTEN:
        return item.maker.arguments[0]
    return fill(item.maker, item.kind, stream(seed, item.name))


def _cooked(item: Input, recipe: Recipe, rng: np.random.Generator) -> Array:
    """Draw and compute an expression; raises SpecErrors where an entry is no number of its kind."""
    env = {name: fill(maker, kind, rng) for name, (maker, kind) in recipe.draws.items()}
    run_steps(recipe.steps, env)
    place = Place(recipe.mark)
    try:
        _refuse_not_finite(item.name, env[recipe.output], lambda _: place)
        return converted(env[recipe.output], item.kind.dtype, lambda _: place)
    except SpecError as fault:
        raise SpecErrors([fault]) from fault


def _written(spec: Spec, name: str, memory: Memory, dtype: Dtype | None) -> tuple[Maker, Kind]:
    value: Any = spec.model.inputs[name].value

    def place_of(entry: tuple[int, ...]) -> Place:
        return _place(spec, name, entry)

    own = dtype or natural_dtype(tuple(entries_of(value)))
    kind = Kind(shape_written(value), own)
    _ = memory.room(kind, place_of(()))
    array = array_written(value)
    _refuse_not_finite(name, array, place_of)
    return Maker(WRITTEN, (converted(array, own, place_of),)), kind


def _place(spec: Spec, name: str, entry: tuple[int, ...] = ()) -> Place:
    path = spec.source.known(("inputs", name, "value", *entry))
    return Place(spec.mark(*path), spec.text(*path) or "")


def _refuse_not_finite(name: str, array: Array, place_of: PlaceOf) -> None:
    entry = first_not_finite(array)
    if entry is not None:
        raise NonFiniteInputError(place_of(entry), name, float(array[entry]))


def _made(
    spec: Spec, name: str, memory: Memory, dtype: Dtype | None
) -> tuple[Maker | Recipe, Kind]:
    """Read a maker, or an expression of makers: `reshape(arange(6), 2, 3)`, `3 * randn(2)`."""
    line = line_of(_place(spec, name).mark, str(spec.model.inputs[name].value))
    place = line.place(line.whole)
    node = read_expression(line)
    if not isinstance(node, Call) or node.function not in MAKERS.keys() - HOLDING:
        return _expressed(name, line, memory, dtype)
    maker, kind = read_maker(Writer(Scope(memory), line), node, dtype)
    _ = memory.room(kind, place)
    bad = [number for number in entries_of(maker.arguments) if not isfinite(number)]
    if bad:
        raise NonFiniteInputError(place, name, float(bad[0]))
    return maker, kind


def _expressed(
    name: str, line: Line, memory: Memory, dtype: Dtype | None
) -> tuple[Maker | Recipe, Kind]:
    """Compute an expression, or keep it for each seed where it draws at random.

    It has memory of its own, of the same limit.
    """
    draws: dict[str, tuple[Maker, Kind]] = {}
    scope = Scope(Memory(memory.limit), draws=draws)
    try:
        output = lower_expression(scope, line.mark, line.text)
    except UndefinedNameError as fault:
        if fault.name in MODULES:
            raise
        raise InputNotMadeError(Place(fault.mark, fault.name), name, fault.name) from None
    if draws:
        kind = Kind(scope.kinds[output].shape, dtype or scope.kinds[output].dtype)
        steps = tuple(scope.steps)
        return Recipe(MappingProxyType(draws), steps, output, line.mark, line.text), kind
    env: dict[str, Array] = {}
    run_steps(scope.steps, env)
    return _computed(name, env[output], dtype, line.place(line.whole))


def _computed(name: str, array: Array, dtype: Dtype | None, place: Place) -> tuple[Maker, Kind]:
    def place_of(_: tuple[int, ...]) -> Place:
        return place

    _refuse_not_finite(name, array, place_of)
    number = array.ndim == 0 and array.dtype.kind == "i"  # `2 * 3` is float64, as 6 is
    own = dtype or (DTYPES["float64"] if number else array.dtype)
    result = converted(array, own, place_of)
    return Maker(WRITTEN, (result,)), Kind(result.shape, own)
