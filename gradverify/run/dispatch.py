"""Dispatch: which tasks of a run an executor has, which wait, and which were lost before."""

from collections import deque
from collections.abc import Iterator, Sequence
from typing import Final, TypeAlias, final

from gradverify.run.afar import Answer, OtherVersionError, StrangeReplyError, packed_task
from gradverify.run.executor_errors import TaskLostError
from gradverify.run.outcome import faulty
from gradverify.run.session import BrokeError, LostError, Session
from gradverify.run.task import Done, Task

IN_FLIGHT: Final = 256
"""Tasks that an executor has at once: enough for the workers of a cluster, little to keep."""
TIMES: Final = 2
"""How often a task is submitted that is lost through no fault of others."""
Loss: TypeAlias = LostError | StrangeReplyError | OtherVersionError


@final
class Dispatch:
    """The tasks of a run: those that wait, those in flight, and why some were lost before.

    Suspects were lost, or in flight when an executor broke; each of them runs alone.
    """

    def __init__(self, tasks: Sequence[Task]) -> None:
        self._waiting = deque(tasks)
        self._suspects: deque[Task] = deque()
        self._losses: dict[int, list[str]] = {}
        self._early: list[Done] = []
        self.flying: dict[int, Task] = {}

    def left(self) -> bool:
        """Return whether anything is still to be told."""
        return bool(self._waiting or self._suspects or self.flying or self._early)

    def fill(self, session: Session) -> None:
        """Submit as many tasks as may be in flight; raises BrokeError."""
        limit = 1 if self._suspects else IN_FLIGHT
        while len(self.flying) < limit and (self._suspects or self._waiting):
            task = (self._suspects or self._waiting).popleft()
            self.flying[task.position] = task
            try:
                session.submit(task.position, packed_task(task))
            except LostError as error:
                del self.flying[task.position]
                self._early.extend(self._lost(task, str(error)))
            if self._suspects or limit == 1:
                return

    def settle(self, position: int, answer: Answer | Loss | BrokeError) -> Iterator[Done]:
        """Yield the result of a task that has one; raises BrokeError for the executor's."""
        if isinstance(answer, BrokeError):
            raise answer
        task = self.flying.pop(position)
        if not isinstance(answer, Answer):
            yield from self._lost(task, str(answer))
        elif answer.done is not None:
            yield answer.done

    def told(self) -> Iterator[Done]:
        """Yield what was lost as it was submitted."""
        while self._early:
            yield self._early.pop()

    def release_waiting(self, running: frozenset[int]) -> None:
        """Take back the tasks that did not run, where that is known: they are above suspicion."""
        if running:
            innocent = [task for position, task in self.flying.items() if position not in running]
            self._waiting.extendleft(reversed(innocent))
            self.flying = {k: task for k, task in self.flying.items() if k in running}

    def suspect(self, reason: str) -> Iterator[Done]:
        """Suspect all in flight; one that was alone there has had its trial."""
        flown = [*self.flying.values()]
        self.flying = {}
        if len(flown) == 1:
            yield from self._lost(flown[0], f"was alone there when that {reason}")
        else:
            self._suspects.extend(flown)

    def give_up(self, reason: str) -> Iterator[Done]:
        """Yield all that is left as broken."""
        for task in (*self._suspects, *self._waiting):
            yield _broken(task, reason)
        self._suspects.clear()
        self._waiting.clear()

    def _lost(self, task: Task, reason: str) -> Iterator[Done]:
        """Let a task run once more, alone, or yield it as broken if it was lost before."""
        losses = self._losses.setdefault(task.position, [])
        losses.append(reason)
        if len(losses) < TIMES:
            self._suspects.append(task)  # dask blames all that a worker had when it died
        else:
            yield _broken(task, str(TaskLostError(losses)))


def _broken(task: Task, reason: str) -> Done:
    result = faulty(task.spec, [reason], task.options.seed_of(task.spec), 0.0)
    return Done(task.position, result)
