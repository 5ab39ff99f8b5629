"""Files that are written whole or not at all."""

import os
import shlex
from pathlib import Path
from stat import S_IMODE
from typing import final

from gradverify.errors import UsageError


@final
class CannotWriteError(UsageError):
    """A file cannot be written where it was asked for."""

    def __init__(self, path: Path, reason: str, hint: str = "") -> None:
        super().__init__(f"cannot write {path}: {reason}{'. ' if hint else ''}{hint}")


def assert_writable(path: Path) -> None:
    """Find out, before anything else is done, whether `write_whole` will be able to write a file.

    Raises:
        CannotWriteError: if it will not.
    """
    target = _resolved(path)
    if target.is_dir():
        raise CannotWriteError(path, "it is a folder")
    _assert_folder(path, target.parent)
    try:
        _probe(target)
    except OSError as error:
        raise CannotWriteError(path, _reason(error)) from error


def write_whole(path: Path, text: str) -> None:
    """Write a file beside its place and move it there; a device or a pipe is written to as it is.

    Raises:
        CannotWriteError: if it cannot be written; then an older file is left as it was.
    """
    target = _resolved(path)
    try:
        if _is_device(target):
            _ = target.write_text(text, encoding="utf-8")
        else:
            _write_beside(target, text)
    except OSError as error:
        raise CannotWriteError(path, _reason(error)) from error


def write_new(path: Path, text: str) -> None:
    """Write a file that must not exist yet.

    Raises:
        CannotWriteError: if it exists or cannot be written; nothing is left behind.
    """
    _assert_folder(path, path.parent)
    beside = _beside(path)
    try:
        _ = beside.write_text(text, encoding="utf-8", newline="")
        os.link(beside, path)  # fails where the name is taken, which a rename would not
    except FileExistsError as error:
        raise CannotWriteError(path, "it exists already", "Choose another name") from error
    except OSError as error:
        raise CannotWriteError(path, _reason(error)) from error
    finally:
        beside.unlink(missing_ok=True)


def _assert_folder(path: Path, folder: Path) -> None:
    if not folder.is_dir():
        advice = f"`mkdir -p {shlex.quote(str(path.parent))}` makes it"
        raise CannotWriteError(path, f"the folder {folder} does not exist", advice)


def _write_beside(target: Path, text: str) -> None:
    beside = _beside(target)
    try:
        _ = beside.write_text(text, encoding="utf-8", newline="")
        if target.exists():
            beside.chmod(S_IMODE(target.stat().st_mode))
        _ = beside.replace(target)
    finally:
        beside.unlink(missing_ok=True)


def _probe(target: Path) -> None:
    if _is_device(target):
        target.open("a").close()
        return
    beside = _beside(target)
    beside.touch()
    beside.unlink()


def _resolved(path: Path) -> Path:
    """Return where a link leads; what `/dev/stdout` leads to may be a pipe, which has no path."""
    return path if _is_device(path) else Path(os.path.realpath(path))


def _beside(path: Path) -> Path:
    return path.with_name(f".{path.name}.{os.getpid()}.tmp")


def _is_device(path: Path) -> bool:
    return path.exists() and not path.is_file() and not path.is_dir()


def _reason(error: OSError) -> str:
    return (error.strerror or str(error)).lower()
