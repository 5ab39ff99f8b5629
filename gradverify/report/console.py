"""The console report: pure functions from a record to text, the same for every width."""

from collections.abc import Mapping
from math import isnan
from types import MappingProxyType
from typing import Final

from gradverify.baseline.compared import SpecCompared
from gradverify.report.differences import is_excused, render_differences, render_outcomes
from gradverify.report.failure import render_failure, render_finding, render_place
from gradverify.report.record import (
    KNOWN,
    WORSE,
    Record,
    Summary,
    is_expected,
    outcome_of,
    summarise,
)
from gradverify.report.rows import MARKS, is_word, render_count, render_number
from gradverify.report.subjects import render_subject
from gradverify.verdict.verdict import Finding, SpecResult, Status, Verdict

DOTS: Final[Mapping[str, str]] = MappingProxyType(
    {"passed": ".", "failed": "F", "undecided": "?", "broken": "E", KNOWN: "k", WORSE: "R"}
)


def render_record(record: Record, *, verbose: bool) -> str:
    """Return the whole report of a run: progress, whatever did not pass, and the summary."""
    earlier = (None, *record.results)
    steps = zip(earlier, record.results, strict=False)
    progress = (
        render_progress(before, result, record.compared.get(result.id), verbose=verbose)
        for before, result in steps
    )
    return "".join(progress) + render_rest(record, verbose=verbose)


def render_progress(
    before: SpecResult | None, result: SpecResult, compared: SpecCompared | None, *, verbose: bool
) -> str:
    """Return what one more result adds: a line a spec, or a line a file with a mark a spec."""
    newline = "" if before is None else "\n"
    if verbose:
        return newline + render_spec(result, compared)
    same_file = before is not None and before.path == result.path
    return ("" if same_file else f"{newline}{result.path} ") + DOTS[outcome_of(result, compared)]


def render_rest(record: Record, *, verbose: bool) -> str:
    """Return what stands below the progress: what did not pass, what moved, and the summary."""
    failures = (
        render_failure(result, record.again.get(result.id, ""), verbose=verbose)
        for result in record.results
        if result.status != "passed" and not is_excused(record, result)
    )
    above = "\n\n" if record.results else ""
    differences = filter(None, [render_differences(record, verbose=verbose)])
    blocks = [*failures, *differences, render_summary(summarise(record), record.shard)]
    return above + "\n\n".join(blocks) + "\n"


def render_spec(result: SpecResult, compared: SpecCompared | None = None) -> str:
    """Return a spec's line, and below it each comparison with the reason of its tolerance."""
    count = f"{len(result.comparisons)} of {result.possible} comparisons"
    outcome = outcome_of(result, compared)
    against = "" if outcome == result.status else f" ({outcome})"
    head = (
        f"{render_place(result)}  {result.status}{against}  {result.title} "
        f"({count}, {result.seconds:.2f} s)"
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
    if isnan(verdict.error) and verdict.status is Status.AGREE:  # nothing of it was to be measured
        return f"{mark}  {render_subject(verdict)}, {verdict.party}"
    return (
        f"{mark}  {render_subject(verdict)}, {verdict.party}: {error} of {allowed} allowed"
        f"{': ' if verdict.because else ''}{verdict.because}"
    )


def render_summary(summary: Summary, shard: tuple[int, int] | None = None) -> str:
    """Return a run in numbers: verdicts, comparisons out of those possible, and who stayed away."""
    counts = render_outcomes(summary.outcomes)
    lines = [
        f"{render_count(summary.specs, 'spec')}: {counts}, {_time(summary)}",
        f"comparisons: {summary.made} made of {summary.possible} possible",
        f"expected findings: {summary.expected_findings} found",
        *([f"warnings and notes: {summary.notes}, which -v shows"] if summary.notes else []),
        *(
            f"unsupported: {name} in {render_count(count, 'spec')}: {reason}"
            for (name, reason), count in sorted(summary.unsupported.items())
        ),
    ]
    return "\n".join([*lines, *_of_shard(summary, shard), *_remarks(summary)])


def _time(summary: Summary) -> str:
    known = f", {summary.cached} from the cache" if summary.cached else ""
    return f"in {summary.seconds:.1f} s{known}"


def _of_shard(summary: Summary, shard: tuple[int, int] | None) -> list[str]:
    if shard is None:
        return []
    return [
        f"shard {shard[0]} of {shard[1]}: {render_count(summary.elsewhere, 'spec')} in the others"
    ]


def _remarks(summary: Summary) -> list[str]:
    if summary.interrupted:
        return ["interrupted: the specs that are not listed were not run"]
    if summary.unrun:
        return [f"stopped after the first failure: {render_count(summary.unrun, 'spec')} not run"]
    if not summary.specs:
        return [] if summary.elsewhere else ["no spec was selected"]
    return [] if summary.made else ["nothing was compared, which is a failure"]
