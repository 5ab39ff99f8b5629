"""The first thing that an executor is asked: where, and with what versions, it runs tasks."""

import time
from collections.abc import Callable, Iterator
from typing import Final, TypeAlias

from gradverify.run.afar import PROBE, Answer, StrangeReplyError
from gradverify.run.environment import environment
from gradverify.run.executor_errors import SilentExecutorError, WorkerLacksUsError
from gradverify.run.session import BrokeError, LostError, Session, answered

Tell: TypeAlias = Callable[[str], None]
QUIET: Final = 10.0
"""Seconds after which somebody who waits is told for what."""
TRIALS: Final = 2


def probed(session: Session, name: str, limit: float | None, tell: Tell) -> Answer:
    """Return the answer of one worker, waiting `limit` seconds for it, None for ever.

    Raises:
        SilentExecutorError: if none comes.
        WorkerLacksUsError: if gradverify is not installed there.
        OtherVersionError: if another version of it is.
    """
    reason = ""
    for _ in range(TRIALS):
        try:
            return _asked(session, limit, lambda: tell(_waiting(name)))
        except BrokeError as error:
            raise SilentExecutorError(name, str(error)) from error
        except (LostError, StrangeReplyError) as error:
            if missing := next(_missing(error), None):
                raise WorkerLacksUsError(name, missing, environment()["gradverify"]) from error
            reason = f"the first task that it got {error}"
    raise SilentExecutorError(name, reason)


def _asked(session: Session, limit: float | None, tell: Callable[[], None]) -> Answer:
    end = float("inf") if limit is None else time.monotonic() + limit
    session.submit(PROBE, b"")
    landed = session.land(min(QUIET, end - time.monotonic()))
    if landed is None:
        tell()
        landed = session.land(None if limit is None else max(0.0, end - time.monotonic()))
    if landed is None:
        reason = f"no worker has answered within {limit:g} s; has it any?"
        raise BrokeError(reason)
    return answered(*landed)


def _waiting(name: str) -> str:
    return f"Waiting for a first worker of {name}; Ctrl-C gives up."


def _missing(error: BaseException | None) -> Iterator[str]:
    """Yield what was said where gradverify could not be imported: dask wraps it up."""
    while error is not None:
        module = getattr(error, "name", None) if isinstance(error, ImportError) else None
        if module is not None and module.partition(".")[0] == "gradverify":
            yield str(error)
        error = error.__cause__ or error.__context__
