"""A worker process as its parent sees it: what it was given, what it says, and its end."""

import codecs
import contextlib
import os
import pickle
import sys
import time
from collections import deque
from collections.abc import Iterator, Mapping
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from typing import Any, Final, final

import psutil

from gradverify.run.child import Ends, Reply, work
from gradverify.run.forkserver import Context
from gradverify.run.held import held
from gradverify.run.task import Task
from gradverify.run.worker_errors import ReplyNotReadError

KEPT: Final = 8192  # characters of what a worker says on stderr
PATIENCE: Final = 5.0  # seconds for a killed process to be gone
QUICK: Final = 0.1  # seconds of a task after which another may follow at once
QUIET: Final = 0.1  # seconds without a word after which a trace is whole
SPOKEN: Final = 1.0  # seconds for which the last words of a process are heard


@final
class Worker:
    """One process. Of the tasks it was given the first is running, from `since` on."""

    def __init__(self, context: Context, variables: Mapping[str, str]) -> None:
        """Start a process; raises OSError or EOFError where none can be started."""
        self.given: deque[Task] = deque()
        self.is_ready = False
        self.is_cut_off = False
        self.is_mute = False
        self.before = ""
        self.quick = False
        self.since = time.monotonic()
        self.said = ""
        self._held = 0
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self.pipes, self.process = _started(context, variables)
        if os.name != "posix":  # there stderr is the parent's own
            self.pipes.errors.close()
        self._seen: psutil.Process | None = None

    def sources(self) -> Iterator[Any]:
        """Yield what is ready when the worker has done, said or suffered something."""
        yield self.process.sentinel
        for pipe in (self.pipes.replies, self.pipes.errors):
            if not pipe.closed:
                yield pipe

    def can_work(self) -> bool:
        """Return whether it has begun, and takes tasks."""
        return self.is_ready and not self.is_cut_off

    def give(self, task: Task, data: bytes) -> bool:
        """Send a task as bytes; False where the worker is no more."""
        try:
            self.pipes.tasks.send_bytes(data)
        except OSError:
            self.is_cut_off = True
            return False
        if not self.given:
            self.since = time.monotonic()
        self.given.append(task)
        return True

    def reply(self) -> Reply | None:
        """Return what comes next, waiting for it; None where nothing comes any more."""
        try:
            return _read(self.pipes.replies.recv_bytes())
        except (EOFError, OSError):
            self.is_mute = True
            return None

    def replies(self) -> Iterator[Reply]:
        """Yield what has come, without waiting for more."""
        while not self.is_mute and self.pipes.replies.poll(0):
            reply = self.reply()
            if reply is not None:
                yield reply

    def took(self, reply: Reply) -> Task | None:
        """Return the task that a reply is of; None for the worker's first word."""
        now = time.monotonic()
        self._held, begun, self.since = reply.held or self._held, self.since, now
        if not self.is_ready:
            self.is_ready = True
            return None
        task, self.said = self.given.popleft(), ""
        self.before, self.quick = task.spec.id, now - begun < QUICK
        return task

    def seconds(self) -> float:
        """Return for how long the first task has been running."""
        return time.monotonic() - self.since

    def grown(self) -> int:
        """Return the bytes that it holds above what it held before the first task; 0 if gone."""
        try:
            self._seen = self._seen or psutil.Process(self.process.pid)
            return held(self._seen) - self._held
        except psutil.Error:
            return 0

    def listen(self) -> None:
        """Pass on what the worker writes to stderr, waiting for it, and keep the end of it."""
        data = os.read(self.pipes.errors.fileno(), 2**16)
        if not data:
            self.pipes.errors.close()
        text = self._decoder.decode(data, final=not data)
        self.said = (self.said + text)[-KEPT:]
        if text and sys.stderr is not None:  # pyright: ignore[reportUnnecessaryComparison] # pythonw has none
            with contextlib.suppress(OSError, ValueError):  # nobody reads it any more
                _ = sys.stderr.write(text)
                _ = sys.stderr.flush()

    def told_where(self) -> str:
        """Return what the worker says of where it is."""
        pid = self.process.pid
        if os.name == "posix" and pid is not None:
            from gradverify.run.posix import WHERE

            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, WHERE)
        return self.trace(QUIET)

    def trace(self, patience: float = 0.0) -> str:
        """Return the trace that a worker has left, or leaves within some seconds."""
        data, traces = b"", self.pipes.traces
        while len(data) < KEPT and wait([traces], patience):
            more = os.read(traces.fileno(), KEPT)
            if not more:
                break
            data += more
        return data.decode(errors="replace")

    def exitcode(self) -> int | None:
        """Return how the process ended, given a moment to do so; None if it lives."""
        self.process.join(QUIET)
        self.hear_out()
        return self.process.exitcode

    def hear_out(self) -> None:
        """Listen as long as there is something to hear."""
        end = time.monotonic() + SPOKEN  # for whoever never stops
        while not self.pipes.errors.closed and self.pipes.errors.poll(0) and time.monotonic() < end:
            self.listen()

    def kill(self) -> None:
        """End the process, and those that it has started for a task, at once."""
        if self.given:
            for process in _descendants(self.process.pid):
                with contextlib.suppress(psutil.Error):
                    process.kill()
        self.process.kill()
        self.process.join(PATIENCE)

    def close(self) -> None:
        """Give back what the parent holds of a process that is dead."""
        ours = self.pipes
        for pipe in (ours.tasks, ours.replies, ours.life, ours.errors, ours.traces):
            pipe.close()
        with contextlib.suppress(ValueError):  # it is still dying
            self.process.close()


def _started(context: Context, variables: Mapping[str, str]) -> tuple[Ends, BaseProcess]:
    with contextlib.ExitStack() as ours, contextlib.ExitStack() as theirs:
        pairs = [context.Pipe(duplex=False) for _ in range(5)]
        for number, (reader, writer) in enumerate(pairs):
            is_read_here = number in {1, 3, 4}
            _ = (ours if is_read_here else theirs).enter_context(reader)
            _ = (theirs if is_read_here else ours).enter_context(writer)
        (tasks, to_tasks), (replies, to_replies), (life, to_life), errors, traces = pairs
        ends = Ends(tasks, to_replies, life, errors[1], traces[1])
        process = context.Process(target=work, args=(ends, variables), name="gradverify-worker")
        process.start()
        _ = ours.pop_all()
        return Ends(to_tasks, replies, to_life, errors[0], traces[0]), process


def _read(data: bytes) -> Reply:
    try:
        return pickle.loads(data)  # noqa: S301 - from our child
    except Exception as error:  # noqa: BLE001 - whatever a class raises that is made anew
        return Reply(None, 0, str(ReplyNotReadError(error)))


def _descendants(pid: int | None) -> list[psutil.Process]:
    try:
        return psutil.Process(pid).children(recursive=True)
    except psutil.Error:
        return []
