"""A session with an executor: what it has of ours, what lands, and how it is left."""

import contextlib
import multiprocessing
import threading
import time
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Executor, Future
from contextlib import AbstractContextManager, ExitStack
from queue import Empty, SimpleQueue
from typing import Any, Final, TypeAlias, cast, final

from gradverify.errors import GradverifyError
from gradverify.run.afar import Answer, answer_of, perform_afar
from gradverify.run.executor_errors import raised

Maker: TypeAlias = Callable[[], AbstractContextManager[Executor]]
"""Makes an executor, anew at each call; what its context does at the end comes after shutdown."""
LEAVE: Final = 5.0
"""Seconds that an executor has to shut down where nobody waits for its work."""
REST: Final = 60.0
"""Seconds that it has for this when all work is done."""


@final
class LostError(GradverifyError):
    """An executor lost a task; the reason goes on from "it"."""

    def __init__(self, reason: str, error: BaseException | None = None) -> None:
        super().__init__(reason if error is None else f"{reason} {raised(error)}")


@final
class BrokeError(GradverifyError):
    """An executor takes no more tasks, and nothing more comes of those that it has."""

    def __init__(self, reason: str, error: BaseException | None = None) -> None:
        super().__init__(reason if error is None else f"{reason}: {raised(error)}")


@final
class Session:
    """An open executor, and the positions of the tasks that it has.

    Raises whatever the maker does.
    """

    def __init__(self, maker: Maker) -> None:
        self._before = frozenset(multiprocessing.active_children())
        self._stack = ExitStack()
        self._executor = self._stack.enter_context(maker())
        self._flying: dict[Future[Any], int] = {}
        self._landed: SimpleQueue[Future[Any]] = SimpleQueue()

    def submit(self, position: int, sent: bytes) -> None:
        """Hand over a task.

        Raises:
            BrokeError: if the executor takes none.
            LostError: if what it returns cannot be waited for.
        """
        try:
            future = cast("object", self._executor.submit(perform_afar, position, sent))
        except Exception as error:
            reason = "took no task"
            raise BrokeError(reason, error) from error
        if not isinstance(future, Future):
            reason = f"returned an object of type {type(future).__name__}, and no Future"
            raise LostError(reason)
        flying = cast("Future[Any]", future)
        self._flying[flying] = position
        flying.add_done_callback(self._landed.put)

    def land(self, seconds: float | None) -> tuple[int, Future[Any]] | None:
        """Return the next task that is done, waiting; None if in all this time there was none."""
        end = None if seconds is None else time.monotonic() + seconds
        while True:
            left = None if end is None else max(0.0, end - time.monotonic())
            try:
                future = self._landed.get(timeout=left)
            except Empty:
                return None
            if future in self._flying:  # and not done twice
                return self._flying.pop(future), future

    def running(self) -> frozenset[int]:
        """Return the tasks that say that they run: dask's futures, for one, never do."""
        return frozenset(self._flying[future] for future in [*self._flying] if future.running())

    def close(self, *, hurry: bool) -> None:
        """Leave the executor; in a hurry, what it still runs is cancelled or ended."""
        # It may hang, and then goes with the process.
        leaving = threading.Thread(target=self._leave, kwargs={"hurry": hurry}, daemon=True)
        leaving.start()
        leaving.join(LEAVE if hurry else REST)
        if hurry or leaving.is_alive():
            self._end_children()

    def _leave(self, *, hurry: bool) -> None:
        with contextlib.suppress(Exception):  # nothing that it raises now changes a result
            try:
                self._executor.shutdown(wait=not hurry, cancel_futures=hurry)
                for future in [*self._flying]:
                    _ = future.cancel()
            except TypeError:  # an executor of before Python 3.9: dask's, which cancels by itself
                self._executor.shutdown(wait=not hurry)
        with contextlib.suppress(Exception):
            self._stack.close()

    def _end_children(self) -> None:
        """A process pool cannot be told to end what it runs; Python would wait for it at exit."""
        for child in frozenset(multiprocessing.active_children()) - self._before:
            child.terminate()


def answered(position: int, future: Future[Any]) -> Answer:
    """Return the answer of a task that is done.

    Raises:
        LostError: if there is none.
        BrokeError: if the executor broke, which need not be this task's fault.
        OtherVersionError: if it comes from another version of gradverify.
    """
    if future.cancelled():
        reason = "was cancelled, by somebody or because its scheduler is gone"
        raise LostError(reason)
    error = future.exception()
    if isinstance(error, BrokenExecutor):
        reason = "broke"
        raise BrokeError(reason, error) from error
    if error is not None:
        reason = "raised"
        raise LostError(reason, error) from error
    answer = answer_of(future.result(), position)
    if answer.done is not None and answer.done.result.interrupted:
        reason = "was interrupted"  # there, and not here
        raise LostError(reason)
    return answer
