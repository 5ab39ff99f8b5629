"""Where gradverify keeps what it may lose: `.gradverify_cache` in the current folder."""

from pathlib import Path
from types import MappingProxyType
from typing import Final

FOLDER: Final = Path(".gradverify_cache")
TAG: Final = """\
Signature: 8a477f597d28d172789f06886806bc55
# gradverify made this folder, and makes it anew if it is deleted.
# What this file is for: https://bford.info/cachedir/
"""
FIRST: Final = MappingProxyType({".gitignore": "*\n", "CACHEDIR.TAG": TAG})
"""Files that keep the folder out of repositories and out of backups."""


def make_state_folder(folder: Path) -> None:
    """Make the folder where there is none. Raises OSError where that cannot be done."""
    if folder.is_dir():
        return
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in FIRST.items():
        _ = (folder / name).write_text(text, encoding="utf-8")
