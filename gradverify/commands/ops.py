"""`gradverify ops`: the table of ops, and one op in detail."""

from collections.abc import Iterable
from typing import final

import click

from gradverify.errors import UsageError, did_you_mean
from gradverify.ops.op import Attribute, Op
from gradverify.ops.table import ALIASES, OPS, op_named
from gradverify.program.binding import signature, spellings
from gradverify.program.foreign import ADVICE_FOR


@final
class NoSuchOpError(UsageError):
    """Nothing in the table has this name."""

    def __init__(self, name: str) -> None:
        guess = ADVICE_FOR.get(name) or did_you_mean(name, (*OPS, *ALIASES))
        super().__init__(f"unknown op {name!r}. {guess}{' ' if guess else ''}See `gradverify ops`.")


def print_ops(name: str | None) -> int:
    """Print all ops, or one.

    Raises:
        NoSuchOpError: if there is none of the name.
    """
    if name is None:
        click.echo(render_ops(OPS.values()))
        return 0
    op = op_named(name)
    if op is None:
        raise NoSuchOpError(name)
    click.echo(render_op(op))
    return 0


def render_ops(ops: Iterable[Op]) -> str:
    """Return a line an op: its signature, its other names, and what it is."""
    rows = [(signature(op), ", ".join(op.aliases), op.about) for op in ops]
    head = ("op", "also", "what")
    widths = [max(len(row[i]) for row in (head, *rows)) for i in range(2)]
    lines = (f"{a:<{widths[0]}}  {b:<{widths[1]}}  {c}".rstrip() for a, b, c in (head, *rows))
    return "\n".join(lines)


def render_op(op: Op) -> str:
    """Return all that a user of one op may want to know."""
    lines = [
        signature(op),
        f"  {op.about}" if op.about else "",
        f"  Also called: {', '.join(op.aliases)}" if op.aliases else "",
        f"  Result: {op.result.value}; operands broadcast"
        if op.broadcasts
        else f"  Result: {op.result.value}",
        *(f"  {_describe(attribute)}" for attribute in op.attributes),
        "  Gradient: none passes through" if op.vjp is None else "  Gradient: by its own rule",
        "  Kinks: yes; at one, any value between the slopes is a convention" if op.margin else "",
    ]
    return "\n".join(line for line in lines if line)


def _default(attribute: Attribute) -> str:
    value = attribute.default
    return value if isinstance(value, str) else repr(value)


def _describe(attribute: Attribute) -> str:
    words = f": {', '.join(attribute.words)}" if attribute.words else ""
    default = "required" if attribute.required else f"{_default(attribute)} if not given"
    others = spellings(attribute.name)
    also = f"; also read: {', '.join(others)}" if others else ""
    return f"{attribute.name}: {attribute.kind.value}{words} ({default}){also}"
