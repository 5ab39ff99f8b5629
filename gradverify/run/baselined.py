"""The events of a run, each with how it differs from a baseline."""

import os
import shlex
from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Final, TypeAlias, final

from gradverify.baseline.both import Against
from gradverify.baseline.compare import compared
from gradverify.baseline.compared import Compared
from gradverify.baseline.keep import id_of
from gradverify.baseline.model import Baseline
from gradverify.events import Event, RunFinished, RunStarted, SpecFinished
from gradverify.oracles.table import FRAMEWORKS
from gradverify.run.environment import ABSENT
from gradverify.run.options import matches
from gradverify.run.work import is_mine
from gradverify.verdict.verdict import SpecResult

SEPARATOR: Final = "::"
PYTHON: Final = ".py"
DOCUMENT: Final = "---"
Document: TypeAlias = tuple[int, str]
DIGITS: Final = 12
UNKNOWN: Final = "not recorded"
WITHIN: Final = ("[", " #", SEPARATOR)
"""What follows the name of a test in the ids of its results."""


@final
@dataclass(frozen=True, slots=True)
class Scope:
    """Which specs a run was to find: those of `paths`, as they were given, and no others.

    `oracles` None means all; `is_partial` says that specs were left out by what is not known of
    their ids, as with `--lf`. `given` are the words that an update needs to do the same: file,
    paths and options, as far as the project's configuration does not say them.
    """

    paths: tuple[str, ...]
    keyword: str = ""
    oracles: tuple[str, ...] | None = None
    shard: tuple[int, int] | None = None
    is_partial: bool = False
    given: tuple[str, ...] = ()

    def has(self, spec_id: str) -> bool:
        """Return whether a spec of this id would have been found, if it were there."""
        if self.is_partial or not matches(self.keyword, spec_id):
            return False
        return is_mine(self.shard, spec_id) and any(_names(p, spec_id) for p in self.paths)


@final
@dataclass(frozen=True, slots=True)
class Found:
    """What a run has come to: ids of results, files that could not be read, digests by file."""

    ids: set[str] = field(default_factory=set[str])
    unread: set[str] = field(default_factory=set[str])
    texts: dict[str, list[Document]] = field(default_factory=dict[str, list[Document]])

    def add(self, result: SpecResult) -> None:
        """Take note of a result."""
        name = id_of(result.id)
        (self.ids if SEPARATOR in name else self.unread).add(name)

    def digest(self, result: SpecResult) -> str:
        """Return what tells the text of a spec from another; nothing for a test in Python.

        That is written in code, and code is what a baseline is to notice.
        """
        if result.path.endswith(PYTHON):
            return ""
        documents = self.texts.get(result.path)
        if documents is None:
            documents = self.texts[result.path] = _documents(result.path)
        text = documents[max(bisect_right(documents, result.line, key=_first) - 1, 0)][1]
        return sha256(text.encode(errors="surrogateescape")).hexdigest()[:DIGITS] if text else ""

    def gone(self, baseline: Baseline, scope: Scope) -> tuple[str, ...]:
        """Return the specs of a baseline that a whole run was to find, and did not."""
        gone = (name for name in baseline.specs if name not in self.ids)
        read = (name for name in gone if name.partition(SEPARATOR)[0] not in self.unread)
        return tuple(sorted(name for name in read if scope.has(name)))


def with_baseline(
    events: Iterable[Event], baseline: Baseline, path: Path, scope: Scope, today: date
) -> Iterator[Event]:
    """Yield the events of a run, each result and the end with how it differs from a baseline.

    A run that was stopped says nothing about specs that are gone.
    """
    found = Found()
    against = Against(today, scope.oracles)
    environment: tuple[tuple[str, str, str], ...] = ()
    for event in events:
        match event:
            case RunStarted():
                environment = changes(baseline.environment, event.environment, scope.oracles)
                yield event
            case SpecFinished():
                found.add(event.result)
                digested = replace(against, digest=found.digest(event.result))
                before = baseline.specs.get(id_of(event.result.id))
                yield replace(event, compared=compared(event.result, before, digested))
            case RunFinished():
                stopped = event.interrupted or event.stopped
                gone = () if stopped else found.gone(baseline, scope)
                commands = {what: command(what, scope) for what in ("prune", "update")}
                end = Compared(str(path), environment, gone, **commands)
                yield replace(event, compared=end)
            case _:
                yield event


def changes(
    before: Mapping[str, str], now: Mapping[str, str], asked: Collection[str] | None = None
) -> tuple[tuple[str, str, str], ...]:
    """Return what the environments of two runs differ in: name, old and new version.

    `asked` are the oracles that take part, None for all: that another is installed on one of two
    machines alone is nothing to tell.
    """
    names = sorted({*before, *now} if before else ())
    pairs = ((name, before.get(name, UNKNOWN), now.get(name, UNKNOWN)) for name in names)
    idle = set[str]() if asked is None else FRAMEWORKS.difference(asked)
    return tuple(
        (name, old, new)
        for name, old, new in pairs
        if old != new and not (name in idle and ABSENT in {old, new})
    )


def command(what: str, scope: Scope) -> str:
    """Return the command that updates or prunes a baseline as far as a run goes."""
    return shlex.join(("gradverify", "baseline", what, *scope.given))


def _names(given: str, spec_id: str) -> bool:
    """Whether a path, or the id of a spec or a test, names a spec."""
    path, separator, title = given.partition(SEPARATOR)
    if separator and not os.path.lexists(given):
        name = id_of(f"{Path(path).as_posix()}{SEPARATOR}{title}")
        is_test = path.endswith(PYTHON) and spec_id.startswith(tuple(name + w for w in WITHIN))
        return is_test or spec_id == name
    file = spec_id.partition(SEPARATOR)[0]
    folder = id_of(Path(os.path.normpath(given)).as_posix())
    here = folder in {".", Path.cwd().as_posix()} and not Path(file).is_absolute()
    return here or file == folder or file.startswith(f"{folder}/")


def _documents(path: str) -> list[Document]:
    """Return the documents of a file, which `---` is between, each with its first line."""
    try:
        lines = Path(path).read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError):
        lines = []
    breaks = [k for k, line in enumerate(lines) if line.startswith(DOCUMENT)]
    spans = zip([0, *(k + 1 for k in breaks)], [*breaks, len(lines)], strict=True)
    return [(start + 1, "\n".join(lines[start:end])) for start, end in spans]


def _first(document: Document) -> int:
    return document[0]
