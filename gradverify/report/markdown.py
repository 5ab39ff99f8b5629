"""The Markdown report: a page for a pull request or a step's summary, the verdict first."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Final

from gradverify.report.differences import (
    Differing,
    commands,
    differing,
    excused,
    gone,
    is_excused,
    render_counts,
    render_environment,
    render_known,
    render_outcomes,
)
from gradverify.report.escape import code, prose
from gradverify.report.markdown_spec import change_rows, render_section
from gradverify.report.record import Record, Summary, exit_code, summarise
from gradverify.report.rows import render_count

ROOM: Final = 2**20
"""Bytes: a step's summary on GitHub takes no more."""
SHOWN: Final = 100
"""Rows of a table, and lines of a list, beyond which they are counted."""
SENTENCE: Final = 200
"""Bytes of the sentence that says what was left out."""
SMALLEST: Final = 200
"""Bytes, of which no section has fewer."""
VERDICTS: Final[Mapping[int, str]] = MappingProxyType(
    {
        0: "✅ all as expected",
        1: "❌ not all is as expected",
        2: "❌ a spec is broken",
        5: "❌ nothing was compared",
        130: "⚠️ interrupted",
    }
)
"""The verdict by exit code."""
CHANGES: Final = ("| spec | what | of | how |", "| --- | --- | --- | --- |")


def render_markdown(record: Record) -> str:
    """Return the report as GitHub's Markdown, short enough for a step's summary."""
    return render_page(record, ROOM)


def render_page(record: Record, room: int) -> str:
    """Return the report in at most so many bytes, nothing where not even its verdict has room.

    What a run comes to stands above what is cut, and how it differs from a baseline comes next.
    """
    summary = summarise(record)
    verdict, numbers = _verdict(record, summary), _numbers(record, summary)
    left = room - _size(verdict) - _size(numbers) - SENTENCE
    if left < 0:
        return ""
    baseline = _baseline(record)
    differences = list(_fitting(baseline, left))
    failing = [r for r in record.results if r.status != "passed" and not is_excused(record, r)]
    sections = (render_section(r, record.again.get(r.id, "")) for r in failing)
    shown = list(_fitting(sections, left - sum(map(_size, differences))))
    cut = _cut(len(baseline) - len(differences), len(failing) - len(shown))
    return "\n\n".join([verdict, *differences, *shown, *cut, numbers]) + "\n"


def _cut(differences: int, specs: int) -> list[str]:
    if not differences and not specs:
        return []
    lost = "some of what differs from the baseline" if differences else ""
    failed = f"{render_count(specs, 'spec')} that did not pass" if specs else ""
    left_out = " and ".join(filter(None, [lost, failed]))
    return [f"*Left out, since the page is full: {left_out}.*"]


def _size(text: str) -> int:
    return len(text.encode()) + 2  # and the blank line


def _fitting(blocks: Iterable[str], room: int) -> Iterator[str]:
    """Yield the blocks that fit; one that is too long leaves its room to those below."""
    for block in blocks:
        if _size(block) <= room:
            room -= _size(block)
            yield block
        if room < SMALLEST:
            return


def _verdict(record: Record, summary: Summary) -> str:
    verdict = VERDICTS[exit_code(summary)]
    shard = "" if record.shard is None else ", shard {} of {}".format(*record.shard)
    counts = f"{render_count(summary.specs, 'spec')}{shard}: {render_outcomes(summary.outcomes)}"
    return f"## gradverify: {verdict}\n\n{counts}."


def _baseline(record: Record) -> list[str]:
    if record.baseline is None:
        return []
    rows = [row for spec in differing(record) for row in _rows(record, spec)]
    return [
        f"### Against the baseline {code(record.baseline.path)}",
        f"{render_counts(record)}. Environment: {prose(render_environment(record.baseline))}.",
        *_table(CHANGES, rows),
        *_details("Known to the baseline", _known(record)),
        *_details("Gone since the baseline", [f"- {prose(text)}" for text in gone(record)]),
        *(f"{name}: {code(command)}" for name, command in commands(record)),
    ]


def _rows(record: Record, spec: Differing) -> list[str]:
    return change_rows(spec.result, spec.regressions, record.again.get(spec.result.id, ""))


def _known(record: Record) -> list[str]:
    return [f"- {prose(render_known(record, result))}" for result in excused(record)]


def _table(head: Sequence[str], rows: Sequence[str]) -> list[str]:
    if not rows:
        return []
    hidden = len(rows) - SHOWN
    more = [f"*and {hidden} more*"] if hidden > 0 else []
    return ["\n".join([*head, *rows[:SHOWN]]), *more]


def _details(title: str, lines: Sequence[str]) -> list[str]:
    if not lines:
        return []
    hidden = len(lines) - SHOWN
    more = [f"- and {hidden} more"] if hidden > 0 else []
    body = "\n".join([*lines[:SHOWN], *more])
    summary = f"<summary>{title}: {len(lines)}</summary>"
    return [f"<details>{summary}\n\n{body}\n\n</details>"]


def _numbers(record: Record, summary: Summary) -> str:
    rows = [
        ("comparisons", f"{summary.made} made of {summary.possible} possible"),
        ("expected findings", f"{summary.expected_findings} found"),
        ("warnings and notes", str(summary.notes)),
        *(
            (f"unsupported: {name}", f"{render_count(count, 'spec')}: {reason}")
            for (name, reason), count in sorted(summary.unsupported.items())
        ),
        ("time", f"{summary.seconds:.1f} s"),
        *((name, version) for name, version in record.environment.items()),
    ]
    lines = [f"| {prose(name)} | {prose(value)} |" for name, value in rows]
    return "\n".join(["### Numbers", "", "| | |", "| --- | --- |", *lines])
