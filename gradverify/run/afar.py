"""What runs at an executor's end: one task at a time, and word of where it ran.

Plain tuples, texts and bytes go to and fro: another version of gradverify can read them, too.
"""

import os
import pickle
import platform
import threading
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any, Final, TypeAlias, cast, final

from gradverify.errors import GradverifyError
from gradverify.run.environment import environment
from gradverify.run.executor_errors import raised
from gradverify.run.task import Done, Task, perform

ALONE: Final = threading.Lock()
"""A spec has its process to itself: frameworks' threads, stdout and generators are the process's.

Executors of threads would otherwise run two at once.
"""
Reply: TypeAlias = tuple[int, str, tuple[tuple[str, str], ...], bytes]
"""Position, place, environment, and the pickled Done."""
OURS: Final = "gradverify"
PAIR: Final = 2
"""A name and a version."""
PROBE: Final = -1
"""The position of no task: whoever sends it asks where it would run."""


@final
@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: `done` is None for a probe; `place` is a host and a process."""

    done: Done | None
    place: str
    environment: MappingProxyType[str, str]


@final
class StrangeReplyError(GradverifyError):
    """What an executor returned is not the answer to what was submitted."""

    def __init__(self, got: str, wanted: str) -> None:
        super().__init__(f"returned {got}, where {wanted} was expected")


@final
class OtherVersionError(GradverifyError):
    """The worker's gradverify is not ours: their tasks and results mean different things."""

    def __init__(self, place: str, theirs: str, ours: str) -> None:
        super().__init__(
            f"gradverify is {theirs} at {place}, and {ours} here; both must be the same: "
            f"run `pip install gradverify=={ours}` there"
        )


def packed_task(task: Task) -> bytes:
    """Return a task as bytes, which no executor looks into."""
    return pickle.dumps(task)


def perform_afar(position: int, sent: bytes) -> Reply:
    """Run a task that was sent, alone in this process; nothing is run for a probe."""
    with ALONE:
        done = b"" if position == PROBE else pickle.dumps(perform(pickle.loads(sent)))  # noqa: S301 - of whoever submits it, who may run anything here anyway
    return position, _place(), _versions(), done


def answer_of(reply: object, position: int) -> Answer:
    """Return the answer to what was submitted.

    Raises:
        StrangeReplyError: for anything else, and for another task's.
        OtherVersionError: if it comes from another version of gradverify.
    """
    number, place, names, packed = _opened(reply)
    if number != position:
        raise StrangeReplyError(_numbered(number), _numbered(position))
    found = MappingProxyType(dict(names))
    theirs, ours = found.get(OURS, "unknown"), dict(_versions())[OURS]
    if theirs != ours:
        raise OtherVersionError(place, theirs, ours)
    if position == PROBE:
        return Answer(None, place, found)
    done = _unpickled(packed)
    if not isinstance(done, Done) or done.position != position:
        raise StrangeReplyError(_described(done), "a result")
    return Answer(done, place, found)


def _opened(reply: object) -> Reply:
    match reply:
        case (int(), str(), tuple(), bytes()):
            found = cast("Reply", reply)
        case _:
            raise StrangeReplyError(_described(reply), "a result")
    if not all(isinstance(pair, tuple) and len(pair) == PAIR for pair in found[2]):  # pyright: ignore[reportUnnecessaryIsInstance] # others send what they like
        raise StrangeReplyError(_described(found[2]), "names and versions")
    return found


def _unpickled(packed: bytes) -> object:
    try:
        return pickle.loads(packed)  # noqa: S301 - of workers that were chosen to run all this
    except Exception as error:
        got = f"bytes that cannot be read ({raised(error)})"
        raise StrangeReplyError(got, "a result") from error


def _numbered(position: int) -> str:
    return f"the result of task {position}"


def _described(value: Any) -> str:
    return "None" if value is None else f"an object of type {type(value).__name__}"


@cache
def _versions() -> tuple[tuple[str, str], ...]:
    return tuple(environment().items())


def _place() -> str:
    return f"{platform.node()}:{os.getpid()}"
