"""What a process that runs tests tells the one that started it: one line of a file a note."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, TypeAlias, final

from gradverify.run.codec import dumped, loaded
from gradverify.verdict.verdict import SpecResult

NEWLINE: Final = b"\n"
Outcome: TypeAlias = Literal["passed", "failed", "skipped", "xfailed"]


@final
@dataclass(frozen=True, slots=True)
class Asked:
    """The first line, by who started it: which tests are run, by a keyword and a shard."""

    keyword: str
    shard: tuple[int, int] | None
    kind: Literal["asked"] = "asked"


@final
@dataclass(frozen=True, slots=True)
class Collected:
    """The ids of the tests that are to be run, and how many of the marked ones were not asked."""

    ids: tuple[str, ...]
    elsewhere: int = 0
    kind: Literal["collected"] = "collected"


@final
@dataclass(frozen=True, slots=True)
class Uncollected:
    """A file that could not be read, and why."""

    text: str
    kind: Literal["uncollected"] = "uncollected"


@final
@dataclass(frozen=True, slots=True)
class Began:
    """A test begins: its id, the name of it within its file, and the line."""

    id: str
    title: str
    line: int
    kind: Literal["began"] = "began"


@final
@dataclass(frozen=True, slots=True)
class Found:
    """One result of the test of this id."""

    id: str
    result: SpecResult
    kind: Literal["found"] = "found"


@final
@dataclass(frozen=True, slots=True)
class Ended:
    """A test has ended; `text` is the end of its traceback, or why it was skipped.

    `asserted` says that it failed since an assertion of its own, or of gradverify, did.
    """

    id: str
    outcome: Outcome
    text: str
    asserted: bool
    kind: Literal["ended"] = "ended"


Note: TypeAlias = Asked | Collected | Uncollected | Began | Found | Ended


def tell(file: Path, note: Note) -> None:
    """Add a note to a file, by one write: other processes may do the same at the same time."""
    handle = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        _ = os.write(handle, dumped(note) + NEWLINE)
    finally:
        os.close(handle)


def notes(file: Path, start: int = 0) -> Iterator[tuple[Note, int]]:
    """Yield the notes from a position on, each with the position after it.

    A last line that is not ended is left for the next time.
    """
    with file.open("rb") as lines:
        _ = lines.seek(start)
        for line in lines:
            if not line.endswith(NEWLINE):
                return
            start += len(line)
            yield loaded(Note, line), start  # pyright: ignore[reportArgumentType] # a union is no type
