"""Grounds: the files that a result stands on besides its spec, and whether they changed."""

import json
import os
from collections.abc import Iterable, Sequence
from hashlib import blake2b
from importlib.machinery import all_suffixes
from pathlib import Path
from typing import Final, final

WHOLE_SECONDS: Final = 10**9
COARSE: Final = 2 * 10**9
FINE: Final = 20 * 10**6
"""Nanoseconds by which a file's time may lie before its last change, where a file system counts
in seconds (FAT: two), and where it takes the kernel's last tick."""


@final
class Grounds:
    """Looks at every file and folder once, and writes down in a text what they hold.

    `began` is when this process did, in nanoseconds since 1970.
    """

    def __init__(self, began: int) -> None:
        self._began = began
        self._digests: dict[str, str] = {}
        self._texts: dict[tuple[str, ...], str] = {}
        self._valid: dict[str, bool] = {}

    def of(self, sources: tuple[str, ...]) -> str:
        """Return what these files hold now, and which modules their folders and this one offer.

        A module that appears there may be imported in place of one of the files.
        """
        if sources not in self._texts:
            folders = {str(Path(file).parent) for file in sources} | {str(Path.cwd())}
            files = {file: self._file(file) for file in sources}
            offers = {folder: self._folder(folder) for folder in sorted(folders)}
            self._texts[sources] = json.dumps({"files": files, "folders": offers})
        return self._texts[sources]

    def hold(self, text: str) -> bool:
        """Return whether everything is as it was when the text was made."""
        if text not in self._valid:
            self._valid[text] = self._holds(text)
        return self._valid[text]

    def settled(self, text: str) -> bool:
        """Return whether the files are older than this process: it has loaded what is there."""
        return all(self._is_older(file) for file in files_in(text))

    def _holds(self, text: str) -> bool:
        told = json.loads(text)
        files = all(self._file(file) == digest for file, digest in told["files"].items())
        return files and all(self._folder(of) == digest for of, digest in told["folders"].items())

    def _file(self, file: str) -> str:
        if file not in self._digests:
            self._digests[file] = digest_of_file(file)
        return self._digests[file]

    def _folder(self, folder: str) -> str:
        if folder not in self._digests:
            self._digests[folder] = digest("\0".join(sorted(_offered(folder))).encode())
        return self._digests[folder]

    def _is_older(self, file: str) -> bool:
        try:
            found = os.stat(file)  # noqa: PTH116 - of thousands of files
        except OSError:
            return False
        changed = max(found.st_mtime_ns, found.st_ctime_ns)
        blur = COARSE if changed % WHOLE_SECONDS == 0 else FINE
        return changed + blur < self._began


def files_in(text: str) -> tuple[str, ...]:
    """Return the files of a text that `Grounds.of` made."""
    return tuple(json.loads(text)["files"])


def digest(content: bytes) -> str:
    """Return what tells this content from all others."""
    return blake2b(content, digest_size=20).hexdigest()


def digest_of_file(file: str) -> str:
    """Return the digest of a file's content, or that it cannot be read."""
    try:
        return digest(Path(file).read_bytes())
    except OSError:
        return "unreadable"


def digest_of_tree(roots: Iterable[str]) -> str:
    """Return the digest of all Python files below some folders, or of files themselves."""
    files = sorted(file for root in roots for file in _python_files(root))
    told = [(name, digest_of_file(file)) for name, file in files]
    return digest(json.dumps(told).encode())


def _python_files(root: str) -> Sequence[tuple[str, str]]:
    """Return the files with their names below the root, which is the same wherever that stands."""
    if not Path(root).is_dir():
        return [(Path(root).name, root)]
    walked = os.walk(root)
    files = [f"{where}/{name}" for where, _, names in walked for name in names]
    return [(file.removeprefix(root), file) for file in files if file.endswith(".py")]


def _offered(folder: str) -> Iterable[str]:
    """Yield the names of what can be imported from a folder."""
    suffixes = tuple(all_suffixes())
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.name.endswith(suffixes) or Path(entry.path, "__init__.py").is_file():
                    yield entry.name
    except OSError:
        return
