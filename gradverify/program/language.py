"""The statement language: Python's syntax, an allow-list of it, read into a small tree.

A statement is never evaluated as Python. `read_statement` and `read_expression` raise SpecError.
Assignment to an index is functional: other names of the same array keep their value.
"""

import ast
import warnings
from collections.abc import Sequence
from typing import Final, final

from gradverify.program.errors import (
    NotInLanguageError,
    NotReadableError,
    NumberTooLargeError,
    Place,
    TooDeepError,
    TooLongError,
)
from gradverify.program.grammar import BINARY, COMPARISONS, PROPERTIES, REFUSED
from gradverify.program.tree import (
    Assignment,
    Call,
    Expression,
    Item,
    Length,
    Line,
    Listing,
    Literal,
    Name,
    Range,
    Span,
    Subscript,
)

MAX_LENGTH: Final = 4_000
MAX_DEPTH: Final = 100
MAX_INTEGER: Final = 2**63 - 1


def read_statement(line: Line) -> Assignment:
    """Read `name = e`, `name[index] = e`, or `name += e`; raises SpecError."""
    body = _parse(line).body
    if len(body) != 1:
        construct = "a second statement" if body else "an empty statement"
        raise NotInLanguageError(line.place(line.whole), construct)
    reader = _Reader(line)
    return reader.statement(body[0])


def read_expression(line: Line) -> Expression:
    """Read an expression; raises SpecError."""
    body = _parse(line).body
    if len(body) != 1 or not isinstance(body[0], ast.Expr):
        raise NotReadableError(line.place(line.whole), "an expression is expected here")
    return _Reader(line).expression(body[0].value, 0)


def _parse(line: Line) -> ast.Module:
    if len(line.text) > MAX_LENGTH:
        raise TooLongError(Place(line.mark), len(line.text), MAX_LENGTH)
    try:
        with warnings.catch_warnings():  # doubtful literals make Python warn; here they are read
            warnings.simplefilter("ignore")
            return ast.parse(line.text)
    except SyntaxError as error:
        at = _column(line.text, error)
        place = line.place(Span(at, line.text[at : at + 1]))
        raise NotReadableError(place, str(error.msg)) from None
    except (RecursionError, MemoryError):
        raise TooDeepError(Place(line.mark), MAX_DEPTH) from None
    except ValueError as error:  # a lone surrogate, a null byte
        raise NotReadableError(Place(line.mark), str(error).splitlines()[0]) from None


def _column(text: str, error: SyntaxError) -> int:
    offset = (error.offset or 1) - 1
    return offset if error.lineno == 1 and 0 <= offset <= len(text) else 0


@final
class _Reader:
    """Turns nodes of Python's syntax tree into ours, or refuses them at their place."""

    def __init__(self, line: Line) -> None:
        self.line = line
        self.plain = line.text.isascii() and "\n" not in line.text

    def span(self, node: ast.expr | ast.stmt) -> Span:
        if not self.plain:
            return self._distant_span(node)
        end = node.end_col_offset or node.col_offset
        return Span(node.col_offset, self.line.text[node.col_offset : end])

    def _distant_span(self, node: ast.expr | ast.stmt) -> Span:
        """Python counts bytes, and from the start of each line; an editor counts characters."""
        segment = ast.get_source_segment(self.line.text, node) or ""
        if node.lineno != 1:
            return Span(0, segment)
        before = self.line.text.encode()[: node.col_offset].decode(errors="ignore")
        return Span(len(before), segment)

    def refuse(self, node: ast.expr | ast.stmt, kind: ast.AST) -> NotInLanguageError:
        construct = REFUSED.get(type(kind), f"`{type(kind).__name__.lower()}`")
        return NotInLanguageError(self.line.place(self.span(node)), construct)

    def statement(self, node: ast.stmt) -> Assignment:
        if isinstance(node, ast.Assign):
            if len(node.targets) != 1:
                place = self.line.place(self.span(node))
                raise NotInLanguageError(place, "an assignment to several names")
            target, index = self.target(node.targets[0])
            return Assignment(target, index, self.expression(node.value, 0), self.span(node))
        if isinstance(node, ast.AugAssign):
            return self.augmented(node)
        raise self.refuse(node, node)

    def augmented(self, node: ast.AugAssign) -> Assignment:
        if type(node.op) not in BINARY:
            raise self.refuse(node, node.op)
        target, index = self.target(node.target)
        span = self.span(node)
        old = target if index is None else Subscript(target, index, self.span(node.target))
        operands = (old, self.expression(node.value, 0))
        return Assignment(
            target, index, Call(BINARY[type(node.op)], operands, (), span, span), span
        )

    def target(self, node: ast.expr) -> tuple[Name, tuple[Item, ...] | None]:
        if isinstance(node, ast.Name):
            return Name(node.id, self.span(node)), None
        if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name):
            name = Name(node.value.id, self.span(node.value))
            return name, self.items(node.slice, 0)
        several = isinstance(node, ast.Tuple | ast.List)
        construct = "an assignment to several names" if several else "an assignment to this"
        raise NotInLanguageError(self.line.place(self.span(node)), construct)

    def expression(self, node: ast.expr, depth: int) -> Expression:
        if depth > MAX_DEPTH:
            raise TooDeepError(self.line.place(self.span(node)), MAX_DEPTH)
        if isinstance(node, ast.Name):
            return Name(node.id, self.span(node))
        if isinstance(node, ast.Constant):
            return self.literal(node)
        if isinstance(node, ast.List | ast.Tuple):
            return Listing(self.expressions(node.elts, depth), self.span(node))
        return self.compound(node, depth)

    def compound(self, node: ast.expr, depth: int) -> Expression:
        match node:
            case ast.BinOp() | ast.UnaryOp() | ast.Compare():
                return self.operator(node, depth)
            case ast.Call():
                return self.call(node, depth)
            case ast.Subscript():
                return self.subscript(node, depth)
            case ast.Attribute() if node.attr in PROPERTIES:
                array = self.expression(node.value, depth + 1)
                head = self.attribute_span(node)
                return Call(PROPERTIES[node.attr], (array,), (), self.span(node), head)
            case ast.Attribute(value=ast.Name(id=name), attr="grad"):
                # a name of its own, which only a tape script has
                return Name(f"{name}.grad", self.span(node))
            case ast.BoolOp():
                raise self.refuse(node, node.op)
            case _:
                raise self.refuse(node, node)

    def expressions(self, nodes: Sequence[ast.expr], depth: int) -> tuple[Expression, ...]:
        return tuple(self.expression(node, depth + 1) for node in nodes)

    def literal(self, node: ast.Constant) -> Literal:
        span = self.span(node)
        if isinstance(node.value, complex):
            raise NotInLanguageError(self.line.place(span), "a complex number")
        if isinstance(node.value, bytes):
            raise NotInLanguageError(self.line.place(span), "text")
        if isinstance(node.value, int) and node.value > MAX_INTEGER:
            raise NumberTooLargeError(self.line.place(span))
        return Literal(node.value, span)

    def operator(self, node: ast.BinOp | ast.UnaryOp | ast.Compare, depth: int) -> Expression:
        span = self.span(node)
        name, operands = self.operation(node)
        arguments = self.expressions(operands, depth)
        return Call(name, arguments, (), span, span) if name else arguments[0]

    def operation(
        self, node: ast.BinOp | ast.UnaryOp | ast.Compare
    ) -> tuple[str, tuple[ast.expr, ...]]:
        """Return the op and its operands; unary plus is no op at all."""
        if isinstance(node, ast.UnaryOp):
            if not isinstance(node.op, ast.USub | ast.UAdd):
                raise self.refuse(node, node.op)
            return "negative" if isinstance(node.op, ast.USub) else "", (node.operand,)
        if isinstance(node, ast.BinOp):
            if type(node.op) not in BINARY:
                raise self.refuse(node, node.op)
            return BINARY[type(node.op)], (node.left, node.right)
        if len(node.ops) > 1:
            raise NotInLanguageError(self.line.place(self.span(node)), "a chained comparison")
        if type(node.ops[0]) not in COMPARISONS:
            raise self.refuse(node, node.ops[0])
        return COMPARISONS[type(node.ops[0])], (node.left, node.comparators[0])

    def call(self, node: ast.Call, depth: int) -> Call:
        name, receiver, head = self.callee(node.func)
        arguments = self.expressions((*receiver, *node.args), depth)
        keywords = tuple(self.keyword(word, depth) for word in node.keywords)
        return Call(name, arguments, keywords, self.span(node), head)

    def callee(self, node: ast.expr) -> tuple[str, tuple[ast.expr, ...], Span]:
        """Return the op's name, the array whose method it is, and where the name stands."""
        if isinstance(node, ast.Name):
            return node.id, (), self.span(node)
        if isinstance(node, ast.Attribute):
            return node.attr, (node.value,), self.attribute_span(node)
        raise NotInLanguageError(self.line.place(self.span(node)), "a call of something unnamed")

    def attribute_span(self, node: ast.Attribute) -> Span:
        span = self.span(node)
        return Span(span.at + len(span.text) - len(node.attr), node.attr)

    def keyword(self, word: ast.keyword, depth: int) -> tuple[str, Expression]:
        if word.arg is None:
            raise NotInLanguageError(self.line.place(self.span(word.value)), "`**`")
        return word.arg, self.expression(word.value, depth + 1)

    def subscript(self, node: ast.Subscript, depth: int) -> Expression:
        span = self.span(node)
        if isinstance(node.value, ast.Attribute) and node.value.attr == "shape":
            array = self.expression(node.value.value, depth + 1)
            return Length(array, self.expression(node.slice, depth + 1), span)
        array = self.expression(node.value, depth + 1)
        return Subscript(array, self.items(node.slice, depth), span)

    def items(self, node: ast.expr, depth: int) -> tuple[Item, ...]:
        nodes = node.elts if isinstance(node, ast.Tuple) else [node]
        return tuple(self.item(item, depth) for item in nodes)

    def item(self, node: ast.expr, depth: int) -> Item:
        if not isinstance(node, ast.Slice):
            return self.expression(node, depth + 1)
        start, stop, step = (
            None if part is None else self.expression(part, depth + 1)
            for part in (node.lower, node.upper, node.step)
        )
        return Range((start, stop, step), self.span(node))
