"""Text that came from a user, made harmless for the place where a report shows it."""

import re
from collections.abc import Mapping
from html import escape
from types import MappingProxyType
from typing import Final

from gradverify.report.terminal import printable

LONGEST: Final = 2_000
"""Characters of one line in Markdown, beyond which they are counted."""
MENTION: Final = re.compile(r"@(?=\w)")
MARKS: Final[Mapping[int, str]] = MappingProxyType(
    {ord(mark): f"&#{ord(mark)};" for mark in "\\`*_[]|~#$!"}
)
"""What steers Markdown, as entities, which stand for themselves and nothing else."""

DATA: Final[Mapping[int, str]] = MappingProxyType({37: "%25", 13: "%0D", 10: "%0A"})
PROPERTY: Final[Mapping[int, str]] = MappingProxyType({**DATA, 58: "%3A", 44: "%2C"})
"""How GitHub's workflow commands write the message of a command, and its properties."""


def plain(text: str) -> str:
    r"""Return the text with control characters, and what UTF-8 has not, written out, as \x1b."""
    return printable(text).encode("utf-8", "backslashreplace").decode("utf-8")


def html_text(text: str) -> str:
    """Return the text for the inside of an HTML element, lines and all."""
    return escape(plain(text), quote=False)


def prose(text: str) -> str:
    """Return the text as one line of Markdown; what stands between backticks becomes code."""
    pieces = shortened(" ".join(plain(text).split()), LONGEST).split("`")
    if len(pieces) % 2 == 0:  # somebody's backtick has no partner: none of them means code
        return _inert("`".join(pieces))
    return "".join(
        f"<code>{_marked(piece)}</code>" if k % 2 else _inert(piece)
        for k, piece in enumerate(pieces)
    )


def code(text: str) -> str:
    """Return the text as code on one line of Markdown, spaces kept."""
    line = plain(text).replace("\n", " ")
    return f"<code>{_marked(shortened(line, LONGEST))}</code>"


def shortened(text: str, longest: int) -> str:
    """Return the text, or so many characters of it and how many more there are."""
    return text if len(text) <= longest else f"{text[:longest]} … ({len(text) - longest} more)"


def command_data(text: str) -> str:
    """Return the text as the message of a workflow command."""
    return plain(text).translate(DATA)


def command_property(text: str) -> str:
    """Return the text as a property of a workflow command."""
    return plain(text).translate(PROPERTY)


def _inert(text: str) -> str:
    # GitHub looks for @names after the entities are gone; a character of no width parts them.
    return MENTION.sub("@\u200b", _marked(text))


def _marked(text: str) -> str:
    return escape(text, quote=False).translate(MARKS)
