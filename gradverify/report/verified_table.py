"""The table of inputs in a report of `verify`: which rows and columns it has, and its words."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Final, final

from gradverify.function.examined import Row
from gradverify.report.rows import MARKS, render_number, render_pair
from gradverify.report.verified_words import (
    NAME,
    index_of,
    listed,
    sentence,
    shortened,
    size_of,
    written,
)
from gradverify.verdict.verdict import GRAVEST, Status

ROWS: Final = 12
WRONG_ROWS: Final = 40
"""Rows of a table: of what is right, and of what is wrong."""


@final
@dataclass(frozen=True, slots=True)
class Column:
    """A column of the table of inputs."""

    title: str
    cell: Callable[[Row], str]
    is_number: bool = False


def by_gravity(rows: Iterable[Row]) -> tuple[Row, ...]:
    """Return the rows with the worst first; NaN is as bad as can be."""
    return tuple(sorted(rows, key=lambda row: (GRAVEST.index(row.status), -size_of(row.error))))


def told_rows(rows: Sequence[Row]) -> Sequence[Row]:
    """Return the first rows: twelve, or all that are wrong up to forty; none if all are right."""
    wrong = sum(row.status in {Status.BROKEN, Status.DISAGREE} for row in rows)
    if all(row.status in {Status.AGREE, Status.UNSUPPORTED} for row in rows):
        return ()
    return rows[: max(ROWS, min(wrong, WRONG_ROWS))]


def untold_rows(rows: Sequence[Row]) -> str:
    """Return how many more rows there are and what they are, nothing if all are shown."""
    told = len(told_rows(rows))
    rest = [row.status for row in rows[told:]] if told else []
    counts = [f"{rest.count(kind)} {MARKS[kind]}" for kind in GRAVEST if kind in rest]
    if not counts:
        return ""
    if len(counts) == 1:
        return f"... and {len(rest)} more, all {MARKS[rest[0]]}"
    return f"... and {len(rest)} more, in report.inputs: {listed(counts)}"


def columns_of(rows: Sequence[Row]) -> list[Column]:
    """Return the columns of a table; those that say nothing, or the same of everybody, are not."""
    parties, formats = {row.party for row in rows}, {row.dtype for row in rows}
    columns = [
        Column("input", lambda row: shortened(written(row.name), NAME)),
        *([Column("party", lambda row: written(row.party))] if len(parties) > 1 else []),
        Column("shape", lambda row: str(tuple(map(int, row.shape)))),
        *([Column("dtype", lambda row: written(row.dtype))] if formats != {"float64"} else []),
        Column("against the truth", lambda row: _number(row, row.error, ".1e"), is_number=True),
        Column("allowed", lambda row: _number(row, row.allowed, ".0e"), is_number=True),
        Column("worst at", lambda row: index_of(row.worst.index) if row.worst else ""),
    ]
    return [column for column in columns if any(map(column.cell, rows))]


def mark_of(row: Row) -> str:
    """Return the verdict on one input in a word."""
    return MARKS[row.status]


def remark_of(row: Row) -> str:
    """Return what stands beside the word: both values of what is wrong, or a reason."""
    if row.status is Status.AGREE:
        return ""
    if row.status is Status.DISAGREE and row.worst is not None:
        return render_pair(row.worst, written(row.party))
    return sentence(row.because)


def _number(row: Row, number: float, spec: str) -> str:
    """Return a number, nothing where there was none to measure."""
    return "" if row.worst is None and not isfinite(number) else render_number(number, spec)
