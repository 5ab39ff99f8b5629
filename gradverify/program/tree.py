"""The tree of a statement: what was written, and where."""

from dataclasses import dataclass
from typing import TypeAlias, final

from gradverify.errors import Mark
from gradverify.program.errors import Place


@final
@dataclass(frozen=True, slots=True)
class Span:
    """Where in a statement something stands, and its words."""

    at: int
    text: str


@final
@dataclass(frozen=True, slots=True)
class Name:
    """A name."""

    identifier: str
    span: Span


@final
@dataclass(frozen=True, slots=True)
class Literal:
    """A number, True, False, None, `...`, or a word."""

    value: object
    span: Span


@final
@dataclass(frozen=True, slots=True)
class Listing:
    """A list or a tuple."""

    items: tuple["Expression", ...]
    span: Span


@final
@dataclass(frozen=True, slots=True)
class Call:
    """An op and its arguments; operators, methods, `.T` and `.mT` are calls too.

    `head` is what names the op: the function's name, or the whole of `x + y`.
    """

    function: str
    arguments: tuple["Expression", ...]
    keywords: tuple[tuple[str, "Expression"], ...]
    span: Span
    head: Span


@final
@dataclass(frozen=True, slots=True)
class Range:
    """A slice within an index."""

    parts: tuple["Expression | None", "Expression | None", "Expression | None"]
    span: Span


@final
@dataclass(frozen=True, slots=True)
class Subscript:
    """An array and an index."""

    array: "Expression"
    items: tuple["Expression | Range", ...]
    span: Span


@final
@dataclass(frozen=True, slots=True)
class Length:
    """The length of an axis, `x.shape[0]`: a number, known before anything runs."""

    array: "Expression"
    axis: "Expression"
    span: Span


Expression: TypeAlias = Name | Literal | Listing | Call | Subscript | Length
Item: TypeAlias = Expression | Range


@final
@dataclass(frozen=True, slots=True)
class Assignment:
    """`target = value`, or `target[index] = value`."""

    target: Name
    index: tuple[Item, ...] | None
    value: Expression
    span: Span


@final
@dataclass(frozen=True, slots=True)
class Line:
    """A scalar of a spec, read as a statement or an expression: where it stands, and its text."""

    mark: Mark
    text: str

    def place(self, span: Span) -> Place:
        """Return the place of a span: exact where the scalar stands in its line as it is."""
        start = self.mark.column - 1
        found = self.mark.text.find(self.text, start)
        if found < 0 or found > start + 1:  # folded or escaped; one further is a quote
            return Place(self.mark)
        return Place(self.mark.after(found - start + span.at), span.text)

    @property
    def whole(self) -> Span:
        """The span of all of it."""
        return Span(0, self.text)


def line_of(mark: Mark, text: str) -> Line:
    """Return a scalar without the blanks around it, which Python would take for indentation."""
    stripped = text.strip()
    return Line(mark.after(len(text) - len(text.lstrip())), stripped)
