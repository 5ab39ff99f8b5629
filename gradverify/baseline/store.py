"""The file of a baseline, changed by one process at a time."""

import os
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from gradverify.baseline.errors import LockedError, UnlockableError, UnreadableBaselineError
from gradverify.baseline.lines import text_of
from gradverify.baseline.model import Baseline
from gradverify.baseline.read import read_baseline
from gradverify.files import assert_writable, write_whole

PATIENCE: Final = 20.0  # seconds; a change takes a fraction of one
PAUSE: Final = 0.02


def existing(path: Path) -> Baseline:
    """Return the baseline of a file, an empty one where there is no file yet.

    Raises:
        BaselineError: if the file is not a baseline, or not whole.
    """
    if not path.exists():
        return Baseline()
    if not path.is_file() and not path.is_dir():
        raise UnreadableBaselineError(path, "it is no ordinary file")
    return read_baseline(path)


def change(
    path: Path, changed: Callable[[Baseline], Baseline], patience: float = PATIENCE
) -> Baseline:
    """Read a baseline, change it and write it whole, while no other process does; return it.

    Nothing is written where nothing changes.

    Raises:
        BaselineError: if it cannot be read, or another process holds it for `patience` seconds.
        CannotWriteError: if it cannot be written; then it stays as it was.
    """
    assert_writable(path)
    with locked(path, patience):
        after = changed(existing(path))
        text = text_of(after)
        if not path.exists() or path.read_text("utf-8") != text:
            write_whole(path, text)
    return after


@contextmanager
def locked(path: Path, patience: float = PATIENCE) -> Generator[None]:
    """Hold the lock of a file, which the operating system takes back when its process ends.

    Raises:
        LockedError: if another process holds it for longer.
        UnlockableError: where there can be no lock.
    """
    beside = lock_of(path)
    try:
        held = _acquired(path, beside, time.monotonic() + patience, patience)
    except OSError as error:
        raise UnlockableError(path, (error.strerror or str(error)).lower()) from error
    try:
        yield
    finally:
        beside.unlink(missing_ok=True)  # before it is let go: whoever waits sees that it is gone
        os.close(held)


def lock_of(path: Path) -> Path:
    """Return the file whose lock is that of a baseline, whatever link leads to it."""
    target = Path(os.path.realpath(path))
    return target.with_name(f".{target.name}.lock")


def _acquired(path: Path, beside: Path, until: float, patience: float) -> int:
    while True:
        held = _try(beside)
        if held is not None:
            return held
        if time.monotonic() > until:
            raise LockedError(path, patience, _holder(beside))
        time.sleep(PAUSE)


def _try(beside: Path) -> int | None:
    """Return the open lock file, or None where another process has it, or has just removed it."""
    import fcntl  # there is none on Windows, where only this cannot be done

    held = os.open(beside, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        mine = os.fstat(held).st_ino == os.stat(beside).st_ino  # noqa: PTH116 - beside fstat
    except (BlockingIOError, FileNotFoundError):
        mine = False
    except OSError:
        os.close(held)
        raise
    if not mine:
        os.close(held)
        return None
    os.ftruncate(held, 0)
    _ = os.write(held, str(os.getpid()).encode())
    return held


def _holder(beside: Path) -> str:
    try:
        return beside.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return ""
