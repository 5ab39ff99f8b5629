"""A report of `verify` as plain text: short where all is right, complete where much is wrong."""

from collections.abc import Sequence
from unicodedata import combining, east_asian_width

from gradverify.function.examined import Examined, Row
from gradverify.report.failure import UNIT
from gradverify.report.verified_findings import Paragraph, errors_of, remarks_of
from gradverify.report.verified_table import (
    Column,
    columns_of,
    mark_of,
    remark_of,
    told_rows,
    untold_rows,
)
from gradverify.report.verified_words import cost, headline, lines_of, noticed, sentence
from gradverify.verdict.verdict import Status


def render_text(examined: Examined, again: str) -> str:
    """Return the whole report: a few lines where everything agrees, blocks where it does not.

    `again` is what shows it again, in one line or several.
    """
    agrees = examined.status is Status.AGREE
    tail = [
        *_remarks(*remarks_of(examined)),
        *_indented(noticed(examined.sensitivity)),
        *_indented(cost(examined.evaluations, examined.seed)),
        *([] if agrees else _again(again)),
    ]
    if agrees:
        return "\n".join([headline(examined), *tail])
    blocks = [[headline(examined)], _table(examined.rows), *_errors(*errors_of(examined)), tail]
    return "\n\n".join("\n".join(block) for block in blocks if block)


def _table(rows: Sequence[Row]) -> list[str]:
    """Return the lines of the table of inputs; numbers stand at the right of their columns."""
    shown = told_rows(rows)
    if not shown:
        return []
    made = [_aligned(column, shown) for column in columns_of(shown)]
    ends = [f"{mark_of(row)}  {remark_of(row)}".rstrip() for row in shown]
    lines = ["    ".join(cells) for cells in zip(*made, ["", *ends], strict=True)]
    table = [f"  {line}".rstrip() for line in lines]
    return [*table, *_indented(untold_rows(rows)), UNIT]


def _aligned(column: Column, rows: Sequence[Row]) -> list[str]:
    cells = [column.title, *map(column.cell, rows)]
    width = max(map(_width, cells))
    gaps = (" " * (width - _width(cell)) for cell in cells)
    pairs = zip(cells, gaps, strict=True)
    return [f"{gap}{cell}" if column.is_number else f"{cell}{gap}" for cell, gap in pairs]


def _width(text: str) -> int:
    # A terminal gives Chinese characters two columns, and accents that follow a letter none.
    return sum(0 if combining(c) else 2 if east_asian_width(c) in "WF" else 1 for c in text)


def _errors(errors: Sequence[Paragraph], more: str) -> list[list[str]]:
    return [*map(_error, errors), _indented(more)]


def _error(item: Paragraph) -> list[str]:
    first, *others = lines_of(item.message) or [""]
    below = [*others, *([item.place] if item.place else []), *lines_of(item.advice)]
    return [f"  {item.title}: {first}", *(f"    {line}" for line in below)]


def _remarks(remarks: Sequence[Paragraph], more: str) -> list[str]:
    """Return a line for each warning and note."""
    shown = [f"  {item.severity}: {item.title}: {sentence(item.message)}" for item in remarks]
    return [*shown, *_indented(more)]


def _indented(line: str) -> list[str]:
    return [f"  {line}"] if line else []


def _again(again: str) -> list[str]:
    lines = lines_of(again)
    if len(lines) <= 1:
        return [f"  Again: {line}" for line in lines]
    return ["  Again:", *(f"    {line}" for line in lines)]
