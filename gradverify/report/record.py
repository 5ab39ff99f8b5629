"""Record: all that is known of a run, whole or broken off, for every kind of report."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, final

from gradverify.baseline.compared import Compared, SpecCompared
from gradverify.events import Event, RunFinished, RunStarted, SpecFinished
from gradverify.verdict.verdict import Severity, SpecResult, Status, Verdict

PASSED: Final = 0
DISAGREED: Final = 1
BROKEN: Final = 2
USAGE: Final = 4
NOTHING_COMPARED: Final = 5
INTERRUPTED: Final = 130
KNOWN: Final = "known"
WORSE: Final = "worse"
"""What a spec comes to against a baseline: what is wrong is known to it; nothing is, but worse."""


@final
@dataclass(frozen=True, slots=True)
class Record:
    """The results so far, what they were made with, and whether a person stopped the run.

    `again` has the command that runs a spec alone, and `compared` how it differs from the baseline,
    by the spec's id; `baseline` is how the run as a whole does. Of a run in shards, `shard` is
    (2, 8) for the second of 8, and `elsewhere` counts the specs of the others. `cached` counts the
    results that are those of an earlier run.
    """

    results: tuple[SpecResult, ...] = ()
    total: int = 0
    seed: int | None = None
    environment: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    seconds: float = 0.0
    interrupted: bool = False
    stopped: bool = False
    again: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    compared: Mapping[str, SpecCompared] = field(default_factory=lambda: MappingProxyType({}))
    baseline: Compared | None = None
    shard: tuple[int, int] | None = None
    elsewhere: int = 0
    cached: int = 0


@final
@dataclass(frozen=True, slots=True)
class Summary:
    """A run in numbers. `unsupported` counts specs by oracle and reason, `notes` also warnings.

    Against a baseline, `regressions` are new or worse, `excused` counts the specs that do not pass
    for reasons that it knows, and `gone` what it has and the run no longer finds. `outcomes` counts
    each spec once: by its status, as `known` where it is excused, and as `worse` where it passes
    and is worse than it was. `unrun` specs were left when the run stopped at a failure.
    """

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
    regressions: int = 0
    excused: int = 0
    gone: int = 0
    elsewhere: int = 0
    cached: int = 0
    unrun: int = 0
    outcomes: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))


@final
class Recorder:
    """Gathers a run's events; each costs the same, however many came before."""

    def __init__(self) -> None:
        self._started: RunStarted | None = None
        self._finished: list[SpecFinished] = []
        self._ended = RunFinished(0.0)

    @property
    def last(self) -> SpecResult | None:
        """The result that came last, where there is one."""
        return self._finished[-1].result if self._finished else None

    def add(self, event: Event) -> None:
        """Take one more event."""
        match event:
            case RunStarted():
                self._started = event
            case SpecFinished():
                self._finished.append(event)
            case RunFinished():
                self._ended = event
            case _:
                pass

    def record(self) -> Record:
        """Return all that is known so far."""
        blank, start, end = Record(), self._started, self._ended
        done = self._finished
        return Record(
            results=tuple(event.result for event in done),
            total=start.total if start else blank.total,
            seed=start.seed if start else blank.seed,
            environment=start.environment if start else blank.environment,
            seconds=end.seconds,
            interrupted=end.interrupted,
            stopped=end.stopped,
            again={event.result.id: event.again for event in done},
            compared={e.result.id: e.compared for e in done if e.compared is not None},
            baseline=end.compared,
            shard=start.shard if start else blank.shard,
            elsewhere=start.elsewhere if start else blank.elsewhere,
        )


def record_of(events: Iterable[Event]) -> Record:
    """Return the record of a whole run."""
    recorder = Recorder()
    for event in events:
        recorder.add(event)
    return recorder.record()


def is_expected(result: SpecResult, verdict: Verdict) -> bool:
    """Return whether a disagreement is one that its spec lists under `findings`."""
    listed = any(
        finding.expected and (finding.party, finding.of) == (verdict.party, verdict.of)
        for finding in result.findings
    )
    return listed or result.status == "passed"


def outcome_of(result: SpecResult, compared: SpecCompared | None) -> str:
    """Return what a spec comes to: its status, or what a baseline makes of it."""
    if compared is not None and compared.excused:
        return KNOWN
    worse = compared is not None and compared.regressions and result.status == "passed"
    return WORSE if worse else result.status


def summarise(record: Record) -> Summary:
    """Count what a record holds."""
    results = record.results
    statuses = Counter(result.status for result in results)
    outcomes = Counter(outcome_of(r, record.compared.get(r.id)) for r in results)
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
        regressions=sum(len(compared.regressions) for compared in record.compared.values()),
        excused=sum(compared.excused for compared in record.compared.values()),
        gone=_gone(record),
        elsewhere=record.elsewhere,
        cached=record.cached,
        unrun=max(0, record.total - len(results)) if record.stopped else 0,
        outcomes=MappingProxyType(outcomes),
    )


def _gone(record: Record) -> int:
    specs = 0 if record.baseline is None else len(record.baseline.gone)
    return specs + sum(len(compared.gone) for compared in record.compared.values())


def exit_code(summary: Summary) -> int:
    """Return how the process ends: what stopped a comparison stands above what it found."""
    if summary.interrupted:
        return INTERRUPTED
    if summary.broken:
        return BROKEN
    if not summary.specs and summary.elsewhere:
        return PASSED  # the other shards have them all
    if not summary.made:
        return NOTHING_COMPARED
    open_ = summary.failed + summary.undecided - summary.excused
    return DISAGREED if open_ or summary.regressions else PASSED
