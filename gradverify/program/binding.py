"""Arguments of a call bound to an op's operands and attributes, whatever spelling was used."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, final

from gradverify.ops.op import Attribute, AttributeKind, Op
from gradverify.program.call_errors import (
    MissingArgumentsError,
    NotAListError,
    RepeatedArgumentError,
    TooManyArgumentsError,
    UnknownKeywordError,
)
from gradverify.program.errors import Place
from gradverify.program.tree import Call, Expression, Listing

SPELLINGS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {  # what torch, NumPy and JAX call it → what an op may call it
        "dim": ("axis", "axes"),
        "dims": ("axes", "axis", "shape"),
        "axes": ("axis",),
        "axis": ("axes",),
        "keepdim": ("keepdims",),
        "a_min": ("min",),
        "a_max": ("max",),
        "unbiased": ("correction",),
        "ddof": ("correction",),
        "size": ("shape",),
        "newshape": ("shape",),
        "p": ("ord",),
        "condition": ("mask",),
        "input": ("x", "logits"),
        "self": ("x",),
        "other": ("y",),
        "mat2": ("y", "b"),
        "exponent": ("y",),
        "labels": ("target",),
        "target": ("labels", "y"),
    }
)


@final
@dataclass(frozen=True, slots=True)
class Bound:
    """The operands of a call in order, and for each attribute that was given its expressions."""

    operands: tuple[Expression, ...]
    attributes: Mapping[str, tuple[Expression, ...]]


def bind(op: Op, call: Call, place: Place) -> Bound:
    """Tell operands from attributes, by position and by keyword; raises WrongArityError."""
    binder = _Binder(op, place)
    operands, rest = binder.positional(call.arguments)
    attributes = binder.trailing(rest)
    by_name = dict(enumerate(operands))
    for keyword, value in call.keywords:
        name = binder.spelt(keyword)
        if name in op.operands and not op.variadic:
            binder.once(keyword, taken=op.operands.index(name) in by_name)
            by_name[op.operands.index(name)] = value
        else:
            binder.once(keyword, taken=name in attributes)
            attributes[name] = (value,)
    binder.complete(by_name, attributes)
    return Bound(tuple(by_name[n] for n in sorted(by_name)), attributes)


@final
@dataclass(frozen=True, slots=True)
class _Binder:
    op: Op
    place: Place

    @property
    def signature(self) -> str:
        return signature(self.op)

    def positional(
        self, arguments: tuple[Expression, ...]
    ) -> tuple[tuple[Expression, ...], tuple[Expression, ...]]:
        if not self.op.variadic:
            count = len(self.op.operands)
            return arguments[:count], arguments[count:]
        if not arguments or not isinstance(arguments[0], Listing) or not arguments[0].items:
            raise NotAListError(self.place, self.signature)
        return arguments[0].items, arguments[1:]

    def trailing(self, rest: Sequence[Expression]) -> dict[str, tuple[Expression, ...]]:
        """After the operands come the attributes, of which a shape takes all that follows."""
        found: dict[str, tuple[Expression, ...]] = {}
        left = list(rest)
        for attribute in self.op.attributes:
            if not left:
                break
            count = len(left) if attribute.kind is AttributeKind.SHAPE else 1
            if isinstance(left[0], Listing):
                count = 1
            found[attribute.name], left = tuple(left[:count]), left[count:]
        if left:
            raise TooManyArgumentsError(self.place, self.signature, len(left))
        return found

    def spelt(self, keyword: str) -> str:
        known = (*self.op.operands, *(attribute.name for attribute in self.op.attributes))
        names = (keyword, *SPELLINGS.get(keyword, ()))
        found = next((name for name in names if name in known), None)
        if found is None:
            guesses = (*known, *(other for name in known for other in spellings(name)))
            raise UnknownKeywordError(self.place, self.signature, keyword, guesses)
        return found

    def once(self, keyword: str, *, taken: bool) -> None:
        if taken:
            raise RepeatedArgumentError(self.place, self.signature, keyword)

    def complete(
        self, operands: Mapping[int, Expression], attributes: Mapping[str, tuple[Expression, ...]]
    ) -> None:
        names = () if self.op.variadic else self.op.operands
        missing = [name for n, name in enumerate(names) if n not in operands]
        missing += [a.name for a in self.op.attributes if a.required and a.name not in attributes]
        if missing:
            raise MissingArgumentsError(self.place, self.signature, missing)


def spellings(name: str) -> tuple[str, ...]:
    """Return the other keywords that are read for an operand or an attribute of this name."""
    return tuple(keyword for keyword, names in SPELLINGS.items() if name in names)


def signature(op: Op) -> str:
    """Return how an op is called: `sum(x, axis=None, keepdims=False)`."""
    operands = ["[a, b, ...]"] if op.variadic else list(op.operands)
    return f"{op.name}({', '.join([*operands, *map(_parameter, op.attributes)])})"


def _parameter(attribute: Attribute) -> str:
    return attribute.name if attribute.required else f"{attribute.name}={attribute.default!r}"
