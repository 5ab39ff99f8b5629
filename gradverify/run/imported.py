"""Code that a spec names, imported: whatever that raises is told at the place of the name."""

import contextlib
import importlib
import pkgutil
import sys
import traceback
from collections.abc import Callable, Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, final

from gradverify.errors import Mark, SpecErrors
from gradverify.program.program import Code
from gradverify.run.import_errors import (
    AttributeMissingError,
    AttributeRaisedError,
    ClassNamedError,
    FrameworkNotInstalledError,
    ImportRaisedError,
    ModuleMissingError,
    NotCallableError,
)
from gradverify.spec.spec import Spec

MACHINERY: Final = ("<frozen ", importlib.__file__, __file__)
"""Whose lines say nothing of why an import failed."""


@final
@dataclass(frozen=True, slots=True)
class Imported:
    """A function, and its backward pass where it is numpy's."""

    function: Callable[..., Any]
    vjp: Callable[..., Any] | None


@contextlib.contextmanager
def importable() -> Generator[None, None, None]:
    """Let code be found in the current folder, and let what it prints go to stderr.

    stdout is the report's.
    """
    with findable(), contextlib.redirect_stdout(sys.stderr):
        yield


@contextlib.contextmanager
def findable() -> Generator[None, None, None]:
    """Let code be found in the current folder, as `python -m` does."""
    here = str(Path.cwd())
    sys.path.insert(0, here)
    importlib.invalidate_caches()
    try:
        yield
    finally:
        with contextlib.suppress(ValueError):  # somebody has removed it
            sys.path.remove(here)


def imported(spec: Spec, code: Code) -> Imported:
    """Return the code that a spec names; raises SpecErrors where it cannot be had."""
    _assert_installed(spec.mark("framework"), code.framework)
    function = _named(code.mark, code.function)
    vjp = None if code.vjp is None else _named(spec.mark("vjp"), code.vjp)
    return Imported(function, vjp)


def _assert_installed(mark: Mark, framework: str) -> None:
    try:
        _ = importlib.import_module(framework)
    except (ImportError, OSError) as error:  # OSError: a shared library that cannot be loaded
        missing = isinstance(error, ModuleNotFoundError) and error.name == framework
        reason = f"No module named '{framework}'" if missing else str(error)
        raise SpecErrors([FrameworkNotInstalledError(mark, framework, reason)]) from error


def _named(mark: Mark, reference: str) -> Callable[..., Any]:
    """Return the function that a reference names; raises SpecErrors."""
    found = looked_up(mark, reference)
    if isinstance(found, type):
        raise SpecErrors([ClassNamedError(mark, reference, applies=hasattr(found, "apply"))])
    if not callable(found):
        raise SpecErrors([NotCallableError(mark, reference, type(found).__name__)])
    return found


def looked_up(mark: Mark, reference: str) -> Any:
    """Return what `module:name` names, at a place; raises SpecErrors where it cannot be had."""
    module, _, path = reference.partition(":")
    found: Any = _module(mark, module)
    owner, place = module, mark.after(len(module) + 1)
    for name in path.split("."):
        found = _attribute(place, found, owner, name)
        owner, place = f"{owner}.{name}", place.after(len(name) + 1)
    return found


def _module(mark: Mark, name: str) -> Any:
    try:
        return importlib.import_module(name)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        missing = getattr(error, "name", None) if isinstance(error, ModuleNotFoundError) else None
        if missing is not None and f"{name}.".startswith(f"{missing}."):
            raise SpecErrors([ModuleMissingError(mark, name, missing, _beside(missing))]) from error
        raise SpecErrors([ImportRaisedError(mark, name, raised_at(error))]) from error


def _attribute(mark: Mark, found: Any, owner: str, name: str) -> Any:
    try:
        return getattr(found, name)
    except KeyboardInterrupt:
        raise
    except AttributeError as error:
        raise SpecErrors([AttributeMissingError(mark, owner, name, dir(found))]) from error
    except BaseException as error:
        raise SpecErrors([AttributeRaisedError(mark, owner, name, raised_at(error))]) from error


def _beside(module: str) -> list[str]:
    """Return the names of the modules that stand where one is missing."""
    parent = sys.modules.get(module.rpartition(".")[0])
    return [item.name for item in pkgutil.iter_modules(getattr(parent, "__path__", None))]


def raised_at(error: BaseException) -> str:
    """Return what was raised, and where, in one line."""
    frames = traceback.extract_tb(error.__traceback__)
    places = [f"{f.filename}:{f.lineno}" for f in frames if not f.filename.startswith(MACHINERY)]
    text = str(error)
    if isinstance(error, SyntaxError):
        text = error.msg
        places.append(f"{error.filename}:{error.lineno}")
    place = f" ({places[-1]})" if places else ""
    return f"{type(error).__name__}: {text.strip().partition(chr(10))[0]}{place}"
