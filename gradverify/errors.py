"""What can go wrong before a verdict, and where in a file it did.

GradverifyError
├── SpecError               one fault of one spec, with its place
│   ├── gradverify.spec.errors      YAML, keys, types
│   └── gradverify.program.errors   statements, ops, shapes, sizes
├── SpecErrors              all faults of one file at once
├── UsageError              the command line or the configuration is wrong
└── PluginError             a plug-in that cannot be used

Wording lives in the exception classes; call sites pass facts.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final, final
from unicodedata import east_asian_width

_LONGEST_LINE: Final = 160
CLOSE: Final = 0.75
"""How much two words have in common, from 0 to 1, for one to be a misspelling of the other."""


@final
@dataclass(frozen=True, slots=True)
class Mark:
    """A place in a file: lines and columns count from 1, `text` is the whole line."""

    file: str
    line: int
    column: int
    text: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"

    def after(self, columns: int) -> "Mark":
        """Return the mark so many columns further right on the same line."""
        return Mark(self.file, self.line, self.column + columns, self.text)


def did_you_mean(word: str, known: Collection[str]) -> str:
    """Return a sentence with the nearest known word, or nothing."""
    close = get_close_matches(word, known, n=1, cutoff=CLOSE)
    return f"Did you mean {close[0]!r}?" if close else ""


class GradverifyError(Exception):
    """Anything that gradverify raises on purpose."""


class SpecError(GradverifyError):
    """One fault of one spec: its place, its message, and advice."""

    def __init__(self, mark: Mark, message: str, *, word: str = "", hint: str = "") -> None:
        super().__init__(f"{mark}: {message}")
        self.mark = mark
        self.message = message
        self.word = word
        self.hint = hint

    def render(self) -> str:
        """Return the message with the source line, a caret under `word`, and the hint."""
        number = f"{self.mark.line:>3} | "
        before, after = _around(self.mark.text, self.mark.column - 1)
        carets = "^" * max(1, min(_width(self.word), _width(after)))
        caret = " " * (len(number) + _width(before)) + carets
        lines = [f"{self.mark}: {self.message}", "", f"{number}{before}{after}", caret]
        return "\n".join([*lines, "", self.hint] if self.hint else lines)


def _around(line: str, column: int) -> tuple[str, str]:
    """Return what a message shows of a line before a column, and from there on."""
    line = line.replace("\t", " ")
    if len(line) <= _LONGEST_LINE:
        return line[:column], line[column:]
    start, end = max(0, column - _LONGEST_LINE // 2), column + _LONGEST_LINE // 2
    before = f"…{line[start:column]}" if start else line[:column]
    return before, f"{line[column:end]}…" if end < len(line) else line[column:]


def _width(text: str) -> int:
    # A terminal gives Chinese characters two columns.
    return sum(2 if east_asian_width(character) in "WF" else 1 for character in text)


@final
class SpecErrors(GradverifyError):  # noqa: N818 - it is several of them
    """All faults of one file, in the order of their places."""

    def __init__(self, errors: Sequence[SpecError]) -> None:
        self.errors = tuple(sorted(errors, key=lambda e: (e.mark.line, e.mark.column)))
        super().__init__("\n\n".join(error.render() for error in self.errors))


class UsageError(GradverifyError):
    """The command line or the configuration asks for what cannot be."""


class PluginError(GradverifyError):
    """A plug-in that cannot be loaded, or whose name is taken."""
