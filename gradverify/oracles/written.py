"""Where a function of Python is written, as file:line."""

import inspect
import linecache
from collections.abc import Callable
from pathlib import Path
from typing import Any


def written_at(function: Callable[..., Any]) -> str:
    """Return file:line of a function's `def`, or nothing where Python has not read it from a file.

    The path is relative to the current folder where it is below it.
    """
    code = getattr(inspect.unwrap(function), "__code__", None)
    if code is None:
        return ""
    return place_of(code.co_filename, code.co_firstlineno)


def place_of(file: str, line: int) -> str:
    """Return file:line of the `def` that begins, decorators included, at a line."""
    path, here = Path(file), Path.cwd()
    shown = path.relative_to(here) if path.is_relative_to(here) else path
    return f"{shown.as_posix()}:{_line(file, line)}"


def _line(path: str, first: int) -> int:
    """Return the line of a `def` that stands at or below its first decorator."""
    lines = linecache.getlines(path)
    below = range(first, len(lines) + 1)
    return next((k for k in below if lines[k - 1].lstrip().startswith(("def ", "async "))), first)
