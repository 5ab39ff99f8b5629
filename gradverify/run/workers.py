"""Workers: specs run in processes of their own, of which each may die, hang or eat memory."""

import atexit
import pickle
import time
from collections import deque
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import wait
from typing import Final, final

from gradverify.errors import GradverifyError
from gradverify.run.child import Reply
from gradverify.run.forkserver import context_of, one_thread
from gradverify.run.outcome import faulty
from gradverify.run.task import Done, Task
from gradverify.run.worker import Worker
from gradverify.run.worker_errors import (
    Last,
    NoWorkerError,
    TaskNotSentError,
    TimedOutError,
    TooMuchMemoryError,
    WorkerDiedError,
    end_of,
)

LOOK: Final = 0.05
"""Seconds between two looks at time and memory: a process can fill some 5 GB a second."""
SMALL: Final = 8192
"""Bytes of a task that fit into a pipe beside another one, so that nobody waits for a reader."""
TRIALS: Final = 3
"""Workers in a row that may end before they have run anything."""
START: Final = 120.0
"""Seconds in which a worker must have begun."""


@final
@dataclass(frozen=True, slots=True)
class Workers:
    """Runs tasks in `count` processes, with frameworks imported before.

    A task may take `timeout` seconds, None for as many as it needs, and its process may hold
    `max_bytes` more than before. A task whose process is lost is broken, and the others go on.
    """

    count: int
    timeout: float | None
    max_bytes: int
    frameworks: tuple[str, ...]

    def perform(self, tasks: Sequence[Task]) -> Iterator[Done]:
        """Yield what came of each task, in the order in which they end."""
        return _Crew(self, tasks).dones()


@final
class _Crew:
    """The workers of one run, and the tasks that nobody has yet."""

    def __init__(self, asked: Workers, tasks: Sequence[Task]) -> None:
        self._asked = asked
        self._tasks = tasks
        self._next = 0
        self._returned: deque[Task] = deque()
        self._workers: list[Worker] = []
        self._arrived: deque[Done] = deque()
        self._open = len(tasks)
        self._fruitless = 0
        self._why = ("", Last())
        self._looked = 0.0

    def dones(self) -> Iterator[Done]:
        """Yield what comes of the tasks; where Ctrl-C is pressed what has come is not lost."""
        _ = atexit.register(self._end)  # before multiprocessing waits for those that are left
        try:
            while self._open:
                self._staff()
                self._round()
                yield from self._taken()
        except KeyboardInterrupt:
            self._end()
            yield from self._taken()
            raise
        finally:
            self._end()
            atexit.unregister(self._end)

    def _taken(self) -> Iterator[Done]:
        while self._arrived:
            yield self._arrived.popleft()

    # ---- who works ----

    def _staff(self) -> None:
        """Start as many workers as there is work for; where none can be, the work is broken."""
        wanted = min(self._asked.count, self._open)
        while len(self._workers) < wanted and self._fruitless < TRIALS:
            try:
                context = context_of(self._asked.frameworks)
                self._workers.append(Worker(context, one_thread()))
            except EOFError:
                self._idle_death("was not started: the process that forks them ended", "")
            except (OSError, AssertionError) as error:  # of a daemon, which may have no children
                self._idle_death(f"was not started: {error}", "")
        while not self._workers and (task := self._take()) is not None:
            self._broken(task, NoWorkerError(self._fruitless, *self._why), 0.0)

    def _idle_death(self, how: str, said: str) -> None:
        self._fruitless += 1
        self._why = (how, Last(said))

    def _end(self) -> None:
        """End all processes; what they had sent before counts."""
        for worker in self._workers:
            worker.kill()
        while self._workers:
            worker = self._workers.pop()
            for reply in worker.replies():
                self._take_in(worker, reply)
            worker.hear_out()
            worker.close()

    # ---- what happens ----

    def _round(self) -> None:
        """Wait until something happens, and see to it; nobody is left without work."""
        for worker in self._workers:
            self._feed(worker)  # also with what another has left
        of = {source: worker for worker in self._workers for source in worker.sources()}
        ready = {*wait([*of], LOOK)}
        for worker in {id(of[source]): of[source] for source in ready}.values():
            self._attend(worker, ready)
        if time.monotonic() - self._looked > LOOK:
            self._looked = time.monotonic()
            for worker in [*self._workers]:
                self._look_at(worker)

    def _attend(self, worker: Worker, ready: Collection[object]) -> None:
        pipes = worker.pipes
        if pipes.errors in ready:
            worker.listen()
        if pipes.replies in ready and (reply := worker.reply()) is not None:
            self._take_in(worker, reply)
            self._feed(worker)
        if worker.is_mute or worker.process.sentinel in ready:
            self._bury(worker)

    def _take_in(self, worker: Worker, reply: Reply) -> None:
        seconds = worker.seconds()
        task = worker.took(reply)
        if task is None:
            return
        self._fruitless = 0
        if reply.done is None:
            self._broken(task, reply.fault, seconds)
        else:
            self._arrived.append(reply.done)
            self._open -= 1

    def _bury(self, worker: Worker) -> None:
        """Say why a worker is no more, and take back what it had not begun."""
        exitcode = worker.exitcode()
        for reply in worker.replies():  # sent just before
            self._take_in(worker, reply)
        if worker.given:
            last = Last(worker.said, worker.trace())
            error = WorkerDiedError(exitcode, worker.seconds(), worker.before, last)
            self._lose(worker, error)
            return
        self._idle_death(end_of(exitcode), worker.said)
        self._dismiss(worker)

    def _look_at(self, worker: Worker) -> None:
        """End a worker that exceeds a limit, unless it has just said that it is done."""
        seconds, limit = worker.seconds(), self._asked.timeout
        if worker.pipes.replies.poll(0):
            return
        if worker.is_cut_off:
            self._bury(worker)
        elif not worker.is_ready:
            if seconds > START:
                self._idle_death(f"had not begun after {START:g} s", worker.said)
                self._dismiss(worker)
        elif worker.given and limit is not None and seconds > limit:
            last = Last(worker.said, worker.told_where())
            self._lose(worker, TimedOutError(limit, last))
        elif worker.given and (grown := worker.grown()) > self._asked.max_bytes:
            self._lose(worker, TooMuchMemoryError(grown, self._asked.max_bytes, seconds))

    def _lose(self, worker: Worker, error: GradverifyError) -> None:
        """Give a worker up, and with it the task that it was running."""
        seconds = worker.seconds()
        task = worker.given[0]
        self._dismiss(worker, begun=1)
        self._broken(task, error, seconds)

    def _dismiss(self, worker: Worker, begun: int = 0) -> None:
        self._workers.remove(worker)
        worker.kill()
        worker.close()
        self._returned.extendleft(reversed([*worker.given][begun:]))

    # ---- who is given what ----

    def _feed(self, worker: Worker) -> None:
        """Give a worker a task, and one in advance where both are over soon."""
        while worker.can_work() and len(worker.given) < (2 if self._has_plenty(worker) else 1):
            task = self._take()
            if task is None or not self._give(worker, task):
                return

    def _has_plenty(self, worker: Worker) -> bool:
        # a task in advance cannot be taken back: near the end another worker might be free for it
        return worker.quick and self._open > 4 * self._asked.count

    def _give(self, worker: Worker, task: Task) -> bool:
        try:
            data = pickle.dumps(task)
        except Exception as error:  # noqa: BLE001 - whatever a class raises that is pickled
            self._broken(task, TaskNotSentError(error), 0.0)
            return True
        if (worker.given and len(data) > SMALL) or not worker.give(task, data):
            self._returned.appendleft(task)
            return False
        return True

    def _take(self) -> Task | None:
        if self._returned:
            return self._returned.popleft()
        if self._next == len(self._tasks):
            return None
        self._next += 1
        return self._tasks[self._next - 1]

    def _broken(self, task: Task, fault: GradverifyError | str, seconds: float) -> None:
        seed = task.options.seed_of(task.spec)
        result = faulty(task.spec, [f"{task.spec.mark()}: {fault}"], seed, seconds)
        self._arrived.append(Done(task.position, result))
        self._open -= 1
