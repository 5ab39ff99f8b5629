"""Indices: `x[0, -1]`, `x[1:, None]`, `x[labels]`, made static and told apart from masks."""

from collections.abc import Callable
from dataclasses import dataclass
from types import EllipsisType
from typing import Any, Final, TypeAlias, cast, final

import numpy as np

from gradverify.arrays import Array, Shape
from gradverify.ops.op import Slot
from gradverify.program.constants import STILL, fill, read_maker
from gradverify.program.errors import (
    IndexNotTakenError,
    IndexOutOfBoundsError,
    IndexTooLongError,
    MaskIndexError,
)
from gradverify.program.makers import entries_of
from gradverify.program.program import Kind, Number, Operand
from gradverify.program.scope import Outcome, Writer
from gradverify.program.statics import NotStaticError, static
from gradverify.program.tree import Call, Expression, Item, Listing, Literal, Range, Span

Lower: TypeAlias = Callable[[Writer, Expression], Operand]
Entry: TypeAlias = int | slice | EllipsisType | str | None
"""One part of an index; a string is the name of an integer array."""

INT64: Final = np.dtype(np.int64)
WHOLE_MAKERS: Final = frozenset({"arange", "array", "tensor"})
"""Makers that make whole numbers of whole numbers where they stand in an index."""


@final
@dataclass(frozen=True, slots=True)
class Index:
    """A static index, and the values that fill its slots."""

    entries: tuple[Entry, ...]

    def filled_from(self, first: int) -> tuple[Any, ...]:
        """Return the index with a slot for each array; the slots' operands begin at `first`."""
        slots = iter(range(first, first + len(self.entries)))
        return tuple(Slot(next(slots)) if isinstance(e, str) else e for e in self.entries)

    @property
    def arrays(self) -> tuple[str, ...]:
        """The integer arrays, in order."""
        return tuple(entry for entry in self.entries if isinstance(entry, str))


def read_index(writer: Writer, items: tuple[Item, ...], lower: Lower) -> Index:
    """Read what is written in an index; raises SpecError at the item's place."""
    return Index(tuple(_entry(writer, item, lower) for item in items))


def is_mask(writer: Writer, index: Index, shape: Shape) -> bool:
    """Whether an index is one mask of the whole array's shape."""
    if len(index.entries) != 1 or not index.arrays:
        return False
    kind = writer.scope.kinds[index.arrays[0]]
    return kind.dtype.kind == "b" and kind.shape == shape


def bounded(writer: Writer, items: tuple[Item, ...], index: Index, shape: Shape) -> Index:
    """Return the index; raises SpecError where it has no place in an array of that shape."""
    entries = index.entries
    taken = sum(entry is not None and entry is not Ellipsis for entry in entries)
    place = writer.place(items[0].span if items else writer.line.whole)
    if taken > len(shape):
        raise IndexTooLongError(place, taken, shape)
    if sum(entry is Ellipsis for entry in entries) > 1:
        raise IndexNotTakenError(place, "`...` stands twice in an index")
    axis = 0
    for item, entry in zip(items, entries, strict=True):
        _in_axis(writer, item, entry, (axis, shape))
        axis += len(shape) - taken if entry is Ellipsis else entry is not None
    return index


def _in_axis(writer: Writer, item: Item, entry: Entry, at: tuple[int, Shape]) -> None:
    axis, shape = at
    if isinstance(entry, int) and not -shape[axis] <= entry < shape[axis]:
        raise IndexOutOfBoundsError(writer.place(item.span), entry, axis, shape[axis])
    if isinstance(entry, str):
        _whole_numbers(writer, entry, item.span)


def _whole_numbers(writer: Writer, value: str, span: Span) -> None:
    dtype = writer.scope.kinds[value].dtype
    if dtype.kind == "b":
        raise MaskIndexError(writer.place(span))
    if dtype.kind not in "iu":
        raise IndexNotTakenError(writer.place(span), f"{span.text} is {dtype}, not whole numbers")


def _entry(writer: Writer, item: Item, lower: Lower) -> Entry:
    if isinstance(item, Range):
        return _slice(writer, item)
    if isinstance(item, Listing):
        return _listed(writer, item)
    if isinstance(item, Literal) and (item.value is None or item.value is Ellipsis):
        return cast("Entry", item.value)
    made = _whole_maker(writer, item)
    if made:
        return made
    known = _static_entry(writer, item)
    operand = lower(writer, item) if known is None else Number(known)
    return _whole(writer, operand.value, item.span) if isinstance(operand, Number) else operand


def _whole_maker(writer: Writer, item: Expression) -> str:
    """Make `arange(6)` of whole numbers, as NumPy and PyTorch do; say nothing of other items."""
    if not isinstance(item, Call) or item.function not in WHOLE_MAKERS or item.keywords:
        return ""
    maker, kind = read_maker(writer, item)
    if not all(type(entry) is int for entry in entries_of(maker.arguments)):
        return ""
    whole = Kind(kind.shape, INT64)
    return writer.constant(lambda: fill(maker, whole, STILL), Outcome(whole, item.head))


def _static_entry(writer: Writer, item: Expression) -> Any:
    try:
        return static(writer, item)
    except NotStaticError:
        return None


def _whole(writer: Writer, value: object, span: Span) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise IndexNotTakenError(writer.place(span), f"{span.text} is not a whole number")
    return value


def _slice(writer: Writer, item: Range) -> slice:
    start, stop, step = (_bound(writer, part) for part in item.parts)
    if step is not None and step < 1:
        fault = f"a slice with step {step}; steps are 1 or more"
        raise IndexNotTakenError(writer.place(item.span), fault)
    return slice(start, stop, step)


def _bound(writer: Writer, part: Expression | None) -> int | None:
    if part is None:
        return None
    value = _static_entry(writer, part)
    return None if isinstance(part, Literal) and value is None else _whole(writer, value, part.span)


def _listed(writer: Writer, item: Listing) -> str:
    """Make a constant of a written list, `x[[0, 2]]`."""
    value = _static_entry(writer, item)
    array = _array_of(value)
    if array is None or array.dtype.kind not in "iu":
        raise IndexNotTakenError(writer.place(item.span), "a list in an index holds whole numbers")
    out = Outcome(Kind(array.shape, INT64), item.span)
    return writer.constant(lambda: array.astype(INT64), out)


def _array_of(value: Any) -> Array | None:
    try:
        return None if value is None else np.array(value)
    except ValueError:  # ragged
        return None
