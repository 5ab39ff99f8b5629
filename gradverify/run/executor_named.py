"""An executor that is named: dask://HOST:PORT, or MODULE:FACTORY."""

import contextlib
import re
import sys
from collections.abc import Callable, Generator
from concurrent.futures import Executor
from contextlib import AbstractContextManager, ExitStack
from typing import Any, Final

from gradverify.errors import Mark, SpecErrors
from gradverify.run.executor_errors import (
    ExecutorFormError,
    FactoryNotFoundError,
    FactoryRaisedError,
    NoExecutorError,
    NoFactoryError,
)
from gradverify.run.imported import findable, importable, looked_up, raised_at
from gradverify.run.session import Maker

DASK: Final = re.compile(r"dask(?:\+(\w+))?(?:://(.*))?", re.DOTALL)
NAME: Final = r"[^\W\d]\w*(?:\.[^\W\d]\w*)*"
REFERENCE: Final = re.compile(f"{NAME}:{NAME}")


def maker_of(given: str) -> Maker:
    """Return what makes the executor of a name; a factory's module is imported now.

    Raises:
        ExecutorFormError: for a name of neither form.
        FactoryNotFoundError: where there is no such factory.
        NoFactoryError: for what cannot be called.
        DaskMissingError: if distributed is not installed.
        NoAddressError: for `dask` alone, if its address is not set.
    """
    if dask := DASK.fullmatch(given):
        from gradverify.run.dask_executor import dask_maker

        return dask_maker(given, dask[1] or "tcp", dask[2])
    if not REFERENCE.fullmatch(given):
        raise ExecutorFormError(given)
    factory = _factory(given)
    return lambda: _made(given, factory)


def _factory(given: str) -> Callable[[], Any]:
    try:
        with importable():
            found = looked_up(Mark("--executor", 1, 1, given), given)
    except SpecErrors as errors:
        error = errors.errors[0]
        raise FactoryNotFoundError(given, error.message, error.hint) from errors
    if not callable(found):
        raise NoFactoryError(given, type(found).__name__)
    return found


@contextlib.contextmanager
def _made(given: str, factory: Callable[[], Any]) -> Generator[Executor, None, None]:
    """Give the executor of a factory; its processes find the current folder as long as it lives."""
    with findable(), ExitStack() as stack:
        try:
            with contextlib.redirect_stdout(sys.stderr):
                made = factory()
                executor = stack.enter_context(made) if _is_context(made) else made
        except Exception as error:
            raise FactoryRaisedError(given, raised_at(error)) from error
        if not isinstance(executor, Executor):
            raise NoExecutorError(given, _described(executor))
        yield executor


def _is_context(made: object) -> bool:
    """Return whether something gives an executor and is none: those are entered by nobody."""
    return isinstance(made, AbstractContextManager) and not isinstance(made, Executor)


def _described(value: object) -> str:
    return "None" if value is None else f"an object of type {type(value).__name__}"
