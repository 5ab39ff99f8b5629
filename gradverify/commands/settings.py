"""What the command line asked for, laid over the configuration."""

import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, final

from gradverify.config import Config, config_here, with_values
from gradverify.errors import UsageError, did_you_mean
from gradverify.spec.discover import find_spec_files

SEPARATOR: Final = "::"
TESTS: Final = ".py"
"""What the name of a file of tests ends with."""


@final
@dataclass(frozen=True, slots=True)
class Chosen:
    """The files to read, and the ids to take of those files that are named by ids alone.

    `tests` are Python files whose marked tests are to be run, as they were written, and the names
    of tests in each of them, none for all.
    """

    files: tuple[Path, ...]
    ids: Mapping[str, frozenset[str]]
    tests: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])


@final
class NoSpecsFolderError(UsageError):
    """No path was given, and where specs are by default there is nothing."""

    def __init__(self, folder: str) -> None:
        super().__init__(
            f"no path was given, and there is no folder {folder}/ here; "
            "`gradverify init` writes a first spec"
        )


@final
class NoSuchSpecError(UsageError):
    """A file has no spec of the title that is asked for."""

    def __init__(self, path: str, title: str, titles: Collection[str]) -> None:
        guess = did_you_mean(title, titles)
        advice = guess or f"`gradverify list {path}` names them."
        super().__init__(f"{path} has no spec {title!r}. {advice}")


def config_with_memory(max_memory: str | None) -> Config:
    """Return the configuration, with a limit of memory from the command line if there is one.

    Raises:
        ConfigError: if the limit is not a size.
    """
    given = {} if max_memory is None else {"max-memory": max_memory}
    return with_values(config_here(), given, "the command line")


def chosen_specs(paths: Sequence[str], config: Config) -> Chosen:
    """Return what `paths`, or else the configuration, name: folders, files, and FILE::TITLE.

    A Python file, or FILE::TEST, that is named itself is one of tests; folders have specs alone.

    Raises:
        NoSpecsFolderError: if there is no path, and nothing where specs are by default.
        NoSuchPathError: for a path that leads nowhere.
        NoSuchSpecError: for a title that its file does not have.
    """
    if not paths and config.paths == Config().paths and not Path(config.paths[0]).exists():
        raise NoSpecsFolderError(config.paths[0])
    every = [_split(path) for path in paths or config.paths]
    given = [pair for pair in every if not _is_tests(pair[0])]
    whole = find_spec_files([path for path, title in given if title is None])
    ids: dict[str, set[str]] = {}
    for path, title in given:
        file = Path(path)
        if title is not None and file not in whole:
            _assert_titled(file, title)
            ids.setdefault(file.as_posix(), set()).add(f"{file.as_posix()}{SEPARATOR}{title}")
    files = find_spec_files([path for path, _ in given])
    tests = _tests([pair for pair in every if _is_tests(pair[0])])
    return Chosen(files, {file: frozenset(named) for file, named in ids.items()}, tests)


def _is_tests(path: str) -> bool:
    return path.endswith(TESTS) and not Path(path).is_dir()


def _tests(given: Sequence[tuple[str, str | None]]) -> Mapping[str, tuple[str, ...]]:
    """Return the names of tests by file; a file that is named as a whole is taken as a whole."""
    _ = find_spec_files([path for path, _ in given])  # it says so where one leads nowhere
    named: dict[str, list[str | None]] = {}
    for path, name in given:
        named.setdefault(Path(path).as_posix(), []).append(name)
    return {
        file: () if None in names else tuple(dict.fromkeys(filter(None, names)))
        for file, names in named.items()
    }


def _split(given: str) -> tuple[str, str | None]:
    """Return the path, and the title where the id of a spec is given."""
    path, separator, title = given.partition(SEPARATOR)
    return (path, title) if separator and not os.path.lexists(given) else (given, None)


def _assert_titled(file: Path, title: str) -> None:
    from gradverify.spec.parse import read_specs  # pydantic, which folders and files do not need

    _ = find_spec_files([str(file)])
    if file.is_dir():
        raise NoSuchSpecError(file.as_posix(), title, ())
    specs, faults = read_specs(file)
    titles = {spec.title for spec in specs}
    if title not in titles and not faults:  # if there are any, they are what is to be told
        raise NoSuchSpecError(file.as_posix(), title, titles)
