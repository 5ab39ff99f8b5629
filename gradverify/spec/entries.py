"""What a single value of a spec may be: names, texts, numbers and nested lists of them.

Each function takes what YAML read and returns it as the model keeps it. It raises a
PydanticCustomError of one of the kinds that `faults` puts into words.
"""

import math
import unicodedata
from collections.abc import Callable, Collection, Mapping, Sequence
from keyword import iskeyword
from types import MappingProxyType
from typing import Any, Final, LiteralString, TypeAlias, TypeVar, cast

from pydantic_core import PydanticCustomError

Entry = TypeVar("Entry")
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
VERBS: Final = "verbs"
MODIFIER: Final = "modifier"
BY: Final = "by"
REFERENCE: Final = "reference"

_PRINTED: Final = MappingProxyType(
    # as frameworks print what YAML spells .nan and .inf
    {"nan": math.nan, "inf": math.inf, "+inf": math.inf, "-inf": -math.inf}
)


def fault(kind: LiteralString, path: Sequence[int | str] = (), **facts: Any) -> PydanticCustomError:
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


def or_nothing(read: Callable[[object], Entry]) -> Callable[[object], Entry | None]:
    """Return a reader of what `read` takes, and of null."""
    return lambda value: None if value is None else read(value)


def names(value: object) -> tuple[str, ...]:
    """Return one name, or a list of them."""
    found = (value,) if isinstance(value, str) else value
    if not isinstance(found, list | tuple) or not found:
        raise fault(WRONG_TYPE, expected="a name or a list of names")
    items = cast("Sequence[object]", found)
    if not all(isinstance(item, str) for item in items):
        raise fault(WRONG_TYPE, expected="a name or a list of names")
    return tuple(variable(cast("str", item)) for item in items)


def lines(value: object) -> tuple[str, ...]:
    """Return one statement, or a list of them."""
    read = text_of("a statement such as `y = x * x`, as text, or a list of them")
    items = cast("list[object]", value) if isinstance(value, list) else [value]
    if not items:
        raise fault(BLANK, advice="It must be a statement, or a list of them.")
    return tuple(read(item) for item in items)


def by_number(value: object) -> Mapping[int, float]:
    """Return finite numbers by whole numbers, such as the losses of some steps."""
    if not isinstance(value, dict):
        raise fault(WRONG_TYPE, expected="losses by the number of their step, such as {0: 12.5}")
    items = cast("dict[object, object]", value)
    if not all(_is_step(key) and _is_finite(item) for key, item in items.items()):
        raise fault(WRONG_TYPE, expected="losses by the number of their step, such as {0: 12.5}")
    return MappingProxyType({int(cast("str", k)): cast("float", v) for k, v in items.items()})


def _is_step(key: object) -> bool:
    return isinstance(key, str | int) and str(key).isascii() and str(key).isdecimal()


def _is_finite(value: object) -> bool:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return number and math.isfinite(cast("float", value))


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


def reference(value: object) -> str:
    """Return what names something in a module, as entry points do: `package.module:attribute`."""
    if not isinstance(value, str):
        raise fault(WRONG_TYPE, expected="text such as `package.module:function`")
    module, colon, attribute = value.partition(":")
    parts = (*module.split("."), *attribute.split("."))
    if not colon or not all(part.isidentifier() and not iskeyword(part) for part in parts):
        raise fault(REFERENCE)
    return value


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
