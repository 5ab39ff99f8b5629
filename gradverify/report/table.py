"""The kinds of reports that go to files; what renders one is imported when it is asked for."""

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import MappingProxyType
from typing import Final, final

from gradverify.errors import UsageError, did_you_mean
from gradverify.files import CannotWriteError, assert_writable, write_whole
from gradverify.report.record import Record

REPORTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "json": "gradverify.report.json_report:render_json",
        "junit": "gradverify.report.junit:render_junit",
        "sarif": "gradverify.report.sarif:render_sarif",
        "markdown": "gradverify.report.markdown:render_markdown",
    }
)


@final
@dataclass(frozen=True, slots=True)
class Target:
    """A report that is wanted: its kind, and the file it goes to."""

    kind: str
    path: Path


@final
class ReportOptionError(UsageError):
    """A `--report` that is not KIND=PATH with a known kind and a path of its own."""

    def __init__(self, text: str, problem: str, hint: str = "") -> None:
        super().__init__(f"--report {text}: {problem}{'. ' if hint else ''}{hint}")


def parse_targets(texts: Sequence[str]) -> tuple[Target, ...]:
    """Return the reports asked for by `KIND=PATH`, each of which can be written.

    Raises:
        ReportOptionError: for a text that is not such a pair, or a path that is asked for twice.
        CannotWriteError: for a path that cannot be written.
    """
    targets = tuple(map(_parse_target, texts))
    files = [os.path.realpath(target.path) for target in targets]
    for target, text, file in zip(targets, texts, files, strict=True):
        if files.count(file) > 1:
            raise ReportOptionError(text, "two reports cannot go to one file")
        assert_writable(target.path)
    return targets


def assert_apart(targets: Sequence[Target], read: Iterable[Path]) -> None:
    """Find out whether a report would be written over a file that the run reads.

    Raises:
        ReportOptionError: for the first that would.
    """
    files = {Path(os.path.realpath(path)) for path in read}
    for target in targets:
        if Path(os.path.realpath(target.path)) in files:
            text, problem = f"{target.kind}={target.path}", "the run reads this file"
            raise ReportOptionError(text, problem, "Choose another name")


def _parse_target(text: str) -> Target:
    kind, equals, path = text.partition("=")
    *most, last = REPORTS
    kinds = f"{', '.join(most)} and {last}"
    if not equals or not path:
        raise ReportOptionError(text, "not KIND=PATH", f"The kinds are {kinds}")
    if kind not in REPORTS:
        guess = did_you_mean(kind, REPORTS) or f"The kinds are {kinds}."
        raise ReportOptionError(text, f"unknown kind {kind!r}", guess)
    return Target(kind, Path(path))


def renderer(kind: str) -> Callable[[Record], str]:
    """Return the function that turns a record into one kind of report."""
    module, _, name = REPORTS[kind].partition(":")
    return getattr(import_module(module), name)


def write_reports(record: Record, targets: Sequence[Target]) -> None:
    """Write every report that was asked for, whatever becomes of another.

    Raises:
        CannotWriteError: for the first that cannot be written, after the others.
    """
    failures: list[CannotWriteError] = []
    for target in targets:
        try:
            write_whole(target.path, renderer(target.kind)(record))
        except CannotWriteError as error:
            failures.append(error)
    if failures:
        raise failures[0]
