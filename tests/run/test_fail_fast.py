"""`-x` ends a run after the first failure, as the baseline counts failures, and ends the engine."""

from collections.abc import Generator, Iterable, Iterator
from dataclasses import replace
from typing import Final

from gradverify.baseline.compared import Change, Compared, Regression, SpecCompared
from gradverify.events import Event, RunFinished, RunStarted, SpecFinished
from gradverify.run.fail_fast import until_failure
from tests.support import result_of

PASSED: Final = result_of("inputs: {x: [1.]}\nloss: sum(x)")
FAILED: Final = replace(PASSED, status="failed")
WORSE: Final = SpecCompared(regressions=(Regression(Change.MOVED, "torch", "x", "", "", 2.0),))


class Run:
    """Events of a run, which knows how far it was asked, and whether it was closed."""

    def __init__(self, *statuses: str) -> None:
        self.statuses = statuses
        self.begun = 0
        self.closed = False

    def events(self) -> Generator[Event]:
        try:
            yield RunStarted(len(self.statuses), None, (), {})
            for status in self.statuses:
                self.begun += 1
                yield SpecFinished(replace(PASSED, status=status))
            yield RunFinished(1.0)
        finally:
            self.closed = True


def plain(events: Iterable[Event]) -> Iterable[Event]:
    return events


def ending(events: Iterator[Event]) -> tuple[list[str], RunFinished]:
    told = list(events)
    end = told[-1]
    assert isinstance(end, RunFinished)
    return [event.result.status for event in told if isinstance(event, SpecFinished)], end


def test_nothing_runs_after_the_first_failure() -> None:
    run = Run("passed", "failed", "passed", "failed")
    statuses, end = ending(until_failure(run.events(), plain))
    assert statuses == ["passed", "failed"]
    assert (end.stopped, end.interrupted) == (True, False)
    assert run.begun == 2
    assert run.closed


def test_a_run_without_a_failure_ends_as_it_does() -> None:
    statuses, end = ending(until_failure(Run("passed", "passed").events(), plain))
    assert statuses == ["passed", "passed"]
    assert end == RunFinished(1.0)


def test_a_baseline_decides_what_a_failure_is_and_hears_of_the_end() -> None:
    def hold(events: Iterable[Event]) -> Iterator[Event]:
        for event in events:
            if isinstance(event, SpecFinished):
                known = event.result.status == "failed"
                compared = SpecCompared(excused=True) if known else WORSE
                yield replace(event, compared=compared)
            elif isinstance(event, RunFinished):
                yield replace(event, compared=Compared("baseline.jsonl"))
            else:
                yield event

    statuses, end = ending(until_failure(Run("failed", "passed", "passed").events(), hold))
    assert statuses == ["failed", "passed"]
    assert end.stopped
    assert end.compared == Compared("baseline.jsonl")
