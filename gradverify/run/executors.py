"""Executed: specs run by any `concurrent.futures.Executor`, on this machine or on others."""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, Final, final

from gradverify.errors import GradverifyError
from gradverify.run.afar import Answer, OtherVersionError, StrangeReplyError
from gradverify.run.dispatch import Dispatch, Loss
from gradverify.run.executor_errors import ExecutorGoneError
from gradverify.run.probe import Tell, probed
from gradverify.run.session import BrokeError, LostError, Maker, Session, answered
from gradverify.run.surroundings import Surroundings
from gradverify.run.task import Done, Task

START: Final = 60.0
"""Seconds in which an executor that is made anew must have run something."""


@final
@dataclass(frozen=True, slots=True)
class Chosen:
    """An executor as it was named, how it is made, and what holds for its tasks.

    `timeout` is in seconds; None waits for ever. `tell` is given sentences for the user.
    """

    name: str
    make: Maker
    timeout: float | None
    tell: Tell


@final
class Executed:
    """An engine that is open from the start, so that what is wrong with it is told before the run.

    A task that the executor loses is submitted once more; after that it is broken, with the reason.
    Where the executor itself breaks, or nothing ends for `timeout` seconds, it is made anew, and
    the tasks that it had run one by one until it is known whose fault it was.

    Raises:
        GradverifyError: if the executor cannot be had, or runs nothing, or with other versions.
    """

    def __init__(self, chosen: Chosen) -> None:
        self._chosen = chosen
        self._session = Session(chosen.make)
        try:
            limit = None if chosen.timeout is None else self._start()
            self._surroundings = Surroundings(self._probed(limit), chosen.tell)
        except BaseException:
            self._session.close(hurry=True)
            raise

    @property
    def environment(self) -> Mapping[str, str]:
        """The versions that the executor's workers have: those verify."""
        return self._surroundings.environment

    def perform(self, tasks: Sequence[Task]) -> Iterator[Done]:
        """Yield what came of each task, in the order in which they end."""
        if not tasks:  # closing a generator that nobody has begun would close nothing
            self._session.close(hurry=False)
        return self._performed(Dispatch(tasks)) if tasks else iter(())

    def _performed(self, dispatch: Dispatch) -> Iterator[Done]:
        hurry = True
        try:
            while dispatch.left():
                try:
                    dispatch.fill(self._session)
                    yield from self._landed(dispatch)
                except BrokeError as error:
                    yield from self._mended(dispatch, str(error))
            hurry = False
        finally:
            self._session.close(hurry=hurry)

    def _landed(self, dispatch: Dispatch) -> Iterator[Done]:
        """Yield what the next task that lands comes to; raises BrokeError."""
        yield from dispatch.told()
        if not dispatch.flying:
            return
        landed = self._session.land(self._chosen.timeout)
        if landed is None:
            dispatch.release_waiting(self._session.running())
            reason = f"ended nothing for {self._chosen.timeout:g} s"
            raise BrokeError(reason)
        position, future = landed
        answer = _answer(position, future)
        if isinstance(answer, Answer):
            self._surroundings.note(answer)
        yield from dispatch.settle(position, answer)

    def _mended(self, dispatch: Dispatch, reason: str) -> Iterator[Done]:
        """Make the executor anew; where that cannot be, yield all that is left as broken."""
        yield from dispatch.suspect(reason)
        self._session.close(hurry=True)
        if not dispatch.left():
            return
        try:
            self._session = Session(self._chosen.make)
            _ = self._probed(self._start())
        except GradverifyError as error:
            self._session.close(hurry=True)
            gone = ExecutorGoneError(reason, str(error).removeprefix("Error: "))
            yield from dispatch.give_up(str(gone))

    def _probed(self, limit: float | None) -> Answer:
        return probed(self._session, self._chosen.name, limit, self._chosen.tell)

    def _start(self) -> float:
        return max(START, self._chosen.timeout or 0.0)


def _answer(position: int, future: Future[Any]) -> Answer | Loss | BrokeError:
    try:
        return answered(position, future)
    except (LostError, StrangeReplyError, OtherVersionError, BrokeError) as error:
        return error
