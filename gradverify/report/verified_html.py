"""A report of `verify` for a notebook: one fragment of HTML, in the reader's own colours."""

import re
from collections.abc import Mapping, Sequence
from html import escape
from types import MappingProxyType
from typing import Final

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
from gradverify.verdict.verdict import Severity, Status

# Mid-tones, which can be read on white and on black; text is in the notebook's own colour.
COLORS: Final[Mapping[Status, str]] = MappingProxyType(
    {
        Status.AGREE: "#2a9d5c",
        Status.DISAGREE: "#e0483e",
        Status.UNDECIDED: "#c98a0c",
        Status.BROKEN: "#e0483e",
        Status.UNSUPPORTED: "#8a8f98",
    }
)
SEVERITIES: Final[Mapping[Severity, str]] = MappingProxyType(
    {
        Severity.ERROR: COLORS[Status.DISAGREE],
        Severity.WARNING: COLORS[Status.UNDECIDED],
        Severity.NOTE: COLORS[Status.UNSUPPORTED],
    }
)
RULE: Final = "1px solid rgba(128, 128, 128, 0.35)"
EDGE: Final = "border-left: 3px solid {color}; padding: 0.2em 0 0.2em 0.9em; margin: 0.5em 0"
PLAIN: Final = "background: transparent; color: inherit"
LAST: Final = f"padding: 0.2em 0; min-width: 16em; text-align: left; {PLAIN}"
TABLE: Final = f"font-size: inherit; border-collapse: collapse; {PLAIN}"
CELL: Final = f"padding: 0.2em 1em 0.2em 0; white-space: nowrap; {PLAIN}"
FAINT: Final = "opacity: 0.75; font-size: 90%"
CODE: Final = re.compile(r"`([^`]+)`")


def render_html(examined: Examined, again: str) -> str:
    """Return the report as a fragment that needs nothing else: no script, no style sheet, no link.

    `again` is what shows it again, in one line or several. All text is escaped.
    """
    agrees = examined.status is Status.AGREE
    parts = [
        _paragraph(f"<strong>{_prose(headline(examined))}</strong>", COLORS[examined.status]),
        "" if agrees else _table(examined.rows),
        *_findings(examined),
        _faint(noticed(examined.sensitivity)),
        _faint(cost(examined.evaluations, examined.seed)),
        "" if agrees else _again(again),
    ]
    inner = "\n".join(filter(None, parts))
    edge = EDGE.format(color=COLORS[examined.status])
    return f'<div style="{edge}">\n{inner}\n</div>'


def _paragraph(inner: str, color: str = "inherit") -> str:
    return f'<p style="margin: 0.2em 0; color: {color}">{inner}</p>'


def _prose(text: str) -> str:
    """Return text escaped, with what stands between backticks as code."""
    return CODE.sub(rf'<code style="{PLAIN}">\1</code>', escape(text))


def _faint(line: str) -> str:
    return f'<p style="margin: 0.2em 0; {FAINT}">{_prose(line)}</p>' if line else ""


def _table(rows: Sequence[Row]) -> str:
    shown = told_rows(rows)
    if not shown:
        return ""
    columns = columns_of(shown)
    head = "".join(_cell("th", escape(c.title), c) for c in columns)
    body = "\n".join(_row(row, columns) for row in shown)
    return (
        f'<div style="overflow-x: auto"><table style="{TABLE}">\n'
        f"<thead><tr>{head}<th></th></tr></thead>\n<tbody>\n{body}\n</tbody>\n</table></div>\n"
        f"{_faint(untold_rows(rows))}{_faint(UNIT.strip())}"
    )


def _row(row: Row, columns: Sequence[Column]) -> str:
    cells = "".join(_cell("td", escape(column.cell(row)), column) for column in columns)
    mark = f'<strong style="color: {COLORS[row.status]}">{mark_of(row)}</strong>'
    end = f'<td style="{LAST}">{mark}&ensp;{_prose(remark_of(row))}</td>'
    return f'<tr style="border-top: {RULE}; {PLAIN}">{cells}{end}</tr>'


def _cell(tag: str, inner: str, column: Column) -> str:
    side = "right" if column.is_number else "left"
    return f'<{tag} style="{CELL}; text-align: {side}">{inner}</{tag}>'


def _findings(examined: Examined) -> list[str]:
    errors, more_errors = errors_of(examined)
    remarks, more_remarks = remarks_of(examined)
    return [
        *map(_error, errors),
        _faint(more_errors),
        *map(_remark, remarks),
        _faint(more_remarks),
    ]


def _error(item: Paragraph) -> str:
    lines = [*lines_of(item.message), item.place, *lines_of(item.advice)]
    below = "<br>".join(_prose(line) for line in lines if line)
    edge = EDGE.format(color=SEVERITIES[item.severity])
    return f'<div style="{edge}"><strong>{_prose(item.title)}</strong><br>{below}</div>'


def _remark(item: Paragraph) -> str:
    kind = f'<strong style="color: {SEVERITIES[item.severity]}">{item.severity}</strong>'
    return _paragraph(f"{kind}: {_prose(item.title)}: {_prose(sentence(item.message))}")


def _again(again: str) -> str:
    code = escape("\n".join(lines_of(again)))
    style = f"margin: 0.3em 0; padding: 0.5em; border: {RULE}; overflow-x: auto; {PLAIN}"
    return f'{_faint("Again:")}<pre style="{style}">{code}</pre>' if code else ""
