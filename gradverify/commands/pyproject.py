"""The table `[tool.gradverify]` of a pyproject.toml, appended without a touch to what is there."""

import os
import tomllib
from pathlib import Path
from typing import Any, Final, final

from gradverify.commands.piece import Piece
from gradverify.config import BASELINE, ConfigError
from gradverify.errors import UsageError

"""`commands/baseline.py` has it too, and numpy with it, which a set-up does without."""
TABLE: Final = """\
[tool.gradverify]
paths = ["specs"] # what `gradverify run` runs when it is given no path
{baseline}
# require = ["torch", "jax"] # fail where one of these is not installed
# allow-import = true # import the code that `function:` in a spec names, and run it
"""


@final
class CannotExtendError(UsageError):
    """A pyproject.toml to which a table cannot be appended."""

    def __init__(self, path: Path, reason: object) -> None:
        super().__init__(
            f"{path}: [tool.gradverify] cannot be appended to it ({reason}). Nothing was written. "
            'Add `gradverify = {paths = ["specs"]}` where `tool` is, and give the command again.'
        )


def settings_piece(path: Path) -> Piece:
    """Return a pyproject.toml with the table at its end, in its own kind of lines.

    Raises:
        ConfigError: for a file that cannot be read.
        CannotExtendError: for one whose `tool` is closed, as an inline table is.
    """
    table = _table(has_baseline=(path.parent / BASELINE).is_file())
    if not os.path.lexists(path):
        return Piece(path, "[tool.gradverify], the settings", table)
    text = _text(path)
    tools = _parsed(text, path).get("tool")
    if isinstance(tools, dict) and "gradverify" in tools:
        return Piece(path, "[tool.gradverify] is there")
    return Piece(path, "[tool.gradverify], the settings, at its end", _extended(path, text, table))


def is_package(path: Path) -> bool:
    """Return whether a pyproject.toml is there, and pip can install what it describes.

    Raises:
        ConfigError: for a file that cannot be read.
    """
    document = _parsed(_text(path), path) if path.is_file() else {}
    return not document.keys().isdisjoint({"project", "build-system"})


def _table(*, has_baseline: bool) -> str:
    line = f'baseline = "{BASELINE}" # fail on what is new or worse than this file has'
    return TABLE.format(baseline=line if has_baseline else f"# {line}")


def _text(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(str(path), "the file", f"cannot be read: {error}") from error


def _parsed(text: str, path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(str(path), "the file", f"cannot be read: {error}") from error


def _extended(path: Path, text: str, table: str) -> str:
    end = "\r\n" if "\r\n" in text else "\n"
    gap = "" if not text else end if text.endswith("\n") else 2 * end
    extended = text + gap + table.replace("\n", end)
    try:
        _ = tomllib.loads(extended)
    except tomllib.TOMLDecodeError as error:
        raise CannotExtendError(path, error) from error
    return extended
