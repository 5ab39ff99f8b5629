"""What an unquoted YAML scalar stands for: the core schema of YAML 1.2, section 10.3.2."""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, TypeAlias

Scalar: TypeAlias = bool | int | float | str | None

# Python refuses to print more digits than this by default, so an error message could not either.
MAX_DIGITS: Final = 4300
_LIMIT: Final = 10**MAX_DIGITS

_WORDS: Final[Mapping[str, Scalar]] = MappingProxyType(
    {
        **dict.fromkeys(("", "~", "null", "Null", "NULL")),
        **dict.fromkeys(("true", "True", "TRUE"), True),
        **dict.fromkeys(("false", "False", "FALSE"), False),
        **dict.fromkeys((".nan", ".NaN", ".NAN"), float("nan")),
        **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), float("inf")),
        **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), float("-inf")),
    }
)
_INTEGER: Final = re.compile(r"[-+]?[0-9]+")
_OCTAL: Final = re.compile(r"0o[0-7]+")
_HEXADECIMAL: Final = re.compile(r"0x[0-9a-fA-F]+")
_FLOAT: Final = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")


class OutOfReachError(ValueError):
    """An integer with too many digits, or a number beyond float64."""


def resolve(text: str) -> Scalar:
    """Return what a plain scalar stands for; raises OutOfReachError."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in "+-.0123456789":
        return text
    if _FLOAT.fullmatch(text):
        return _decimal(text)
    if _OCTAL.fullmatch(text):
        return _bounded(text, 8)
    return _bounded(text, 16) if _HEXADECIMAL.fullmatch(text) else text


def _decimal(text: str) -> int | float:
    if _INTEGER.fullmatch(text):
        return _bounded(text, 10)
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise OutOfReachError
    return number


def _bounded(text: str, base: int) -> int:
    if len(text) > MAX_DIGITS:
        raise OutOfReachError
    try:
        number = int(text, base)
    except ValueError as error:
        raise OutOfReachError from error
    if abs(number) >= _LIMIT:
        raise OutOfReachError
    return number
