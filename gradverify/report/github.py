"""What a GitHub workflow reads off a run: annotations in its log, and the summary of its step."""

import os
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from gradverify.errors import Mark
from gradverify.report.concerns import CHANGES, Concern, concerns, render_times, worst_first
from gradverify.report.console import render_record
from gradverify.report.escape import command_data, command_property, plain, shortened
from gradverify.report.markdown import ROOM, render_page
from gradverify.report.record import Record
from gradverify.verdict.verdict import Severity

ANNOTATIONS: Final = 10
"""GitHub shows no more of a step."""
TITLE: Final = 200
MESSAGE: Final = 4_000
"""Characters of a title, and of a part of a message: an annotation has few lines."""
SUMMARY: Final = "GITHUB_STEP_SUMMARY"


def render_github(record: Record, environ: Mapping[str, str], *, verbose: bool) -> str:
    """Return annotations, the worst first, and below them the report as text.

    Between the two commands around the text no line of it is one, whatever a title says.
    """
    token = secrets.token_hex(16)
    text = plain(render_record(record, verbose=verbose))
    lines = [*render_annotations(record, environ), f"::stop-commands::{token}"]
    return "\n".join([*lines, f"{text}\n::{token}::\n"])


def render_annotations(record: Record, environ: Mapping[str, str]) -> list[str]:
    """Return at most ten workflow commands; the last counts what there is besides.

    Errors alone are annotated: what the baseline knows, warnings and notes are not.
    """
    new = [c for c in concerns(record) if c.level is Severity.ERROR and c.state != "unchanged"]
    ranked = _one_an_array(worst_first(new))
    if len(ranked) <= ANNOTATIONS:
        return [_annotation(concern, record, environ) for concern in ranked]
    shown = ranked[: ANNOTATIONS - 1]
    left = len(ranked) - len(shown)
    told = "none of them worse, are told in the log and in the summary"
    more = f"::error title=gradverify::{left} more, {told}"
    return [*(_annotation(concern, record, environ) for concern in shown), more]


def _one_an_array(ranked: Iterable[Concern]) -> list[Concern]:
    """Return one concern a cause, the worst's: of a change in several parties, of one line of code.

    What is wrong with an array there may be seen by several specs.
    """
    groups: dict[object, list[Concern]] = {}
    for place, concern in enumerate(ranked):
        groups.setdefault(_cause(concern) or place, []).append(concern)
    return [_together(group) for group in groups.values()]


def _cause(concern: Concern) -> tuple[object, ...]:
    """Return what tells a cause from another, nothing where it is one of its own."""
    about, mark = concern.about, concern.mark
    if concern.code in CHANGES:
        return concern.result.id, concern.code, about.of, about.at, mark
    in_code = mark.file != concern.result.path
    return (concern.code, about.party, about.of, mark.file, mark.line) if in_code else ()


def _together(group: Sequence[Concern]) -> Concern:
    worst, *others = group
    same = _others(worst, others)
    return replace(worst, message=f"{worst.message}\nLikewise: {same}") if same else worst


def _others(worst: Concern, others: Iterable[Concern]) -> str:
    """Return who else has the same cause: parties of the same spec, and titles of other specs."""
    named = (
        other.about.party if other.result.id == worst.result.id else _name(other)
        for other in others
    )
    return ", ".join(dict.fromkeys(filter(None, named)))


def fill_step_summary(record: Record, environ: Mapping[str, str]) -> str:
    """Append the Markdown report to the step's summary; return what kept it from that, or nothing.

    The file is shared with whatever else the step runs, and all of it together has one limit.
    """
    name = environ.get(SUMMARY, "")
    if not name:
        return f"{SUMMARY} is not set, so that there is no summary of the step to fill"
    path = Path(name)
    try:
        taken = path.stat().st_size if path.is_file() else 0
        page = render_page(record, ROOM - taken)
        with path.open("a", encoding="utf-8") as file:
            _ = file.write(page)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        return f"cannot write the summary of the step, {name}: {reason}"
    return "" if page else f"the summary of the step, {name}, is full: nothing was added to it"


def _annotation(concern: Concern, record: Record, environ: Mapping[str, str]) -> str:
    mark = concern.mark
    properties = {
        "file": _from_workspace(mark, environ),
        "line": str(max(1, mark.line)),
        "col": str(max(1, mark.column)),
        "title": _title(concern),
    }
    named = ",".join(f"{key}={command_property(value)}" for key, value in properties.items())
    again = record.again.get(concern.result.id, "")
    return f"::error {named}::{command_data(_message(concern, again))}"


def _title(concern: Concern) -> str:
    times = render_times(concern)
    return shortened(f"{concern.code}{f' ({times})' if times else ''}: {_name(concern)}", TITLE)


def _name(concern: Concern) -> str:
    return concern.result.title or concern.result.id


def _message(concern: Concern, again: str) -> str:
    lines: Sequence[str] = (concern.message, concern.advice, f"Again: {again}" if again else "")
    return "\n".join(shortened(line, MESSAGE) for line in lines if line)


def _from_workspace(mark: Mark, environ: Mapping[str, str]) -> str:
    """GitHub takes paths from the top of the checkout on, wherever in it the step runs."""
    top = environ.get("GITHUB_WORKSPACE", "")
    path = Path(os.path.abspath(mark.file))  # noqa: PTH100 - links are not to be followed
    if top and path.is_relative_to(top):
        return path.relative_to(top).as_posix()
    here = Path.cwd()
    return (path.relative_to(here) if path.is_relative_to(here) else path).as_posix()
