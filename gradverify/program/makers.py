"""Makers: arrays named by how they are made, `ones(2, 3)`, `arange(6)`, `randn(100, 64)`."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import ceil, isfinite
from types import MappingProxyType
from typing import Any, Final, cast, final

import numpy as np

from gradverify.arrays import Array, Shape
from gradverify.ops.op import ShapeMismatch

LONGEST: Final = 2**62
"""No axis is longer: beyond, the number of bytes has no 64-bit integer."""


@final
@dataclass(frozen=True, slots=True)
class Made:
    """Arguments in a maker's own order, the shape they give, and the numbers entries come from."""

    arguments: tuple[Any, ...]
    shape: Shape
    entries: tuple[bool | int | float, ...] = ()


@final
@dataclass(frozen=True, slots=True)
class MakerRow:
    """A maker: how it is called, what its arguments give, and how it draws or fills.

    bind(arguments) -> Made; raises ShapeMismatch with a sentence
    make(shape, arguments, rng) -> array of that shape, of numpy's own dtype for it
    """

    name: str
    signature: str
    bind: Callable[[Sequence[Any]], Made]
    make: Callable[[Shape, tuple[Any, ...], np.random.Generator], Array]
    random: bool = False
    whole: bool = True  # whole numbers are made of whole numbers


def _whole(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        sentence = f"{value} is not a whole number."
        raise ShapeMismatch(sentence)
    if not 0 <= value <= LONGEST:
        sentence = f"An axis cannot have length {value}."
        raise ShapeMismatch(sentence)
    return value


def _number(value: object) -> int | float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        sentence = f"{value!r} is not a number."
        raise ShapeMismatch(sentence)
    return value


def _count(arguments: Sequence[Any], least: int, most: int) -> None:
    if not least <= len(arguments) <= most:
        wanted = str(least) if least == most else f"{least} to {most}"
        sentence = f"It takes {wanted} arguments and got {len(arguments)}."
        raise ShapeMismatch(sentence)


def _lengths(arguments: Sequence[Any]) -> Shape:
    """Read lengths given one by one, or as one list."""
    listed = len(arguments) == 1 and isinstance(arguments[0], tuple)
    lengths = cast("Sequence[object]", arguments[0] if listed else arguments)
    return tuple(_whole(length) for length in lengths)


def _bind_shape(arguments: Sequence[Any]) -> Made:
    shape = _lengths(arguments)
    return Made(shape, shape)


def _bind_spread(arguments: Sequence[Any]) -> Made:
    if len(arguments) < len(("low", "high")):
        sentence = "It takes two numbers before the shape."
        raise ShapeMismatch(sentence)
    first, second = _number(arguments[0]), _number(arguments[1])
    shape = _lengths(arguments[2:])
    return Made((first, second, *shape), shape, (first, second))


def _bind_full(arguments: Sequence[Any]) -> Made:
    _count(arguments, 2, 2)
    shape = _lengths(arguments[:1])
    value = _number(arguments[1])
    return Made((shape, value), shape, (value,))


def _bind_eye(arguments: Sequence[Any]) -> Made:
    _count(arguments, 1, 2)
    shape = (_whole(arguments[0]), _whole(arguments[-1]))
    return Made(shape, shape)


def _bind_arange(arguments: Sequence[Any]) -> Made:
    _count(arguments, 1, 3)
    numbers = [_number(value) for value in arguments]
    start, stop, step = (0, *numbers, 1) if len(numbers) == 1 else (*numbers, 1)[:3]
    length = _steps(float(stop) - float(start), float(step))
    return Made((start, stop, step), (max(0, length),), (start, stop, step))


def _steps(extent: float, step: float) -> int:
    ratio = extent / step if step else float("inf")
    if not isfinite(ratio) or ratio > LONGEST:
        sentence = "The step does not lead from the start to the stop."
        raise ShapeMismatch(sentence)
    return ceil(ratio)


def _bind_linspace(arguments: Sequence[Any]) -> Made:
    _count(arguments, 3, 3)
    length = _whole(arguments[2])
    ends = (_number(arguments[0]), _number(arguments[1]))
    return Made((*ends, length), (length,), ends)


def _bind_array(arguments: Sequence[Any]) -> Made:
    _count(arguments, 1, 1)
    return Made((arguments[0],), _nested_shape(arguments[0]), tuple(entries_of(arguments[0])))


def entries_of(value: Any) -> Iterator[Any]:
    """Yield the numbers in nested tuples."""
    if not isinstance(value, tuple):
        yield value
        return
    for item in cast("tuple[Any, ...]", value):
        yield from entries_of(item)


def _nested_shape(value: object) -> Shape:
    if not isinstance(value, tuple):
        if not isinstance(value, bool):
            _ = _number(value)
        return ()
    items = cast("tuple[object, ...]", value)
    shapes = {_nested_shape(item) for item in items}
    if len(shapes) > 1:
        sentence = "The lists in it are not of one length."
        raise ShapeMismatch(sentence)
    return (len(items), *(shapes.pop() if shapes else ()))


def _ones(shape: Shape, _: tuple[Any, ...], __: np.random.Generator) -> Array:
    return np.ones(shape)


def _zeros(shape: Shape, _: tuple[Any, ...], __: np.random.Generator) -> Array:
    return np.zeros(shape)


def _full(shape: Shape, given: tuple[Any, ...], _: np.random.Generator) -> Array:
    return np.full(shape, given[1])


def _eye(shape: Shape, _: tuple[Any, ...], __: np.random.Generator) -> Array:
    rows, columns = shape
    return np.eye(rows, columns)


def _arange(shape: Shape, given: tuple[Any, ...], _: np.random.Generator) -> Array:
    start, _stop, step = given
    positions = np.arange(shape[0], dtype=np.int64)
    return cast("Array", start + step * positions)


def _linspace(shape: Shape, given: tuple[Any, ...], _: np.random.Generator) -> Array:
    start: float = given[0]
    stop: float = given[1]
    return np.linspace(start, stop, shape[0])


def _array(_: Shape, given: tuple[Any, ...], __: np.random.Generator) -> Array:
    return np.array(given[0])


def _randn(shape: Shape, _: tuple[Any, ...], rng: np.random.Generator) -> Array:
    return rng.standard_normal(shape)


def _rand(shape: Shape, _: tuple[Any, ...], rng: np.random.Generator) -> Array:
    return rng.random(shape)


def _uniform(shape: Shape, given: tuple[Any, ...], rng: np.random.Generator) -> Array:
    low, high = given[:2]
    return low + (high - low) * rng.random(shape)


def _normal(shape: Shape, given: tuple[Any, ...], rng: np.random.Generator) -> Array:
    mean, deviation = given[:2]
    return mean + deviation * rng.standard_normal(shape)


ROWS: Final = (
    MakerRow("ones", "ones(*shape)", _bind_shape, _ones),
    MakerRow("zeros", "zeros(*shape)", _bind_shape, _zeros),
    MakerRow("full", "full(shape, value)", _bind_full, _full),
    MakerRow("eye", "eye(n, m=n)", _bind_eye, _eye),
    MakerRow("arange", "arange(start=0, stop, step=1)", _bind_arange, _arange),
    MakerRow("linspace", "linspace(start, stop, count)", _bind_linspace, _linspace, whole=False),
    MakerRow("array", "array([1, 2])", _bind_array, _array),
    MakerRow("tensor", "tensor([1, 2])", _bind_array, _array),
    MakerRow("randn", "randn(*shape)", _bind_shape, _randn, random=True),
    MakerRow("rand", "rand(*shape)", _bind_shape, _rand, random=True),
    MakerRow("uniform", "uniform(low, high, *shape)", _bind_spread, _uniform, random=True),
    MakerRow("normal", "normal(mean, std, *shape)", _bind_spread, _normal, random=True),
)

MAKERS: Final[Mapping[str, MakerRow]] = MappingProxyType({row.name: row for row in ROWS})
