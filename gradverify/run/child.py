"""What runs in a worker process: tasks that come through one pipe, replies through another."""

import contextlib
import os
import pickle
import signal
import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from typing import final

import psutil
from threadpoolctl import threadpool_limits  # pyright: ignore[reportMissingTypeStubs] # has none

from gradverify.run.held import held
from gradverify.run.outcome import own_fault
from gradverify.run.task import Done, perform
from gradverify.run.worker_errors import CodeEndedError


@final
@dataclass(frozen=True, slots=True)
class Ends:
    """What a worker, or its parent, holds of their pipes; through `life` only its end comes."""

    tasks: Connection
    replies: Connection
    life: Connection
    errors: Connection
    traces: Connection


@final
@dataclass(frozen=True, slots=True)
class Reply:
    """What came of one task: it, or the fault; neither when a worker begins; and bytes held."""

    done: Done | None
    held: int
    fault: str = ""


def work(ends: Ends, variables: Mapping[str, str]) -> None:
    """Run tasks until no more come; `variables` are of the environment, for one thread."""
    _settle(ends)
    if variables:
        os.environ.update(variables)  # the fork server may be somebody else's, and have others
        _ = threadpool_limits(limits=1)
    process = psutil.Process()
    ends.replies.send_bytes(pickle.dumps(Reply(None, held(process))))
    with contextlib.suppress(EOFError, OSError):  # the parent wants no more
        while True:
            ends.replies.send_bytes(_reply(ends.tasks.recv_bytes(), process))


def _settle(ends: Ends) -> None:
    if os.name == "posix":
        from gradverify.run import posix

        posix.hear_no_interrupt()
        posix.speak_through(ends.errors, ends.traces)
        if posix.die_with(ends.life):
            return
    _ = signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_wait, args=(ends.life,), daemon=True).start()


def _wait(life: Connection) -> None:
    with contextlib.suppress(EOFError, OSError):
        _ = life.recv_bytes()
    os._exit(1)  # native code that never lets go of the interpreter can hold this up


def _reply(data: bytes, process: psutil.Process) -> bytes:
    """Return the reply to a task; whatever it raises must not end the worker."""
    try:
        done = perform(pickle.loads(data))  # noqa: S301 - from our parent
        return pickle.dumps(Reply(_uninterrupted(done), held(process)))
    except Exception as error:  # noqa: BLE001 - a result that cannot be sent, among others
        fault = own_fault(error)
    except BaseException as error:  # noqa: BLE001 - exit() in the code that is verified
        fault = str(CodeEndedError(error))
    return pickle.dumps(Reply(None, held(process), fault))


def _uninterrupted(done: Done) -> Done:
    """Return a result that ends no run: no Ctrl-C comes to a worker, so that code has raised it."""
    if not done.result.interrupted:
        return done
    return replace(done, result=replace(done.result, interrupted=False))
