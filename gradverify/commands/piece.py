"""The pieces of a set-up: files that are all found writable before the first is written."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import final

from gradverify.errors import UsageError
from gradverify.files import CannotWriteError, assert_writable, write_new, write_whole


@final
@dataclass(frozen=True, slots=True)
class Piece:
    """A file of a set-up, and in a few words what it is or why it stays as it is.

    `text` is the whole file as it is to be; without one, the file stays as it is.
    """

    path: Path
    about: str
    text: str | None = None


@final
class HalfSetUpError(UsageError):
    """A file could not be written after others were."""

    def __init__(self, error: CannotWriteError, written: Sequence[Path]) -> None:
        names = ", ".join(map(str, written))
        advice = "Mend that and give the same command again: it leaves what is there"
        super().__init__(
            f"{error}. Written before that: {names}. {advice}" if written else str(error)
        )


def new_piece(path: Path, about: str, text: str) -> Piece:
    """Return a file that is to be written unless something of its name is there."""
    if os.path.lexists(path):
        return Piece(path, "it exists already")
    return Piece(path, about, text)


def write_pieces(pieces: Sequence[Piece]) -> None:
    """Write all that have a text, each of them whole.

    Raises:
        CannotWriteError: for one that cannot be written, found out before any is.
        HalfSetUpError: for one that could not be written although that seemed possible.
    """
    todo = [(piece.path, piece.text) for piece in pieces if piece.text is not None]
    for path, _ in todo:
        _assert_possible(path)
    written: list[Path] = []
    for path, text in todo:
        try:
            _write(path, text)
        except CannotWriteError as error:
            raise HalfSetUpError(error, written) from error
        written.append(path)


def _assert_possible(path: Path) -> None:
    above = next(folder for folder in path.parents if os.path.lexists(folder))
    if not above.is_dir():
        raise CannotWriteError(path, f"{above} is not a folder")
    if not os.access(above, os.W_OK | os.X_OK):
        raise CannotWriteError(path, f"permission denied in the folder {above}")
    if above == path.parent:
        assert_writable(path)


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CannotWriteError(path, str(error.strerror).lower()) from error
    if path.exists():
        write_whole(path, text)
    else:
        write_new(path, text)
