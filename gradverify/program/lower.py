"""Statements and expressions lowered to single-assignment steps of the rule table's ops."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import count
from typing import Any, Final, final

import numpy as np

from gradverify.errors import Mark
from gradverify.ops.op import Op, ShapeMismatch
from gradverify.ops.table import ALIASES, OPS, op_named
from gradverify.program.binding import Bound, bind
from gradverify.program.call_errors import NotCallableError, UnknownOpError
from gradverify.program.constants import STILL, fill, read_maker
from gradverify.program.errors import (
    MODULES,
    AssignmentLosesDigitsError,
    IndexOfNumberError,
    MaskIndexError,
    NotInLanguageError,
    ShapesDoNotFitError,
    sentence,
)
from gradverify.program.indexing import Index, bounded, is_mask, read_index
from gradverify.program.input_errors import InputAssignedError, RandomMakerError
from gradverify.program.language import read_expression, read_statement
from gradverify.program.makers import MAKERS
from gradverify.program.numbers import FOLDS, folded
from gradverify.program.program import Kind, Maker, Number, Operand
from gradverify.program.promotion import Settled, Settler
from gradverify.program.scope import Outcome, Scope, Writer
from gradverify.program.statics import attribute_value, length
from gradverify.program.tree import (
    Assignment,
    Call,
    Expression,
    Item,
    Length,
    Listing,
    Literal,
    Name,
    Span,
    Subscript,
    line_of,
)


@final
@dataclass(frozen=True, slots=True)
class Written:
    """How a step stands in its line: what names the op, its operands' words, its output's name."""

    head: Span
    operands: tuple[str, ...]
    wished: str | None


UNCALLABLE: Final = frozenset({"index", "index_update", "constant"})


def lower_statement(scope: Scope, mark: Mark, text: str) -> None:
    """Add a statement's steps and its name to a scope; raises SpecError or PoisonedError."""
    writer = Writer(scope, line_of(mark, text))
    statement = read_statement(writer.line)
    _refuse_input(writer, statement)
    if statement.index is None:
        name = statement.target.identifier
        scope.names[name] = _operand(writer, statement.value, name)
    else:
        _assign_index(writer, statement)


def _refuse_input(writer: Writer, statement: Assignment) -> None:
    """Two variables of one name would make `the gradient by x` mean two things."""
    name, scope = statement.target.identifier, writer.scope
    if name in scope.inputs:
        stem = f"{name}_" if name[-1].isdigit() else name
        other = next(free for n in count(2) if (free := f"{stem}{n}") not in scope.names)
        place = writer.place(statement.target.span)
        raise InputAssignedError(place, name, other, entry=statement.index is not None)


def lower_expression(scope: Scope, mark: Mark, text: str, wished: str | None = None) -> str:
    """Add an expression's steps to a scope and return its value; raises as `lower_statement`."""
    writer = Writer(scope, line_of(mark, text))
    node = read_expression(writer.line)
    return _value(writer, node, wished)


def _value(writer: Writer, node: Expression, wished: str | None = None) -> str:
    operand = _operand(writer, node, wished)
    if isinstance(operand, Number):
        return writer.number(operand, np.result_type(operand.value), node.span, wished)
    return operand


def _operand(writer: Writer, node: Expression, wished: str | None = None) -> Operand:
    match node:
        case Name():
            return writer.scope.lookup(node, writer.line)
        case Literal():
            return _number(writer, node)
        case Call():
            return _call(writer, node, wished)
        case Subscript():
            return _subscript(writer, node, wished)
        case Length():
            return length(writer, node)
        case Listing():
            raise NotInLanguageError(writer.place(node.span), "a list here")


def _number(writer: Writer, node: Literal) -> Number:
    if not isinstance(node.value, int | float):
        construct = "text" if isinstance(node.value, str) else f"`{node.span.text}` here"
        raise NotInLanguageError(writer.place(node.span), construct)
    return Number(node.value)


def _call(writer: Writer, node: Call, wished: str | None) -> Operand:
    if node.function in MAKERS:
        return _made(writer, node, wished)
    place = writer.place(node.head)
    op = op_named(node.function)
    if op is None:
        raise UnknownOpError(place, node.function, (*OPS, *ALIASES, *MAKERS))
    if op.name in UNCALLABLE:
        raise NotCallableError(place, op.name)
    _refuse_module(writer, node)
    bound = bind(op, node, place)
    operands = [_operand(writer, item) for item in bound.operands]
    numbers = [item for item in operands if isinstance(item, Number)]
    if op.name in FOLDS and len(numbers) == len(operands):
        return folded(op.name, numbers, place)
    attributes = _attributes(writer, op, bound)
    settled = Settler(writer, op, bound.operands, node.head).settle(operands, attributes)
    written = Written(node.head, tuple(item.span.text for item in bound.operands), wished)
    return _step(writer, op, settled, attributes, written)


def _refuse_module(writer: Writer, node: Call) -> None:
    """In `torch.exp(x)` torch looks like the array whose method is called."""
    first = node.arguments[0] if node.arguments else None
    if isinstance(first, Name) and first.identifier in MODULES - writer.scope.names.keys():
        _ = writer.scope.lookup(first, writer.line)


def _attributes(writer: Writer, op: Op, bound: Bound) -> dict[str, Any]:
    given = bound.attributes
    return {
        item.name: attribute_value(writer, item, given[item.name])
        if item.name in given
        else item.default
        for item in op.attributes
    }


def _step(
    writer: Writer, op: Op, settled: Settled, attributes: Mapping[str, Any], written: Written
) -> str:
    """Add the step of one op; raises ShapesDoNotFitError with the shapes of what was named."""
    shapes = [writer.scope.shape_of(operand) for operand in settled.operands]
    try:
        shape = op.shape(*shapes, **attributes)
    except ShapeMismatch as mismatch:
        pairs = zip(written.operands, shapes, settled.operands, strict=False)
        named = [(text, own) for text, own, operand in pairs if isinstance(operand, str)]
        place = writer.place(written.head)
        raise ShapesDoNotFitError(place, op.name, named, sentence(str(mismatch))) from None
    out = Outcome(Kind(shape, settled.dtype), written.head, written.wished)
    return writer.emit(op.name, settled.operands, attributes, out)


def _made(writer: Writer, node: Call, wished: str | None) -> str:
    maker, kind = read_maker(writer, node)
    if MAKERS[maker.name].random:
        return _drawn(writer, node, maker, kind)
    return writer.constant(lambda: fill(maker, kind, STILL), Outcome(kind, node.head, wished))


def _drawn(writer: Writer, node: Call, maker: Maker, kind: Kind) -> str:
    place, draws = writer.place(node.head), writer.scope.draws
    if draws is None:
        raise RandomMakerError(place, maker.name)
    name = writer.scope.declare(None, kind, place)
    draws[name] = (maker, kind)
    return name


def _subscript(writer: Writer, node: Subscript, wished: str | None) -> str:
    array = _value(writer, node.array)
    shape = writer.scope.shape_of(array)
    index = bounded(writer, node.items, read_index(writer, node.items, _operand), shape)
    settled = Settled((array, *index.arrays), writer.scope.kinds[array].dtype)
    texts = (node.array.span.text, *_array_texts(node.items, index))
    written = Written(node.span, texts, wished)
    return _step(writer, OPS["index"], settled, {"index": index.filled_from(1)}, written)


def _array_texts(items: tuple[Item, ...], index: Index) -> list[str]:
    pairs = zip(items, index.entries, strict=True)
    return [item.span.text for item, entry in pairs if isinstance(entry, str)]


def _assign_index(writer: Writer, statement: Assignment) -> None:
    name, items = statement.target, statement.index or ()
    array = writer.scope.lookup(name, writer.line)
    if isinstance(array, Number):
        raise IndexOfNumberError(writer.place(name.span), name.identifier)
    kind = writer.scope.kinds[array]
    index = read_index(writer, items, _operand)
    value = _into(writer, statement, kind)
    if is_mask(writer, index, kind.shape):
        output = _masked(writer, statement, (array, index.arrays[0], value))
    else:
        index = bounded(writer, items, index, kind.shape)
        settled = Settled((array, value, *index.arrays), kind.dtype)
        texts = (name.identifier, statement.value.span.text, *_array_texts(items, index))
        written = Written(statement.span, texts, name.identifier)
        attributes = {"index": index.filled_from(2)}
        output = _step(writer, OPS["index_update"], settled, attributes, written)
    writer.scope.names[name.identifier] = output


def _into(writer: Writer, statement: Assignment, kind: Kind) -> str:
    """Return the assigned value in the dtype of the array that takes it."""
    node = statement.value
    operand = _operand(writer, node)
    if isinstance(operand, Number):
        dtype = np.result_type(operand.value)
    else:
        dtype = writer.scope.kinds[operand].dtype
    if not np.can_cast(dtype, kind.dtype, "same_kind"):
        place = writer.place(node.span)
        raise AssignmentLosesDigitsError(place, statement.target.identifier, kind.dtype, dtype)
    if isinstance(operand, Number):
        return writer.number(operand, kind.dtype, node.span)
    return writer.cast(operand, kind.dtype, node.span)


def _masked(writer: Writer, statement: Assignment, values: tuple[str, str, str]) -> str:
    """`y[mask] = scalar` has a shape that is known: it is where(mask, scalar, y)."""
    array, mask, value = values
    if writer.scope.shape_of(value):
        raise MaskIndexError(writer.place(statement.span))
    name = statement.target.identifier
    settled = Settled((mask, value, array), writer.scope.kinds[array].dtype)
    written = Written(statement.span, (), name)
    return _step(writer, OPS["where"], settled, {}, written)
