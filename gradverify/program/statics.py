"""What is known of an expression before anything runs: numbers, attributes, lists of numbers."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final, cast

from gradverify.ops.op import Attribute, AttributeKind
from gradverify.program.errors import WrongAttributeError
from gradverify.program.numbers import FOLDS, folded
from gradverify.program.program import Number
from gradverify.program.scope import Writer
from gradverify.program.tree import Call, Expression, Length, Listing, Literal, Name


class NotStaticError(Exception):
    """An expression whose value is not known before the program runs."""


def static(writer: Writer, node: Expression) -> Any:
    """Return a number, a word, None, or a tuple of such; raises NotStaticError."""
    match node:
        case Literal():
            return node.value
        case Listing():
            return tuple(static(writer, item) for item in node.items)
        case Name():
            return _number_named(writer, node)
        case Length():
            return length(writer, node).value
        case Call(keywords=()) if node.function in FOLDS:
            return _folded(writer, node)
        case _:
            raise NotStaticError


def _number_named(writer: Writer, node: Name) -> Any:
    operand = writer.scope.lookup(node, writer.line)
    if not isinstance(operand, Number):
        raise NotStaticError
    return operand.value


def _folded(writer: Writer, node: Call) -> Any:
    values = [static(writer, argument) for argument in node.arguments]
    if not all(isinstance(value, int | float) for value in values):
        raise NotStaticError
    return folded(node.function, [Number(value) for value in values], writer.place(node.span)).value


def length(writer: Writer, node: Length) -> Number:
    """Return `x.shape[axis]` of a named array; raises SpecError."""
    if not isinstance(node.array, Name):
        raise WrongAttributeError(writer.place(node.span), ".shape", "asked of a named array")
    shape = writer.scope.shape_of(writer.scope.lookup(node.array, writer.line))
    axis = _whole(_known(writer, node.axis))
    if axis is None or not -len(shape) <= axis < len(shape):
        expected = f"indexed by one of the {len(shape)} axes of {node.array.identifier}"
        raise WrongAttributeError(writer.place(node.span), ".shape", expected)
    return Number(shape[axis])


def _known(writer: Writer, node: Expression) -> Any:
    try:
        return static(writer, node)
    except NotStaticError:
        return None


def _whole(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def attribute_value(writer: Writer, attribute: Attribute, nodes: tuple[Expression, ...]) -> Any:
    """Return an attribute's value, of its kind; raises WrongAttributeError."""
    try:
        values = tuple(_word(attribute, node) or static(writer, node) for node in nodes)
        value = values[0] if len(nodes) == 1 else values
        return READERS[attribute.kind](attribute, value)
    except NotStaticError:
        place = writer.place(nodes[0].span)
        raise WrongAttributeError(place, attribute.name, expected(attribute)) from None


def expected(attribute: Attribute) -> str:
    """Return in words what an attribute may be."""
    if attribute.words:
        return f"one of {', '.join(map(repr, attribute.words))}"
    return attribute.kind.value


def _word(attribute: Attribute, node: Expression) -> str:
    """A bare `float32` is meant as the word, where the words are asked for."""
    if not attribute.words or not isinstance(node, Name):
        return ""
    if node.identifier not in attribute.words:
        raise NotStaticError
    return node.identifier


def _flag(_: Attribute, value: Any) -> bool:
    if not isinstance(value, bool):
        raise NotStaticError
    return value


def _integer(_: Attribute, value: Any) -> int:
    if not isinstance(value, int):  # `unbiased=False` is a correction of 0
        raise NotStaticError
    return int(value)


def _number(_: Attribute, value: Any) -> int | float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | None):
        raise NotStaticError
    return value


def _one_word(attribute: Attribute, value: Any) -> str:
    if value not in attribute.words:
        raise NotStaticError
    return value


def _axis(_: Attribute, value: Any) -> int | tuple[int, ...] | None:
    return value if value is None or _whole(value) is not None else _shape(_, value)


def _shape(_: Attribute, value: Any) -> tuple[int, ...]:
    items = cast("tuple[Any, ...]", value if isinstance(value, tuple) else (value,))
    if any(_whole(item) is None for item in items):
        raise NotStaticError
    return items


def _never(_: Attribute, __: Any) -> Any:
    raise NotStaticError


READERS: Final[Mapping[AttributeKind, Callable[[Attribute, Any], Any]]] = MappingProxyType(
    {
        AttributeKind.FLAG: _flag,
        AttributeKind.INTEGER: _integer,
        AttributeKind.NUMBER: _number,
        AttributeKind.WORD: _one_word,
        AttributeKind.AXIS: _axis,
        AttributeKind.SHAPE: _shape,
        AttributeKind.INDEX: _never,
    }
)
