"""A run goes on with tests where there are any, and not where it was ended before."""

from collections.abc import Generator, Iterator
from typing import Any

import pytest

from gradverify.events import Event, RunFinished, RunStarted, SpecFinished, SpecStarted
from gradverify.run import with_tests as module
from gradverify.run.outcome import faulty
from gradverify.run.with_tests import with_tests
from gradverify.verdict.verdict import SpecResult
from tests.support import OPTIONS, spec_of

SPEC = spec_of("inputs: {x: 1.0}\nloss: x * x\n")
RESULT = faulty(SPEC, ["broken"], 0, 0.0)
TESTS = {"tests/test_a.py": (), "tests/test_b.py": ("test_one", "test_two")}


def run(end: RunFinished) -> Iterator[Event]:
    yield RunStarted(1, 0, ("rules",), {})
    yield SpecStarted(SPEC.id, SPEC.title)
    yield SpecFinished(RESULT, "again")
    yield end


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files whose tests are asked for; each has one result."""
    found: list[str] = []

    def tested(path: str, *_: Any) -> Generator[SpecResult, None, None]:
        found.append(path)
        yield RESULT

    monkeypatch.setattr(module, "tested", tested)
    return found


def test_tests_come_after_the_specs_and_before_the_end(asked: list[str]) -> None:
    events = list(with_tests(run(RunFinished(1.0)), TESTS, OPTIONS, None))
    assert asked == [*TESTS]
    kinds = [RunStarted, *[SpecStarted, SpecFinished] * 3, RunFinished]
    assert [type(event) for event in events] == kinds
    start, end = events[0], events[-1]
    assert isinstance(start, RunStarted)
    assert isinstance(end, RunFinished)
    assert start.total == 1 + 1 + 2
    assert end.seconds > 1.0


@pytest.mark.parametrize(
    "end", [RunFinished(1.0, interrupted=True), RunFinished(1.0, stopped=True)]
)
def test_a_run_that_was_ended_does_not_go_on(end: RunFinished, asked: list[str]) -> None:
    assert list(with_tests(run(end), TESTS, OPTIONS, None))[-1] == end
    assert asked == []


def test_an_interrupt_keeps_what_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    def tested(*_: Any) -> Generator[SpecResult, None, None]:
        yield RESULT
        raise KeyboardInterrupt

    monkeypatch.setattr(module, "tested", tested)
    events = list(with_tests(run(RunFinished(1.0)), TESTS, OPTIONS, None))
    assert sum(isinstance(event, SpecFinished) for event in events) == 2
    last = events[-1]
    assert isinstance(last, RunFinished)
    assert last.interrupted
