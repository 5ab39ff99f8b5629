"""What a single value of a spec may be: names, texts, numbers and nested lists of them.

Each function takes what YAML read and returns it as the model keeps it. It raises a
PydanticCustomError of one of the kinds that `faults` puts into words.
"""

import math
import unicodedata
from collections.abc import Callable, Collection, Sequence
from keyword import iskeyword
from types import MappingProxyType
from typing import Any, Final, LiteralString, TypeAlias, cast

from pydantic_core import PydanticCustomError

Numbers: TypeAlias = bool | int | float | tuple[Any, ...]
"""A number, or nested tuples of numbers: a rectangular array, row by row."""

# The kinds of faults; `faults` has the words for each.
WRONG_TYPE: Final = "wrong-type"
BLANK: Final = "blank"
TITLE: Final = "title"
RESERVED_NAME: Final = "reserved-name"
NOT_A_NAME: Final = "not-a-name"
UNKNOWN_WORD: Final = "unknown-word"
RANGE: Final = "range"
RAGGED: Final = "ragged"
ENTRY: Final = "entry"
TOO_LARGE: Final = "too-large"

_PRINTED: Final = MappingProxyType(
    # as frameworks print what YAML spells .nan and .inf
    {"nan": math.nan, "inf": math.inf, "+inf": math.inf, "-inf": -math.inf}
)


def fault(kind: LiteralString, path: Sequence[int] = (), **facts: Any) -> PydanticCustomError:
    """Return a fault of some kind at a path within the value, with what its message needs."""
    return PydanticCustomError(kind, kind, {"path": tuple(path), **facts})


def numbers(value: object) -> Numbers:
    """Return a number, or a rectangular nested list as nested tuples."""
    return _array(value, ())[0]


def text_of(expected: str) -> Callable[[object], str]:
    """Return a reader of texts that are not blank; `expected` says what they are."""

    def text(value: object) -> str:
        if not isinstance(value, str):
            raise fault(WRONG_TYPE, expected=expected)
        if not value.strip():
            raise fault(BLANK, advice=f"It must be {expected}.")
        return value

    return text


def numbers_or(expected: str) -> Callable[[object], Numbers | str]:
    """Return a reader of numbers, or of a text that makes them, described by `expected`."""
    text = text_of(expected)

    def numbers_or_text(value: object) -> Numbers | str:
        if isinstance(value, bool | int | float):
            return numbers(value)
        return numbers(cast("object", value)) if isinstance(value, list) else text(value)

    return numbers_or_text


def one_line(title: str) -> str:
    """Return a title of one line."""
    if len(title.splitlines()) > 1:
        raise fault(TITLE)
    return title


def variable(name: str) -> str:
    """Return a name that a statement can use: an identifier as Python would spell it."""
    if iskeyword(name):
        raise fault(RESERVED_NAME)
    if not name.isidentifier() or unicodedata.normalize("NFKC", name) != name:
        raise fault(NOT_A_NAME)
    return name


def one_of(known: Collection[str]) -> Callable[[object], str]:
    """Return a reader of words of which only a few are known."""

    def word(value: object) -> str:
        if value not in known:
            raise fault(UNKNOWN_WORD, known=tuple(known))
        return cast("str", value)

    return word


def positive(value: object) -> float:
    """Return a finite number above zero."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise fault(WRONG_TYPE, expected="a number")
    if not 0 < value < math.inf:
        raise fault(RANGE, rule="above zero and finite")
    return float(_in_range(value, ()))


def natural(value: object) -> int:
    """Return a whole number that is not negative."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise fault(WRONG_TYPE, expected="a whole number")
    if value < 0:
        raise fault(RANGE, rule="zero or above")
    return value


def _array(value: object, path: tuple[int, ...]) -> tuple[Numbers, tuple[int, ...]]:
    if not isinstance(value, list):
        return _number(value, path), ()
    items = cast("list[object]", value)
    rows = [_array(item, (*path, n)) for n, item in enumerate(items)]
    first = rows[0][1] if rows else ()
    for n, (_, shape) in enumerate(rows):
        if shape != first:
            raise fault(RAGGED, (*path, n), first=first, here=shape)
    return tuple(row for row, _ in rows), (len(rows), *first)


def _number(value: object, path: tuple[int, ...]) -> bool | int | float:
    if isinstance(value, bool | int | float):
        return _in_range(value, path)
    if isinstance(value, str) and value in _PRINTED:
        return _PRINTED[value]
    raise fault(ENTRY, path)


def _in_range(value: float, path: tuple[int, ...]) -> float:
    try:
        _ = float(value)
    except OverflowError:
        raise fault(TOO_LARGE, path) from None
    return value
