"""Record: all that is known of a run, whole or broken off, for every kind of report."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Final, final

from gradverify.events import Event, RunFinished, RunStarted, SpecFinished
from gradverify.verdict.verdict import Severity, SpecResult, Status, Verdict

PASSED: Final = 0
DISAGREED: Final = 1
BROKEN: Final = 2
USAGE: Final = 4
NOTHING_COMPARED: Final = 5
INTERRUPTED: Final = 130


@final
@dataclass(frozen=True, slots=True)
class Record:
    """The results so far, what they were made with, and whether a person stopped the run.

    `again` has the command that runs a spec alone, by the spec's id.
    """

    results: tuple[SpecResult, ...] = ()
    total: int = 0
    seed: int | None = None
    environment: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    seconds: float = 0.0
    interrupted: bool = False
    stopped: bool = False
    again: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


@final
@dataclass(frozen=True, slots=True)
class Summary:
    """A run in numbers. `unsupported` counts specs by oracle and reason, `notes` also warnings."""

    specs: int
    passed: int
    failed: int
    undecided: int
    broken: int
    made: int
    possible: int
    expected_findings: int
    notes: int
    unsupported: Mapping[tuple[str, str], int]
    seconds: float
    interrupted: bool


def record_with(record: Record, event: Event) -> Record:
    """Return the record after one more event."""
    match event:
        case RunStarted():
            return replace(
                record, total=event.total, seed=event.seed, environment=event.environment
            )
        case SpecFinished():
            again = {**record.again, event.result.id: event.again}
            return replace(record, results=(*record.results, event.result), again=again)
        case RunFinished():
            return replace(
                record,
                seconds=event.seconds,
                interrupted=event.interrupted,
                stopped=event.stopped,
            )
        case _:
            return record


def is_expected(result: SpecResult, verdict: Verdict) -> bool:
    """Return whether a disagreement is one that its spec lists under `findings`."""
    listed = any(
        finding.expected and (finding.party, finding.of) == (verdict.party, verdict.of)
        for finding in result.findings
    )
    return listed or result.status == "passed"


def summarise(record: Record) -> Summary:
    """Count what a record holds."""
    results = record.results
    statuses = Counter(result.status for result in results)
    findings = [finding for result in results for finding in result.findings]
    unsupported = Counter(
        (answer.name, answer.reason)
        for result in results
        for answer in result.oracles
        if answer.status is Status.UNSUPPORTED
    )
    return Summary(
        specs=len(results),
        passed=statuses["passed"],
        failed=statuses["failed"],
        undecided=statuses["undecided"],
        broken=statuses["broken"],
        made=sum(len(result.comparisons) for result in results),
        possible=sum(result.possible for result in results),
        expected_findings=sum(finding.expected for finding in findings),
        notes=sum(f.severity is not Severity.ERROR and not f.expected for f in findings),
        unsupported=MappingProxyType(unsupported),
        seconds=record.seconds,
        interrupted=record.interrupted,
    )


def exit_code(summary: Summary) -> int:
    """Return how the process ends: what stopped a comparison stands above what it found."""
    if summary.interrupted:
        return INTERRUPTED
    if summary.broken:
        return BROKEN
    if not summary.made:
        return NOTHING_COMPARED
    return DISAGREED if summary.failed or summary.undecided else PASSED
