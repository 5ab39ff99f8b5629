"""Why an executor cannot be had, or what became of a task that it had."""

from collections.abc import Collection
from typing import Final, final

from gradverify.errors import GradverifyError, UsageError, did_you_mean

FORMS: Final = "dask://HOST:PORT, dask (with DASK_SCHEDULER_ADDRESS) or MODULE:FACTORY"


@final
class ExecutorFormError(UsageError):
    """What is given for an executor is none."""

    def __init__(self, given: str) -> None:
        guess = did_you_mean(given.partition(":")[0], ("dask",))
        super().__init__(f"executor {given!r} is not one of {FORMS}. {guess}".rstrip())


@final
class FactoryNotFoundError(UsageError):
    """There is no such factory to import; the reason is that of an import."""

    def __init__(self, given: str, reason: str, hint: str) -> None:
        super().__init__(f"executor {given}: {reason}. {hint}")


@final
class NoFactoryError(UsageError):
    """What is named cannot be called."""

    def __init__(self, given: str, kind: str) -> None:
        super().__init__(
            f"executor {given}: it is of type {kind}, which cannot be called; name a function "
            "without arguments that returns a concurrent.futures.Executor"
        )


@final
class NoExecutorError(UsageError):
    """A factory returned something else."""

    def __init__(self, given: str, kind: str) -> None:
        super().__init__(
            f"executor {given}: it returned {kind}; a concurrent.futures.Executor, or a context "
            "manager that gives one, was expected"
        )


@final
class FactoryRaisedError(GradverifyError):
    """A factory raised something."""

    def __init__(self, given: str, reason: str) -> None:
        super().__init__(f"Error: executor {given}: calling it raised {reason}")


@final
class NoAddressError(UsageError):
    """`dask` alone, and nothing says where the scheduler is."""

    def __init__(self) -> None:
        super().__init__(
            "executor dask: DASK_SCHEDULER_ADDRESS is not set; set it to the address that the "
            "scheduler prints, such as tcp://10.0.0.5:8786, or give --executor dask://HOST:PORT"
        )


@final
class DaskMissingError(GradverifyError):
    """distributed cannot be imported."""

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"Error: executor dask: {reason}; run `pip install 'gradverify[distributed]'`"
        )


@final
class UnreachableError(GradverifyError):
    """No scheduler answers at an address."""

    def __init__(self, address: str, reason: str) -> None:
        super().__init__(
            f"Error: executor dask: no scheduler can be reached at {address}: {reason}. "
            "Is it running (`dask scheduler`), and is this the address that it printed?"
        )


@final
class SilentExecutorError(GradverifyError):
    """An executor that was asked where it runs does not answer."""

    def __init__(self, given: str, reason: str) -> None:
        super().__init__(f"Error: executor {given} runs nothing: {reason}")


@final
class WorkerLacksUsError(GradverifyError):
    """Workers cannot import gradverify."""

    def __init__(self, given: str, reason: str, version: str) -> None:
        super().__init__(
            f"Error: executor {given}: its workers cannot import gradverify {version}: {reason}; "
            f"run `pip install gradverify=={version}`, with the frameworks to verify, there"
        )


@final
class TaskLostError(GradverifyError):
    """An executor lost a task twice."""

    def __init__(self, reasons: Collection[str]) -> None:
        told = list(dict.fromkeys(reasons))
        each = f"twice: it {told[0]}" if len(told) == 1 else f"twice: it {'; then it '.join(told)}"
        super().__init__(
            f"the executor lost this spec {each}. The logs of its workers may say why; without "
            "--executor it runs here"
        )


@final
class ExecutorGoneError(GradverifyError):
    """An executor broke, and no other could be had in its place."""

    def __init__(self, broke: str, reason: str) -> None:
        super().__init__(
            f"this spec was not run: the executor {broke}, and another could not be had: {reason}"
        )


def raised(error: BaseException) -> str:
    """Return what was raised, in one line."""
    first = str(error).strip().partition("\n")[0]
    return f"{type(error).__name__}: {first}" if first else type(error).__name__
