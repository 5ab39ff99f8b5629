"""Who listens to `verify`: a test runner that collects reports, or holds them against a baseline.

pytest imports this module in every project that has gradverify installed, so nothing but the
standard library is imported here.
"""

from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from gradverify.report.verified import Report


class Listener(Protocol):
    """Is told of every report."""

    def hear(self, report: "Report") -> None:
        """Take a report as soon as it is made."""
        ...

    def settle(self, report: "Report") -> bool:
        """Return whether `assert_gradients` lets pass a report that it has just told of.

        What passes without leave may be refused: then this raises an AssertionError.
        """
        ...


LISTENER: Final[ContextVar[Listener | None]] = ContextVar("gradverify.listener", default=None)
"""Who listens in this thread or task; another thread has its own."""


@contextmanager
def listening(listener: Listener) -> Generator[None, None, None]:
    """Let a listener hear of what is verified within a block, in place of whoever did before."""
    token = LISTENER.set(listener)
    try:
        yield
    finally:
        LISTENER.reset(token)


def hear(report: "Report") -> None:
    """Tell whoever listens of a report."""
    listener = LISTENER.get()
    if listener is not None:
        listener.hear(report)


def settle(report: "Report") -> bool:
    """Return whether whoever listens lets a report pass whose gradients are wrong.

    Raises:
        AssertionError: whatever the gradients are, there is something else against the report.
    """
    __tracebackhide__ = True  # of pytest
    listener = LISTENER.get()
    return listener is not None and listener.settle(report)
