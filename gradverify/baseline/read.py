"""The file of a baseline is read, whole, or refused with its line."""

import gc
import json
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from gradverify.baseline.errors import (
    BaselineError,
    ConflictError,
    HalfBaselineError,
    NewerFormatError,
    NoBaselineError,
    NotABaselineError,
    UnreadableBaselineError,
)
from gradverify.baseline.lines import FIRST, LAST
from gradverify.baseline.model import FORMAT, Baseline
from gradverify.baseline.sheet import MARKERS, Sheet

CHUNK: Final = 256
"""Lines that are read at once."""


def read_baseline(path: Path) -> Baseline:
    """Return the baseline of a file.

    Raises:
        BaselineError: if there is none, or it is not whole and in order.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise NoBaselineError(path) from error
    except IsADirectoryError as error:
        raise UnreadableBaselineError(path, "it is a folder") from error
    except UnicodeDecodeError as error:
        reason = f"byte {error.start + 1} is not UTF-8"
        raise UnreadableBaselineError(path, reason) from error
    except (OSError, ValueError) as error:  # a ValueError is of a name with a NUL in it
        reason = (getattr(error, "strerror", None) or str(error)).lower()
        raise UnreadableBaselineError(path, reason) from error
    with _without_collector():
        return parsed(text, path)


@contextmanager
def _without_collector() -> Generator[None]:
    """Nothing that is read is garbage, and to look for it takes a third of the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def parsed(text: str, path: Path) -> Baseline:
    """Return the baseline that a text is; `path` is for messages.

    Raises:
        BaselineError: if it is not whole and in order.
    """
    lines = text.removeprefix("\ufeff").rstrip().split("\n")
    _assert_first(path, lines[0])
    if lines[-1] != LAST:
        raise _unended(path, lines)
    sheet, number = Sheet(path), 1
    for start in range(1, len(lines) - 1, CHUNK):
        some = lines[start : min(start + CHUNK, len(lines) - 1)]
        for item in _together(some) or some:
            number += 1
            sheet.take(number, item)
    return sheet.baseline()


def _together(lines: list[str]) -> list[Any]:
    """Return the values of lines at once, which is fast, or none where one of them is no JSON."""
    try:
        items = json.loads(f"[{','.join(lines)}]")
    except ValueError:
        return []
    return items if len(items) == len(lines) else []


def _assert_first(path: Path, line: str) -> None:
    if line.startswith(MARKERS):
        raise ConflictError(path, 1)
    try:
        first: Any = json.loads(line)
        named, version = first["gradverify"], first["version"]
    except (ValueError, TypeError, LookupError) as error:
        raise NotABaselineError(path, line) from error
    if named != FIRST["gradverify"]:
        raise NotABaselineError(path, line)
    if version != FORMAT:
        raise NewerFormatError(path, version, FORMAT)


def _unended(path: Path, lines: list[str]) -> BaselineError:
    """Return what is wrong with a file without its last line: a conflict may stand there."""
    found = (n for n, line in enumerate(lines, start=1) if line.startswith(MARKERS))
    marker = next(found, 0)
    return ConflictError(path, marker) if marker else HalfBaselineError(path, len(lines))
