"""The section of one spec in the Markdown report, and the rows of what moved in it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from gradverify.baseline.compared import Regression
from gradverify.errors import Mark
from gradverify.report.differences import by, is_told_in_full
from gradverify.report.escape import code, html_text, prose, shortened
from gradverify.report.failure import (
    arrays_of,
    findings_by_array,
    is_news,
    render_failure,
    render_headline,
)
from gradverify.report.rows import row_cells
from gradverify.verdict.parties import CLAIMING
from gradverify.verdict.verdict import Finding, Severity, SpecResult, Verdict

ARRAYS: Final = 2
"""Arrays that are told in tables; what a spec has besides is folded away, as text."""
LONGEST: Final = 20_000
"""Characters of a text that somebody else wrote, such as a trace."""
HEAD: Final = (
    "| party | against the truth | allowed | worst at | |\n| --- | ---: | ---: | --- | --- |"
)


def render_section(result: SpecResult, again: str) -> str:
    """Return what keeps a spec from passing: who is wrong, by how much, why, and the command."""
    groups = [g for g in arrays_of(result) if any(is_news(result, v) for v in g)]
    told, untold = findings_by_array(result, groups)
    blocks = [
        f"### {code(f'{result.path}:{result.line}')} {prose(result.title)}: {result.status}",
        *(_fault(fault) for fault in result.faults),
        *(_array(result, group, told[_subject(group)]) for group in groups[:ARRAYS]),
        *map(_cause, untold),
        *map(_missing, result.missing),
        *_folded(result, again, len(groups) - ARRAYS),
        f"Again: {code(again)}",
    ]
    return "\n\n".join(filter(None, blocks))


def change_rows(result: SpecResult, items: Sequence[Regression], again: str) -> list[str]:
    """Return the rows of a table, one for each thing of a spec that is new or worse."""
    rows = (_change(result, item) for item in items)
    told = all(is_told_in_full(result, item) for item in items)  # below, and the command with it
    command = f"<br>Again: {code(again)}" if again and not told else ""
    return [f"{row}{command if not k else ''} |" for k, row in enumerate(rows)]


def _change(result: SpecResult, item: Regression) -> str:
    mark = item.mark or Mark(result.path, result.line, 1, "")
    place = code(f"{mark.file}:{mark.line}")
    of = ", ".join(
        filter(None, [code(item.of) if item.of else "", prose(item.at), prose(by(item.party))])
    )
    cells = (f"{place} {prose(result.title)}", item.change, of, prose(item.message))
    return f"| {' | '.join(cells)}"


def _subject(group: Sequence[Verdict]) -> tuple[str, str, str]:
    return group[0].kind, group[0].of, group[0].at


def _fault(fault: str) -> str:
    return f"<pre>{html_text(shortened(fault.rstrip(), LONGEST))}</pre>"


def _array(result: SpecResult, group: Sequence[Verdict], findings: Sequence[Finding]) -> str:
    _, _, headline = render_headline(result, group).partition("  ")
    rows = [f"| {' | '.join(map(prose, (v.party, *row_cells(v))))} |" for v in group]
    table = "\n".join([HEAD, *rows])
    return "\n\n".join([f"{prose(headline)}:", table, *map(_cause, findings)])


def _cause(finding: Finding) -> str:
    whose = f", {_by(finding.party)}" if finding.party else ""
    of = f" of {code(finding.of)}" if finding.of else ""
    place = (
        "" if finding.mark is None else f" at {code(f'{finding.mark.file}:{finding.mark.line}')}"
    )
    severity = "" if finding.severity is Severity.ERROR else f" ({finding.severity})"
    words = prose(f"{finding.message.rstrip('.')}. {finding.advice}")
    return f"**{prose(finding.code)}**{severity}{of}{whose}{place}: {words}"


def _by(party: str) -> str:
    return prose(f"as {party}" if party in CLAIMING else f"by {party}")


def _missing(item: Mapping[str, str]) -> str:
    about = ", ".join(f"{key} {value}" for key, value in item.items() if key != "code" and value)
    detail = f" ({prose(about)})" if about else ""
    return f"The finding {code(item['code'])}{detail} is listed, and nobody made it."


def _folded(result: SpecResult, again: str, hidden: int) -> Iterator[str]:
    if hidden > 0:
        text = shortened(render_failure(result, again, verbose=True), LONGEST)
        summary = f"<summary>and {hidden} more arrays, as text</summary>"
        yield f"<details>{summary}\n\n<pre>{html_text(text)}</pre>\n\n</details>"
