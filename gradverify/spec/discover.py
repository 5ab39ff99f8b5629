"""Which files are specs."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, final

from gradverify.errors import UsageError, did_you_mean

SUFFIXES: Final = (".grad.yaml", ".grad.yml")


@final
class NoSuchPathError(UsageError):
    """A path on the command line leads nowhere."""

    def __init__(self, path: Path, siblings: Sequence[str]) -> None:
        guess = did_you_mean(path.name, siblings)
        where = path.parent.as_posix()
        advice = guess or f"Look at the spelling; paths are relative to {Path.cwd().as_posix()}."
        what = path.as_posix() if where == "." else f"{path.name} in {where}"
        super().__init__(f"there is no {what}. {advice}")


@final
class UnlistableFolderError(UsageError):
    """A folder whose content the operating system does not tell."""

    def __init__(self, error: OSError) -> None:
        reason = error.strerror or type(error).__name__
        super().__init__(f"the folder {error.filename} cannot be searched for specs: {reason}.")


def find_spec_files(paths: Sequence[str]) -> tuple[Path, ...]:
    """Return the spec files that paths name, sorted, each of them once.

    A file is taken as given, whatever its name; below a folder those with a name in `SUFFIXES`
    are found, hidden folders left out. A folder with such a name is taken for the spec that it
    claims to be, for the parser to complain of. Raises UsageError for a path that leads nowhere.
    """
    found = {_unique(path): path for given in paths for path in _named_by(Path(given))}
    return tuple(sorted(found.values(), key=Path.as_posix))


def is_spec_name(name: str) -> bool:
    """Return whether a file of this name is taken for a spec."""
    return name.endswith(SUFFIXES)


def spec_files_below(folder: str) -> Iterator[str]:
    """Yield the spec files below a folder, unsorted. Raises UsageError if it cannot be searched."""
    for where, folders, files in os.walk(folder, onerror=_refuse):
        specs = [name for name in (*folders, *files) if is_spec_name(name)]
        yield from (f"{where}{os.sep}{name}" for name in specs)
        folders[:] = [name for name in folders if _is_searched(name)]


def _unique(path: Path) -> str:
    # Links are not followed: a spec that is linked to has two names, and is two specs.
    return os.path.normpath(path.absolute())


def _named_by(path: Path) -> Iterator[Path]:
    if not os.path.lexists(path):
        raise NoSuchPathError(path, _siblings(path))
    if path.is_dir() and not is_spec_name(path.name):
        yield from map(Path, spec_files_below(str(path)))
    else:
        yield path


def _is_searched(name: str) -> bool:
    return not name.startswith(".") and not is_spec_name(name)


def _siblings(path: Path) -> tuple[str, ...]:
    try:
        return tuple(sorted(entry.name for entry in path.parent.iterdir()))
    except OSError:
        return ()


def _refuse(error: OSError) -> None:
    raise UnlistableFolderError(error)
