"""The text of one spec file, read within limits before anything looks at it."""

import re
from dataclasses import dataclass
from pathlib import Path
from stat import S_ISDIR, S_ISREG
from typing import Final, final

from gradverify.errors import Mark, SpecErrors
from gradverify.spec.errors import (
    CharacterError,
    EncodingError,
    FileError,
    FileTooLargeError,
    NotAFileError,
    UnreadableFileError,
)

MAX_BYTES: Final = 4 * 2**20

# What the YAML parser takes for the end of a line, so that line numbers are the same as its.
_BREAK: Final = re.compile("\r\n|[\r\n\x85\u2028\u2029]")
FORBIDDEN: Final = re.compile(
    "[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
)


@final
@dataclass(frozen=True, slots=True)
class Source:
    """A file's name as it was given, its text, and the lines of it."""

    file: str
    text: str
    lines: tuple[str, ...]

    def mark(self, line: int, column: int) -> Mark:
        """Return the place of a line and a column that count from 0."""
        text = self.lines[line] if line < len(self.lines) else ""
        return Mark(self.file, line + 1, column + 1, text)

    def mark_at(self, offset: int) -> Mark:
        """Return the place of the character at an offset into the text."""
        before = _BREAK.split(self.text[:offset])
        return self.mark(len(before) - 1, len(before[-1]))


def source_of(file: str, text: str) -> Source:
    """Split a text into lines; raises SpecErrors for characters that no YAML file may hold."""
    source = Source(file, text, tuple(_BREAK.split(text)))
    forbidden = FORBIDDEN.search(text)
    if forbidden:
        mark = source.mark_at(forbidden.start())
        raise SpecErrors([CharacterError(mark, forbidden.group())])
    return source


def read_source(path: Path) -> Source:
    """Read a spec file of at most `MAX_BYTES`; raises SpecErrors if that cannot be done."""
    file = path.as_posix()
    try:
        content = _content(path, file)
    except FileError as error:
        raise SpecErrors([error]) from error
    return source_of(file, _decoded(file, content))


def _content(path: Path, file: str) -> bytes:
    try:
        mode = path.stat().st_mode
        if not S_ISREG(mode):
            # A pipe or a device could keep the reader waiting for ever.
            raise NotAFileError(file, folder=S_ISDIR(mode))
        with path.open("rb") as stream:
            content = stream.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        raise UnreadableFileError(file, error) from error
    if len(content) > MAX_BYTES:
        raise FileTooLargeError(file, MAX_BYTES)
    return content


def _decoded(file: str, content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = content[: error.start].decode("utf-8-sig", errors="replace")
        whole = content.decode("utf-8-sig", errors="replace")
        mark = Source(file, before, tuple(_BREAK.split(whole))).mark_at(len(before))
        raise SpecErrors([EncodingError(mark, content[error.start])]) from error
