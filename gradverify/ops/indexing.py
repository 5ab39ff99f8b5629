"""Indexing: entries taken out by a static index, and a copy of an array with entries put in.

A static index may hold slots, which stand for arrays of whole numbers among the operands. The
derivative by what was taken out goes back to where it came from; entries taken twice add up.
"""

from types import EllipsisType
from typing import Any, Final, TypeAlias

import numpy as np

from gradverify.arrays import Array, Shape
from gradverify.ops.broadcasting import broadcast_shape, stretched, unbroadcast
from gradverify.ops.errors import LongIndexError, OutOfBoundsError, ScatteredIndexError
from gradverify.ops.op import Attribute, AttributeKind, Op, Result, Slot, is_number

Entry: TypeAlias = int | slice | EllipsisType | Slot | None
Index: TypeAlias = tuple[Entry, ...]
Filled: TypeAlias = tuple[Any, ...]  # what numpy takes between brackets

STATIC: Final = (Attribute("index", AttributeKind.INDEX, required=True),)


def filled(index: Index, *operands: Array) -> Filled:
    """Return the index with its slots filled by operands."""
    return tuple(operands[e.operand] if isinstance(e, Slot) else e for e in index)


def scatter(entries: Array, index: Filled, shape: Shape, *, add: bool) -> Array:
    """Return zeros of a shape with entries written at an index; repeated places add or are last.

    The one place where a rule writes: into an array like the entries, so any element type does.
    """
    buffer = np.zeros_like(entries, shape=shape)
    if add and any(isinstance(part, np.ndarray) for part in index):
        np.add.at(buffer, index, entries)
    else:
        buffer[index] = entries
    return buffer


def chosen(index: Filled, shape: Shape) -> Array:
    """Return whether an index reaches an entry."""
    return scatter(np.ones((), dtype=bool), index, shape, add=False)


def take(x: Array, *slots: Array, index: Index) -> Array:
    return x[filled(index, x, *slots)]


def take_vjp(
    ct: Array, out: Array, x: Array, *slots: Array, index: Index
) -> tuple[Array | None, ...]:
    by_x = scatter(ct, filled(index, x, *slots), np.shape(x), add=True)
    return by_x, *(None for _ in slots)


def put(x: Array, value: Array, *slots: Array, index: Index) -> Array:
    place, shape = filled(index, x, value, *slots), np.shape(x)
    written = value if is_number(value) else scatter(value, place, shape, add=False)
    return np.where(chosen(place, shape), written, x)


def put_vjp(
    ct: Array, out: Array, x: Array, value: Array, *slots: Array, index: Index
) -> tuple[Array | None, ...]:
    place, shape = filled(index, x, value, *slots), np.shape(x)
    by_x = np.where(chosen(place, shape), 0, ct)
    by_value = np.where(lasting(place, shape), ct[place], 0)
    return by_x, unbroadcast(by_value, np.shape(value)), *(None for _ in slots)


def lasting(place: Filled, shape: Shape) -> Array:
    """Return which of the entries written are still there: of a repeated place the last."""
    entries = np.broadcast_to(np.zeros((), dtype=bool), shape)[place]
    order = np.reshape(np.arange(entries.size), entries.shape)
    return np.equal(scatter(order, place, shape, add=False)[place], order)


def take_shape(x: Shape, *slots: Shape, index: Index) -> Shape:
    """Return the shape of `x[index]`; raises ShapeMismatch."""
    return indexed_shape(x, (x, *slots), index)


def put_shape(x: Shape, value: Shape, *slots: Shape, index: Index) -> Shape:
    """Return x's shape where the value fits into `x[index]`; raises ShapeMismatch."""
    _ = stretched(value, indexed_shape(x, (x, value, *slots), index))
    return x


def indexed_shape(x: Shape, operands: tuple[Shape, ...], index: Index) -> Shape:
    """Return the shape of `x[index]`, its slots filled by operands; raises ShapeMismatch."""
    entries = spelt_out(index, x)
    sizes = iter(x)
    parts = [(1,) if entry is None else kept_part(entry, next(sizes)) for entry in entries]
    arrays = [n for n, entry in enumerate(entries) if isinstance(entry, Slot)]
    if arrays:
        stand_together(entries)
        shapes = (operands[e.operand] for e in entries if isinstance(e, Slot))
        parts[arrays[0]] = broadcast_shape(*shapes)
    return tuple(size for part in parts for size in part)


def spelt_out(index: Index, x: Shape) -> Index:
    """Return the index with an entry for every axis; raises LongIndexError."""
    taken = sum(entry is not None and entry is not Ellipsis for entry in index)
    if taken > len(x):
        raise LongIndexError(taken, x)
    at = index.index(Ellipsis) if Ellipsis in index else len(index)
    return (*index[:at], *(slice(None),) * (len(x) - taken), *index[at + 1 :])


def kept_part(entry: Entry, size: int) -> Shape:
    """Return the length that an axis keeps, none for a number; raises OutOfBoundsError."""
    if isinstance(entry, slice):
        return (len(range(*entry.indices(size))),)
    if isinstance(entry, int) and not -size <= entry < size:
        raise OutOfBoundsError(entry, size)
    return ()


def stand_together(entries: Index) -> None:
    """Raise ShapeMismatch where slices part index arrays from one another or from numbers."""
    at = [n for n, entry in enumerate(entries) if isinstance(entry, Slot | int)]
    if at[-1] - at[0] >= len(at):
        raise ScatteredIndexError


ROWS: Final = (
    Op(
        "index",
        take,
        take_vjp,
        take_shape,
        ("x",),
        STATIC,
        Result.FIRST,
        about=(
            "Entries taken out, `x[i]`; arrays in the index get no gradient, and entries taken "
            "twice add theirs up."
        ),
    ),
    Op(
        "index_update",
        put,
        put_vjp,
        put_shape,
        ("x", "value"),
        STATIC,
        Result.FIRST,
        about=(
            "A copy with entries replaced, `y[i] = value`; of values written to one place the "
            "last one stays."
        ),
    ),
)
