"""What pytest does when `gradverify run` has started it: each result of a test is told at once.

The plug-in is registered by the option --gradverify-results alone, and writes to the file that is
named there.
"""

import time
from collections.abc import Generator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, final

import pytest

from gradverify.listening import listening
from gradverify.oracles.written import written_at
from gradverify.run.options import matches
from gradverify.run.telling import (
    Asked,
    Began,
    Collected,
    Ended,
    Found,
    Outcome,
    Uncollected,
    notes,
    tell,
)
from gradverify.run.verified import Subject, mark_of, result_of
from gradverify.run.work import NUMBER, SEPARATOR, is_mine

if TYPE_CHECKING:
    from gradverify.report.verified import Report

LINES: Final = 12
"""Of the end of a traceback that are told."""


def subject_of(item: pytest.Item, here: Path) -> Subject:
    """Return what a test is called in a run that was started in a folder, and where it stands."""
    path = item.path.relative_to(here) if item.path.is_relative_to(here) else item.path
    title = item.nodeid.partition(SEPARATOR)[2]
    written = mark_of(written_at(getattr(item, "function", type(item))))
    line = written.line if written else (item.location[1] or 0) + 1
    return Subject(f"{path.as_posix()}{SEPARATOR}{title}", path.as_posix(), line, title)


def numbered(subject: Subject, count: int) -> Subject:
    """Return the subject of what a test verifies next: the first has the name of the test."""
    if not count:
        return subject
    more = f"{NUMBER}{count + 1}"
    return replace(subject, id=subject.id + more, title=subject.title + more)


@final
@dataclass(slots=True)
class _Test:
    """A test that runs: it listens, and remembers how its phases ended."""

    subject: Subject
    file: Path
    since: float
    count: int = 0
    ended: Ended = field(init=False)

    def __post_init__(self) -> None:
        self.ended = Ended(self.subject.id, "passed", "", asserted=False)

    def hear(self, report: "Report") -> None:
        """Tell of a report."""
        now = time.perf_counter()
        subject = numbered(self.subject, self.count)
        result = result_of(report.examined, subject, now - self.since)
        self.count, self.since = self.count + 1, now
        tell(self.file, Found(self.subject.id, result))

    def settle(self, report: "Report") -> bool:
        """Excuse nothing: whoever started the process compares."""
        del report
        return False

    def end(self, phase: pytest.TestReport, raised: BaseException | None) -> None:
        """Keep how a phase ended, if it is the first that did not pass."""
        if phase.passed or self.ended.outcome != "passed":
            return
        asserted = phase.when == "call" and isinstance(raised, AssertionError)
        self.ended = Ended(self.subject.id, _outcome(phase), _text(phase), asserted)


@final
class Results:
    """The plug-in."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self._test: _Test | None = None
        self._elsewhere = 0

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(
        self, config: pytest.Config, items: list[pytest.Item]
    ) -> None:
        """Leave out what was begun before the process was started anew, and what is not asked."""
        told = [note for note, _ in notes(self.file)]
        begun = {note.id for note in told if isinstance(note, Began)}
        asked = next(note for note in told if isinstance(note, Asked))
        here = config.invocation_params.dir
        ids = [subject_of(item, here).id for item in items]
        self._elsewhere = sum(not _is_asked(asked, name) for name in ids)
        kept = [name not in begun and _is_asked(asked, name) for name in ids]
        config.hook.pytest_deselected(
            items=[item for item, keep in zip(items, kept, strict=True) if not keep]
        )
        items[:] = [item for item, keep in zip(items, kept, strict=True) if keep]

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Tell which tests there are."""
        here = session.config.invocation_params.dir
        ids = tuple(subject_of(item, here).id for item in session.items)
        tell(self.file, Collected(ids, self._elsewhere))

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Tell of a file that cannot be imported."""
        if report.failed:
            tell(self.file, Uncollected(_end(report.longreprtext)))

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, Any, Any]:
        """Listen to a test, and tell when it begins and how it ends."""
        subject = subject_of(item, item.config.invocation_params.dir)
        self._test = _Test(subject, self.file, time.perf_counter())
        tell(self.file, Began(subject.id, subject.title, subject.line))
        with listening(self._test):
            done = yield
        tell(self.file, self._test.ended)
        return done

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_makereport(
        self, call: pytest.CallInfo[Any]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Keep how a phase ended."""
        made = yield
        if self._test is not None:
            self._test.end(made, call.excinfo.value if call.excinfo else None)
        return made


def _is_asked(asked: Asked, name: str) -> bool:
    return matches(asked.keyword, name) and is_mine(asked.shard, name)


def _outcome(phase: pytest.TestReport) -> Outcome:
    if phase.skipped:
        return "xfailed" if hasattr(phase, "wasxfail") else "skipped"
    return "failed"


def _text(phase: pytest.TestReport) -> str:
    """Return why a phase did not pass."""
    if phase.skipped and isinstance(phase.longrepr, tuple):
        return str(phase.longrepr[2])
    return _end(phase.longreprtext)


def _end(text: str) -> str:
    return "\n".join(text.strip().splitlines()[-LINES:])
