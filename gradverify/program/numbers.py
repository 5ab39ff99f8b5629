"""Arithmetic on numbers that stand in a statement: done once, here, with Python's numbers."""

import operator
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

from gradverify.program.errors import NumberTooLargeError, NumberUndefinedError, Place
from gradverify.program.language import MAX_INTEGER
from gradverify.program.program import Number


def _quotient(x: float, y: float) -> float:
    return x / y


def _power(x: float, y: float) -> Any:
    return x**y


FOLDS: Final[Mapping[str, Callable[..., Any]]] = MappingProxyType(
    dict[str, Callable[..., Any]](
        add=operator.add,
        subtract=operator.sub,
        multiply=operator.mul,
        divide=_quotient,
        power=_power,
        negative=operator.neg,
        equal=operator.eq,
        not_equal=operator.ne,
        less=operator.lt,
        less_equal=operator.le,
        greater=operator.gt,
        greater_equal=operator.ge,
    )
)


def folded(op: str, numbers: Sequence[Number], place: Place) -> Number:
    """Return `op` of written numbers: `1 / 3`, `2 ** 10`; raises SpecError where there is none."""
    values = [number.value for number in numbers]
    if op == "power" and _bits_of_power(*values) > MAX_INTEGER.bit_length():
        raise NumberTooLargeError(place)  # before it is computed: `9 ** 9 ** 9` never ends
    try:
        value = FOLDS[op](*values)
    except (ArithmeticError, ValueError):
        raise NumberUndefinedError(place, op) from None
    if isinstance(value, complex):
        raise NumberUndefinedError(place, op)
    if isinstance(value, int) and abs(value) > MAX_INTEGER:
        raise NumberTooLargeError(place)
    return Number(value)


def _bits_of_power(base: float, exponent: float) -> int:
    """Return a lower bound of how many bits a power of whole numbers has, 0 for all others."""
    if not isinstance(base, int) or not isinstance(exponent, int) or exponent < 0:
        return 0
    return (abs(base).bit_length() - 1) * exponent
