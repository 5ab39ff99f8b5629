"""`--lf`: what did not pass last time is written down, and only that runs again."""

import json
import os
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, TypeAlias, cast, final

import click

from gradverify.commands.settings import SEPARATOR, Chosen
from gradverify.errors import GradverifyError
from gradverify.events import SpecFinished
from gradverify.files import CannotWriteError, write_whole
from gradverify.report.record import Record
from gradverify.run.options import matches
from gradverify.run.state_folder import FOLDER, make_state_folder
from gradverify.run.work import test_of

Failed: TypeAlias = Mapping[str, frozenset[str]]
"""Titles, or names of tests, by file; files are relative to the current folder."""

FILE: Final = FOLDER / "last-failed.json"
FORMAT: Final = 1
WHOLE: Final = ""
"""In place of a title: the file could not be read, or not all of it."""
PYTHON: Final = ".py"


@final
class UnreadableStateError(GradverifyError):
    """The file of last failures is not what gradverify writes."""

    def __init__(self, problem: object) -> None:
        super().__init__(f"{FILE} cannot be read: {problem}; all specs run")


def only_failed(chosen: Chosen, keyword: str) -> Chosen:
    """Return those of the chosen specs that did not pass last time, or all where there are none.

    What that comes to is told on stderr.
    """
    try:
        failed = _read()
    except UnreadableStateError as error:
        click.echo(f"Warning: --lf: {error}", err=True)
        return chosen
    specs = _only(failed, [file.as_posix() for file in chosen.files], _selected(chosen, keyword))
    tests = _only(failed, chosen.tests, _selected_tests(chosen, keyword))
    count = sum(map(len, (*specs.values(), *tests.values())))
    click.echo(f"--lf: {_told(count, known=bool(failed))}", err=True)
    return _narrowed(chosen, specs, tests) if count else chosen


def _told(count: int, *, known: bool) -> str:
    if count:
        return f"{count} {'spec' if count == 1 else 'specs'} that did not pass last time"
    if known:
        return "none of the specs that did not pass last time is selected; all run"
    return "no spec is known not to have passed last time; all run"


def _narrowed(chosen: Chosen, specs: Failed, tests: Failed) -> Chosen:
    ids = {
        path: frozenset(f"{path}{SEPARATOR}{title}" for title in titles)
        for path, titles in specs.items()
        if WHOLE not in titles
    }
    files = tuple(file for file in chosen.files if file.as_posix() in specs)
    names = {path: () if WHOLE in found else tuple(sorted(found)) for path, found in tests.items()}
    return replace(chosen, files=files, ids=ids, tests=names)


def remember(record: Record, chosen: Chosen) -> None:
    """Write down what did not pass; specs that were not run keep their state, unless they are gone.

    Of a folder that cannot be written nothing is said: it is no fault of the run.
    """
    with suppress(OSError, CannotWriteError):
        before = _read_or_none()
        after = _after(before or {}, record)
        read = {_relative(path) for path in (*map(Path.as_posix, chosen.files), *chosen.tests)}
        kept = {path: _there(path, found) if path in read else found for path, found in after}
        failed = {path: titles for path, titles in kept.items() if titles}
        if failed != before:
            _write(failed)


def _only(
    failed: Failed, paths: Iterable[str], selected: Callable[[str, str], bool]
) -> dict[str, frozenset[str]]:
    """Return what failed, is still there, and is selected, by file as it is written here."""
    found = {path: _there(path, failed.get(_relative(path), frozenset())) for path in paths}
    chosen = {path: {title for title in found[path] if selected(path, title)} for path in found}
    return {path: frozenset(titles) for path, titles in chosen.items() if titles}


def _selected(chosen: Chosen, keyword: str) -> Callable[[str, str], bool]:
    def selected(path: str, title: str) -> bool:
        name = f"{path}{SEPARATOR}{title}"
        if title == WHOLE:
            return path not in chosen.ids
        return name in chosen.ids.get(path, {name}) and matches(keyword, name)

    return selected


def _selected_tests(chosen: Chosen, keyword: str) -> Callable[[str, str], bool]:
    def selected(path: str, name: str) -> bool:
        given = chosen.tests[path]
        within = any(name == one or name.startswith((f"{one}::", f"{one}[")) for one in given)
        return (within or not given) and matches(keyword, f"{path}{SEPARATOR}{name}")

    return selected


def _after(before: Failed, record: Record) -> list[tuple[str, frozenset[str]]]:
    failed = {path: set(titles) for path, titles in before.items() if Path(path).exists()}
    results = [result for result in record.results if not result.interrupted]
    names = [(_relative(result.path), _title(result.path, result.id)) for result in results]
    for path, title in names:
        failed.setdefault(path, set()).discard(title)
        if path.endswith(PYTHON):
            failed[path].discard(WHOLE)  # whose tests have results was read
    for (path, title), result in zip(names, results, strict=True):
        if SpecFinished(result, compared=record.compared.get(result.id)).fails:
            failed[path].add(title)
    return [(path, frozenset(titles)) for path, titles in failed.items()]


def _title(path: str, name: str) -> str:
    return test_of(name).removeprefix(path).removeprefix(SEPARATOR)


def _there(path: str, titles: frozenset[str]) -> frozenset[str]:
    """Return those of the titles that a file still has."""
    if not titles:
        return titles
    return _tests_there(path, titles) if path.endswith(PYTHON) else _specs_there(path, titles)


def _specs_there(path: str, titles: frozenset[str]) -> frozenset[str]:
    from gradverify.spec.parse import read_specs  # pydantic, and only where something failed

    specs, faults = read_specs(Path(path))
    return titles & {*(spec.title for spec in specs), *([WHOLE] if faults else [])}


def _tests_there(path: str, titles: frozenset[str]) -> frozenset[str]:
    try:
        text = Path(path).read_text("utf-8", errors="replace")
    except OSError:
        return frozenset()
    names = {title: title.rpartition("::")[2].partition("[")[0] for title in titles}
    return frozenset(title for title, name in names.items() if name in text)


def _relative(path: str) -> str:
    try:
        return Path(os.path.relpath(path)).as_posix()
    except ValueError:  # on another drive of Windows
        return Path(path).as_posix()


def _read_or_none() -> Failed | None:
    try:
        return _read()
    except UnreadableStateError:
        return None  # which is no state that could be left as it is


def _read() -> Failed:
    """Return what is written down, or nothing before the first run; raises UnreadableStateError."""
    try:
        return _failed_in(json.loads(FILE.read_text("utf-8")))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError) as error:
        raise UnreadableStateError(error) from error


def _failed_in(told: object) -> Failed:
    """Raise ValueError for what `_write` does not write."""
    state: Mapping[str, Any] = cast("Any", told) if isinstance(told, dict) else {}
    if state.get("format") != FORMAT:
        text = f"it is not of format {FORMAT}"
        raise ValueError(text)
    try:
        return {str(path): frozenset(map(str, names)) for path, names in state["failed"].items()}
    except (AttributeError, KeyError, TypeError) as error:
        text = "it has no titles by file"
        raise ValueError(text) from error


def _write(failed: Failed) -> None:
    make_state_folder(FOLDER)
    titles = {path: sorted(failed[path]) for path in sorted(failed)}
    text = json.dumps({"format": FORMAT, "failed": titles}, indent=1)
    write_whole(FILE, f"{text}\n")
