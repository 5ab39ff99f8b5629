"""Why a worker process brings no result: each is the fault of a spec, and an exception to none."""

import signal
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import Final, final

from gradverify.errors import GradverifyError
from gradverify.program.errors import size_text

FRAMES: Final = 12  # calls of a trace
OWN: Final = str(Path(__file__).parents[1])
CURRENT: Final = "Current thread "
LAST: Final = 8  # lines of what was said
WIDE: Final = 200  # characters of a line


@final
@dataclass(frozen=True, slots=True)
class Last:
    """What is left of a worker: the end of what it wrote to stderr, and a trace of its calls."""

    said: str = ""
    trace: str = ""

    def __str__(self) -> str:
        return f"{_place(self.trace)}{_words(self.said)}"


@final
class CodeEndedError(GradverifyError):
    """The code that is verified raised what ends a process, or what Ctrl-C raises."""

    def __init__(self, error: BaseException) -> None:
        super().__init__(
            f"the code raised {error!r}, which ends a process and is no answer; expected was a "
            "result or an Exception. Raise a ValueError instead, or leave the call of exit() out"
        )


@final
class WorkerDiedError(GradverifyError):
    """The process of a worker ended while it ran a spec."""

    def __init__(self, exitcode: int | None, seconds: float, before: str, last: Last) -> None:
        how, why = _end_of(exitcode)
        earlier = f" The process had run {before} before." if before else ""
        super().__init__(
            f"the worker process that ran this spec {how}, {seconds:.1f} s after it had begun, and "
            f"left no result. {why}{earlier}{last}"
        )


@final
class TimedOutError(GradverifyError):
    """A spec ran for longer than it may."""

    def __init__(self, limit: float, last: Last) -> None:
        super().__init__(
            f"this spec was still running after {limit:g} s, which is all that --timeout allows; "
            f"its worker process was killed. Either something in it never ends, or it needs more: "
            f"`--timeout {2 * limit:g}`{last}"
        )


@final
class TooMuchMemoryError(GradverifyError):
    """A spec made its worker hold more memory than it may."""

    def __init__(self, found: int, limit: int, seconds: float) -> None:
        super().__init__(
            f"this spec made its worker process hold {size_text(found)} more than before, "
            f"{seconds:.1f} s after it had begun, and --max-memory allows {size_text(limit)}; the "
            "process was killed. Make the arrays smaller, or allow more with --max-memory"
        )


@final
class TaskNotSentError(GradverifyError):
    """A spec that cannot be sent to a worker."""

    def __init__(self, error: Exception) -> None:
        super().__init__(
            f"this spec cannot be sent to a worker process: {type(error).__name__}: {error}. "
            "Run it without -n, and please report it"
        )


@final
class ReplyNotReadError(GradverifyError):
    """A reply of a worker that cannot be read."""

    def __init__(self, error: Exception) -> None:
        super().__init__(
            f"the result of this spec came from its worker process and cannot be read: "
            f"{type(error).__name__}: {error}. Run it without -n"
        )


@final
class NoWorkerError(GradverifyError):
    """No worker can be started, or none lives until it is given a spec."""

    def __init__(self, times: int, why: str, last: Last) -> None:
        super().__init__(
            f"this spec was not run: {times} worker processes in a row ended before they ran "
            f"anything; the last one {why}. stderr says more, or else `python -c 'import "
            f"gradverify.run.child'`, which every worker does. Without -n none is needed{last}"
        )


def end_of(exitcode: int | None) -> str:
    """Return how a process ended, as the end of a sentence."""
    return _end_of(exitcode)[0]


def _end_of(exitcode: int | None) -> tuple[str, str]:
    if exitcode is None:
        return (
            "closed its pipes",
            "Code that closes files that are not its own is the likely cause.",
        )
    if exitcode >= 0:
        cause = "os._exit(), or native code that ends its process, is the likely cause."
        return f"ended with exit code {exitcode}", cause
    number = -exitcode
    name = _signal_name(number)
    if number == signal.SIGKILL:
        cause = (
            "The system does that where memory runs out; fewer workers, such as -n 1, leave more "
            "to each. Or else somebody did it."
        )
    else:
        cause = "Native code, of the function or of a framework, is the likely cause."
    return f"was ended by {name}", cause


def _signal_name(number: int) -> str:
    try:
        name, meaning = signal.Signals(number).name, signal.strsignal(number)
    except ValueError:  # one of those without a name, for programs of their own
        return f"signal {number}"
    return f"{name} ({meaning})"


def _words(said: str) -> str:
    """Return what to show of what a worker wrote to stderr."""
    lines = [line[:WIDE] for line in said.splitlines() if line.strip()][-LAST:]
    return "".join(
        ["\nIts last words on stderr:", *(f"\n  {line}" for line in lines)] if lines else []
    )


def _place(trace: str) -> str:
    """Return where a worker was: the innermost calls, down to the first of gradverify."""
    frames = trace.rpartition(CURRENT)[2].splitlines()[1:]
    calls = list(takewhile(lambda line: line.startswith("  File "), frames))
    own = next((k for k, line in enumerate(calls) if OWN in line), len(calls))
    lines = "".join(f"\n{line[:WIDE]}" for line in calls[: min(own + 1, FRAMES)])
    return f"\nIt was here, the innermost call first:{lines}" if lines else ""
