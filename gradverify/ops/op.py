"""What one row of the rule table holds."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType
from typing import Any, final

from gradverify.arrays import Array, Shape


@final
class AttributeKind(Enum):
    """What a keyword attribute of an op may be."""

    AXIS = "an axis, several, or none"
    FLAG = "true or false"
    SHAPE = "whole numbers, or one list of them"
    INTEGER = "a whole number"
    NUMBER = "a number, or none"
    WORD = "one of a few words"
    INDEX = "an index"


@final
class Result(Enum):
    """How the dtype of an op's output follows from its operands."""

    PROMOTED = "the common dtype of the operands"
    FLOATING = "the common dtype, which must be floating"
    BOOLEAN = "bool"
    FIRST = "the dtype of the first operand"
    SUMMED = "the dtype of the operand, int64 where that is whole or bool"
    GIVEN = "what the attribute `dtype` or `value` says"


@final
@dataclass(frozen=True, slots=True)
class Slot:
    """Stands in a static index for an operand: `x[labels]` is index (Slot(1),) of (x, labels)."""

    operand: int


@final
@dataclass(frozen=True, slots=True)
class Attribute:
    """A static keyword argument; positional arguments after the operands fill them in order."""

    name: str
    kind: AttributeKind
    default: Any = None
    required: bool = False
    words: tuple[str, ...] = ()


@final
@dataclass(frozen=True, slots=True)
class Domain:
    """Where one operand may be drawn from, `low` to `high`, when a rule is tested."""

    low: float = -3.0
    high: float = 3.0


REALS = Domain()
POSITIVE = Domain(0.2, 3.0)


def is_number(operand: object) -> bool:
    """Whether an operand is a number as written in a statement; numpy's own scalars are arrays."""
    return type(operand) in (bool, int, float)


@final
@dataclass(frozen=True, slots=True)
class Op:
    """A named primitive: what it computes, its vjp, and where that holds.

    primal(*operands, **attributes) -> array
    vjp(ct, out, *operands, **attributes) -> one cotangent an operand, None where there is none
    shape(*operand_shapes, **attributes) -> shape; raises ShapeMismatch with a sentence
    margin(*operands, **attributes) -> array, the distance of each entry to its nearest kink
    """

    name: str
    primal: Callable[..., Array]
    vjp: Callable[..., tuple[Array | None, ...]] | None
    shape: Callable[..., Shape]
    operands: tuple[str, ...]
    attributes: tuple[Attribute, ...] = ()
    result: Result = Result.PROMOTED
    domain: Mapping[str, Domain] = field(default_factory=lambda: MappingProxyType({}))
    margin: Callable[..., Array] | None = None
    variadic: bool = False  # takes a list of operands: concat, stack
    broadcasts: bool = False  # operands broadcast; the walker sums their cotangents back
    aliases: tuple[str, ...] = ()
    about: str = ""


class ShapeMismatch(Exception):  # noqa: N818 - it becomes an error with a place
    """Shapes that an op does not take; the sentence says why. Becomes a SpecError with a place."""
