"""The process that workers are forked from: it has imported everything, and runs nothing."""

import contextlib
import multiprocessing
import os
import signal
import sys
from collections.abc import Generator, Mapping, Sequence
from multiprocessing.context import ForkServerContext, SpawnContext
from pathlib import Path
from types import MappingProxyType
from typing import Final, TypeAlias

Context: TypeAlias = ForkServerContext | SpawnContext

PRELOAD: Final = "_GRADVERIFY_PRELOAD"
"""The variable with the names of the frameworks to load."""
SAFE_PATH: Final = "PYTHONSAFEPATH"
OURS: Final = "gradverify"

# NPROC is what XLA goes by; its flags for threads no longer hold for all that it does.
ONE_THREAD: Final[Mapping[str, str]] = MappingProxyType(
    {
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
        "VECLIB_MAXIMUM_THREADS": "1",
        "NPROC": "1",
    }
)


def one_thread() -> Mapping[str, str]:
    """Return the variables that leave a worker one thread; none where a person has set any."""
    chosen = any(os.environ.get(name) for name in ONE_THREAD)
    return {} if chosen else dict(ONE_THREAD)


def context_of(frameworks: Sequence[str]) -> Context:
    """Return how processes are started: by a fork server, which runs now, where there is one."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    from multiprocessing import forkserver

    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["gradverify.run.preload"])
    with _environment(_variables(frameworks)), _uninterrupted():
        forkserver.ensure_running()
    return context


def _variables(frameworks: Sequence[str]) -> Mapping[str, str]:
    # `python -c`, which a fork server is, would find the modules of the current folder first
    found_here = sys.flags.safe_path or sys.path[:1] in ([""], [str(Path.cwd())])
    safe = {} if found_here else {SAFE_PATH: OURS}
    return {**one_thread(), **safe, PRELOAD: " ".join(frameworks)}


@contextlib.contextmanager
def _environment(variables: Mapping[str, str]) -> Generator[None, None, None]:
    """Have more variables for a moment, in which a process is started."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


@contextlib.contextmanager
def _uninterrupted() -> Generator[None, None, None]:
    """Start a process that Ctrl-C does not reach while it imports: it would print a trace."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        _ = signal.pthread_sigmask(signal.SIG_SETMASK, before)
