"""The table of ops: every row, by name and by the other names that people type."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from gradverify.ops import (
    activation,
    comparison,
    constant,
    elementwise,
    extremum,
    identity,
    indexing,
    linalg,
    loss,
    norm,
    reduction,
    shape,
)
from gradverify.ops.op import Op


class DuplicateOpError(Exception):
    """Two rows claim one name: a row would silently be lost."""

    def __init__(self, name: str) -> None:
        super().__init__(f"two ops are named {name!r}")


def table(*rows: Op) -> Mapping[str, Op]:
    """Return rows by name; raises DuplicateOpError."""
    found: dict[str, Op] = {}
    for row in rows:
        if row.name in found:
            raise DuplicateOpError(row.name)
        found[row.name] = row
    return MappingProxyType(found)


def aliases(rows: Mapping[str, Op]) -> Mapping[str, str]:
    """Return the name of the op behind each alias; raises DuplicateOpError."""
    found: dict[str, str] = {}
    for row in rows.values():
        for alias in row.aliases:
            if alias in found or alias in rows:
                raise DuplicateOpError(alias)
            found[alias] = row.name
    return MappingProxyType(found)


OPS: Final = table(
    *elementwise.ROWS,
    *comparison.ROWS,
    *extremum.ROWS,
    *reduction.ROWS,
    *norm.ROWS,
    *linalg.ROWS,
    *shape.ROWS,
    *indexing.ROWS,
    *activation.ROWS,
    *loss.ROWS,
    *identity.ROWS,
    *constant.ROWS,
)

ALIASES: Final = aliases(OPS)


def op_named(name: str) -> Op | None:
    """Return the op of that name or alias, None where there is none."""
    return OPS.get(ALIASES.get(name, name))
