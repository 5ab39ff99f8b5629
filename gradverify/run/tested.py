"""The marked tests of one Python file: each `verify` in them is one result, like that of a spec."""

import shlex
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, final

from gradverify.run.options import Options
from gradverify.run.pytest_process import PytestProcess
from gradverify.run.telling import (
    Asked,
    Began,
    Collected,
    Ended,
    Found,
    Note,
    Uncollected,
    tell,
)
from gradverify.run.work import test_of
from gradverify.verdict.verdict import Answer, Severity, SpecResult, Status

SEPARATOR: Final = "::"
NOT_INSTALLED: Final = (
    "pytest is not installed, and this is a file of tests; `pip install pytest` installs it"
)
UNMARKED: Final = (
    "none of its tests that were selected has the marker `@pytest.mark.gradverify`; "
    "`gradverify run` runs only those that have it"
)
NOTHING: Final = (
    "nothing was verified: the test calls neither `verify` nor `assert_gradients`; "
    "call one of them, or take the marker `gradverify` from it"
)
NOT_RUN: Final = "it was not run: pytest ended before it, with {end}"
DIED: Final = "the process of the test ended with {end}"
HUNG: Final = "nothing came of it within {seconds:g} s, and it was ended"


@final
@dataclass(frozen=True, slots=True)
class Listed:
    """The ids of the marked tests of a file, or what keeps one from knowing."""

    ids: tuple[str, ...]
    fault: str = ""


def tested(
    path: str, names: Sequence[str], options: Options, timeout: float | None
) -> Generator[SpecResult, None, None]:
    """Yield what the marked tests of a file verify, as each of them ends.

    `path` is as the user wrote it, and ids begin with it; `names` are those of tests in it, such as
    `test_gelu` or `TestGelu::test_wide[64]`, none for all. Where a test ends its process, or is
    silent for `timeout` seconds, it is broken, and the tests after it run in a new process.
    Whoever closes the iterator ends the process.
    """
    if find_spec("pytest") is None:
        yield _broken(Began(path, "", 1), (NOT_INSTALLED,))
        return
    with TemporaryDirectory(prefix="gradverify-") as folder:
        run = _Run(path, tuple(names), options.seed, timeout, Path(folder))
        tell(run.file, Asked(options.keyword, options.shard))
        while run.goes_on:
            yield from run.once()


def listed(path: str, names: Sequence[str], keyword: str) -> Listed:
    """Return the marked tests of a file, which is imported in a process of its own for that."""
    if find_spec("pytest") is None:
        return Listed((), NOT_INSTALLED)
    with TemporaryDirectory(prefix="gradverify-") as folder:
        run = _Run(path, tuple(names), None, None, Path(folder))
        tell(run.file, Asked(keyword, None))
        faults = [result.faults[0] for result in run.collect()]
        return Listed(run.collected or (), "\n".join(faults))


def again_test(name: str, options: Options) -> str:
    """Return the command for a shell that runs the test of a result's id alone."""
    seed = () if options.seed is None else ("--seed", str(options.seed))
    return shlex.join(("gradverify", "run", test_of(name), *options.said, *seed))


@final
@dataclass(slots=True)
class _Run:
    """One file of tests on its way: what was collected, and what has begun."""

    path: str
    names: tuple[str, ...]
    seed: int | None
    timeout: float | None
    folder: Path
    collected: tuple[str, ...] | None = None
    begun: dict[str, Began] = field(default_factory=dict[str, Began])
    results: dict[str, list[SpecResult]] = field(default_factory=dict[str, list[SpecResult]])
    elsewhere: int = 0
    goes_on: bool = True

    @property
    def file(self) -> Path:
        """Where the notes are."""
        return self.folder / "notes.jsonl"

    def once(self) -> Iterator[SpecResult]:
        """Run what was not begun in one process, and yield what comes of it."""
        before = len(self.begun)
        with closing(self._process()) as process:
            yield from self._followed(process)
            yield from self._lost(process)
            left = [name for name in self.collected or () if name not in self.begun]
            self.goes_on = bool(left) and len(self.begun) > before
            yield from () if self.goes_on else self._unrun(process, left)

    def collect(self) -> Iterator[SpecResult]:
        """Find out which tests there are, and yield what keeps one from knowing."""
        with closing(self._process("--collect-only")) as process:
            yield from self._followed(process)

    def _process(self, *more: str) -> PytestProcess:
        seed = () if self.seed is None else (f"--gradverify-seed={self.seed}",)
        nodes = [f"{self.path}{SEPARATOR}{name}" for name in self.names] or [self.path]
        return PytestProcess(nodes, (*seed, *more), self.folder)

    def _followed(self, process: PytestProcess) -> Iterator[SpecResult]:
        """Yield results as they come, and where no test was collected why."""
        told = False
        for note in process.follow(self.timeout):
            for result in self._took(note):
                told = True
                yield result
        if not (told or self.collected or self.elsewhere):
            yield _broken(Began(self.path, "", 1), (_unknown(process),))

    def _took(self, note: Note) -> Iterator[SpecResult]:
        """Keep a note, and yield the results that it completes."""
        match note:
            case Collected():
                self.collected = self.collected or note.ids
                self.elsewhere = note.elsewhere
            case Uncollected():
                yield _broken(Began(self.path, "", 1), (note.text,))
            case Began():
                self.begun[note.id] = note
                self.results[note.id] = []
            case Found():
                self.results[note.id].append(note.result)
            case Ended():
                yield from _concluded(self.begun[note.id], self.results.pop(note.id), note)
            case Asked():
                pass

    def _lost(self, process: PytestProcess) -> Iterator[SpecResult]:
        """Yield the tests that the process took with it, and what they had verified before."""
        hung = HUNG.format(seconds=self.timeout) if process.timed_out else ""
        for name, results in self.results.items():
            died = f"{DIED.format(end=process.end)}\n{process.last_words()}"
            yield from _faulty(self.begun[name], results, hung or died)
        self.results.clear()

    def _unrun(self, process: PytestProcess, left: Sequence[str]) -> Iterator[SpecResult]:
        """Yield tests that pytest did not come to."""
        for name in left:
            fault = f"{NOT_RUN.format(end=process.end)}\n{process.last_words()}"
            yield _broken(Began(name, name.partition(SEPARATOR)[2], 1), (fault,))


def _unknown(process: PytestProcess) -> str:
    """Return why there is no test."""
    if process.found_nothing:
        return UNMARKED
    return f"pytest: {process.end}\n{process.last_words()}"


def _concluded(test: Began, results: Sequence[SpecResult], ended: Ended) -> Iterator[SpecResult]:
    """Yield the results of a test that has ended, with what its own end says of them."""
    wrong = any(result.status != "passed" for result in results)
    if ended.outcome == "skipped" and not results:
        yield _skipped(test, ended.text)
    elif ended.outcome == "xfailed" and results:
        yield from map(_expected, results)
    elif ended.outcome == "failed" and not (wrong and ended.asserted):
        yield from _faulty(test, results, ended.text)
    elif results:
        yield from results
    else:
        yield _broken(test, (NOTHING,))


def _faulty(test: Began, results: Sequence[SpecResult], fault: str) -> Iterator[SpecResult]:
    """Yield results, the last of them with a fault that has nothing to do with its gradients."""
    if not results:
        yield _broken(test, (fault,))
        return
    *others, last = results
    status = "failed" if last.status == "failed" else "broken"
    yield from others
    yield replace(last, status=status, faults=(*last.faults, fault))


def _expected(result: SpecResult) -> SpecResult:
    """Return the result of a test that is expected to fail: so are its findings."""
    findings = (replace(f, expected=f.severity is Severity.ERROR) for f in result.findings)
    return replace(result, status="passed", findings=tuple(findings))


def _skipped(test: Began, reason: str) -> SpecResult:
    """Return a result of which nothing was compared, as of an oracle that is not there."""
    answer = Answer("function", Status.UNSUPPORTED, reason)
    return replace(_broken(test, ()), status="passed", oracles=(answer,), possible=1)


def _broken(test: Began, faults: tuple[str, ...]) -> SpecResult:
    return SpecResult(
        id=test.id, path=test.id.partition(SEPARATOR)[0], line=test.line, title=test.title,
        document=None, status="broken", seconds=0.0, oracles=(), comparisons=(), possible=0,
        findings=(), missing=(), sensitivity={}, faults=faults, seed=0,
    )  # fmt: skip
