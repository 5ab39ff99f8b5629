"""The console report: pure functions from a record to text, the same for every width."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from gradverify.report.failure import (
    render_failure,
    render_finding,
    render_place,
    render_subject,
)
from gradverify.report.record import Record, Summary, is_expected, summarise
from gradverify.report.rows import MARKS, is_word, render_number
from gradverify.verdict.verdict import Finding, SpecResult, Status, Verdict

DOTS: Final[Mapping[str, str]] = MappingProxyType(
    {"passed": ".", "failed": "F", "undecided": "?", "broken": "E"}
)


def render_record(record: Record, *, verbose: bool) -> str:
    """Return the whole report of a run: progress, whatever did not pass, and the summary."""
    earlier = (None, *record.results)
    steps = zip(earlier, record.results, strict=False)
    progress = (render_progress(before, result, verbose=verbose) for before, result in steps)
    return "".join(progress) + render_rest(record, verbose=verbose)


def render_progress(before: SpecResult | None, result: SpecResult, *, verbose: bool) -> str:
    """Return what one more result adds: a line a spec, or a line a file with a mark a spec."""
    newline = "" if before is None else "\n"
    if verbose:
        return newline + render_spec(result)
    same_file = before is not None and before.path == result.path
    return ("" if same_file else f"{newline}{result.path} ") + DOTS[result.status]


def render_rest(record: Record, *, verbose: bool) -> str:
    """Return what stands below the progress: whatever did not pass, and the summary."""
    failures = (
        render_failure(result, record.again.get(result.id, ""), verbose=verbose)
        for result in record.results
        if result.status != "passed"
    )
    above = "\n\n" if record.results else ""
    return above + "\n\n".join([*failures, render_summary(summarise(record))]) + "\n"


def render_spec(result: SpecResult) -> str:
    """Return a spec's line, and below it each comparison with the reason of its tolerance."""
    count = f"{len(result.comparisons)} of {result.possible} comparisons"
    head = (
        f"{render_place(result)}  {result.status}  {result.title} ({count}, {result.seconds:.2f} s)"
    )
    comparisons = [f"    {_comparison(result, verdict)}" for verdict in result.comparisons]
    return "\n".join([head, *comparisons, *map(_finding, result.findings)])


def _finding(finding: Finding) -> str:
    expected = "expected" if finding.expected else finding.severity.value
    return f"    {expected}: {render_finding(finding).strip()}"


def _comparison(result: SpecResult, verdict: Verdict) -> str:
    error, allowed = render_number(verdict.error, ".1e"), render_number(verdict.allowed, ".0e")
    expected = verdict.status is Status.DISAGREE and is_expected(result, verdict)
    mark = f"{MARKS[verdict.status]}{', as expected' if expected else ''}"
    if is_word(verdict):
        return f"{mark}  {render_subject(verdict)}, {verdict.party}: {verdict.because}"
    return (
        f"{mark}  {render_subject(verdict)}, {verdict.party}: {error} of {allowed} allowed"
        f"{': ' if verdict.because else ''}{verdict.because}"
    )


def render_summary(summary: Summary) -> str:
    """Return a run in numbers: verdicts, comparisons out of those possible, and who stayed away."""
    counts = (
        f"{summary.passed} passed, {summary.failed} failed, "
        f"{summary.undecided} undecided, {summary.broken} broken"
    )
    lines = [
        f"{_plural(summary.specs, 'spec')}: {counts}, in {summary.seconds:.1f} s",
        f"comparisons: {summary.made} made of {summary.possible} possible",
        f"expected findings: {summary.expected_findings} found",
        *([f"warnings and notes: {summary.notes}, which -v shows"] if summary.notes else []),
        *(
            f"unsupported: {name} in {_plural(count, 'spec')}: {reason}"
            for (name, reason), count in sorted(summary.unsupported.items())
        ),
    ]
    return "\n".join([*lines, *_remarks(summary)])


def _remarks(summary: Summary) -> list[str]:
    if summary.interrupted:
        return ["interrupted: the specs that are not listed were not run"]
    if not summary.specs:
        return ["no spec was selected"]
    return [] if summary.made else ["nothing was compared, which is a failure"]


def _plural(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
