"""What a worker process does to itself where there are signals: it dies and it speaks."""

import faulthandler
import fcntl
import os
import signal
from multiprocessing.connection import Connection
from typing import Final

WHERE: Final = signal.SIGUSR2
"""The signal upon which a worker says where it is, also from within native code."""


def hear_no_interrupt() -> None:
    """Leave Ctrl-C to the parent; the fork server blocks it, which is no state to pass on."""
    _ = signal.signal(signal.SIGINT, signal.SIG_IGN)
    _ = signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})


def speak_through(errors: Connection, traces: Connection) -> None:
    """Send stderr, and stdout, which is the report's, through a pipe, and traces through another.

    A trace must not wait for a reader, who looks at it when this process is dead.
    """
    for stream in (1, 2):
        _ = os.dup2(errors.fileno(), stream)
    errors.close()
    os.set_blocking(traces.fileno(), False)
    faulthandler.enable(traces.fileno())
    faulthandler.register(WHERE, traces.fileno())


def die_with(life: Connection) -> bool:
    """Be killed when the other end of a pipe is closed, whatever this process does just then.

    Returns False where the kernel has no such signal: only Linux has.
    """
    if not hasattr(fcntl, "F_SETSIG"):
        return False
    flags = fcntl.fcntl(life, fcntl.F_GETFL)
    _ = fcntl.fcntl(life, fcntl.F_SETOWN, os.getpid())
    _ = fcntl.fcntl(life, fcntl.F_SETSIG, signal.SIGKILL)
    _ = fcntl.fcntl(life, fcntl.F_SETFL, flags | os.O_ASYNC)
    if life.poll(0):  # closed before anybody listened
        os._exit(1)
    return True
