"""`gradverify list` and `gradverify validate`: read specs, build them, run nothing."""

from collections.abc import Callable, Iterator, Sequence
from os.path import commonpath
from pathlib import Path
from typing import Final
from urllib.parse import quote

import click

from gradverify.commands.settings import Chosen, chosen_specs, config_with_memory
from gradverify.errors import SpecErrors
from gradverify.report.record import BROKEN, NOTHING_COMPARED, PASSED
from gradverify.report.terminal import printable
from gradverify.run.options import is_named, matches
from gradverify.spec.parse import read_specs as read_file
from gradverify.spec.spec import Spec

NO_SPECS: Final = "no spec was selected"
HEAD: Final = ("| document | cell | specs |", "| --- | --- | --- |")
TEXT: Final = "text"
"""What stands for the cell of a spec that names none."""
NOWHERE: Final = "no document"
"""What stands for the document of a spec that comes from none."""


def list_specs(paths: tuple[str, ...], keyword: str, *, by_document: bool, verbose: bool) -> int:
    """Print a line a spec, or a table; the faults of files that cannot be read go to stderr.

    Files of tests that are named are imported, in a process of their own, and have a line a test.
    """
    chosen = chosen_specs(paths, config_with_memory(None))
    specs, faults = read_specs(chosen, keyword)
    tests, unread = _tests(chosen, keyword)
    for line in _table(specs) if by_document else [*_lines(specs, verbose=verbose), *tests]:
        click.echo(printable(line))
    return _end(len(specs) + len(tests), [*faults, *unread])


def validate_specs(paths: tuple[str, ...], max_memory: str | None) -> int:
    """Build every spec, print all faults, and say how many specs have none."""
    from gradverify.run.prepare import prepare  # numpy, which a list does not need

    config = config_with_memory(max_memory)
    chosen = chosen_specs(paths, config)
    for path in chosen.tests if paths else ():  # nobody typed those of the configuration
        click.echo(printable(f"{path} has tests, which `gradverify run` runs; left out"), err=True)
    specs, unread = read_specs(chosen, "")
    built = [_faults_of(lambda spec=spec: prepare(spec, config.max_memory)) for spec in specs]
    unsound = [fault for fault in built if fault]
    click.echo(_soundness(len(specs), len(unsound), len(unread)))
    return _end(len(specs), [*unread, *unsound])


def read_specs(chosen: Chosen, keyword: str) -> tuple[list[Spec], list[str]]:
    """Return the specs whose id has the keyword in it, and the faults of each file that has any."""
    specs: list[Spec] = []
    faults: list[str] = []
    for file in chosen.files:
        sound, found = read_file(file)
        specs.extend(sound)
        faults.extend([str(SpecErrors(found))] if found else [])
    named = (spec for spec in specs if is_named(chosen.ids, spec.path, spec.id))
    return [spec for spec in named if matches(keyword, spec.id)], faults


def _tests(chosen: Chosen, keyword: str) -> tuple[list[str], list[str]]:
    """Return the ids of the marked tests whose id has the keyword in it, and faults of files."""
    if not chosen.tests:
        return [], []
    from gradverify.run.tested import listed  # numpy, which a list of specs does not need

    found = {path: listed(path, names, keyword) for path, names in chosen.tests.items()}
    faults = [f"{path}: {tests.fault}" for path, tests in found.items() if tests.fault]
    return [name for tests in found.values() for name in tests.ids], faults


def _lines(specs: Sequence[Spec], *, verbose: bool) -> Iterator[str]:
    for spec in specs:
        named = (spec.model.document, spec.model.function if verbose else None)
        yield "  ".join([spec.id, *filter(None, named)])


def _table(specs: Sequence[Spec]) -> Iterator[str]:
    """Yield a Markdown table with a row a cell: the files whose specs are of that cell.

    Links lead from the folder that holds them all. Text comes after the numbered cells of its
    document, and what has no document comes last.
    """
    if not specs:
        return
    paths = {spec.path: Path(spec.path).absolute() for spec in specs}
    root = commonpath([path.parent for path in paths.values()])
    links = {given: _link(path.relative_to(root)) for given, path in paths.items()}
    cells: dict[tuple[str, int | None], set[str]] = {}
    for spec in specs:
        for cell in spec.model.cells or (None,):
            cells.setdefault((spec.model.document or "", cell), set()).add(links[spec.path])
    yield from HEAD
    for document, cell in sorted(cells, key=_place):
        number, files = TEXT if cell is None else cell, ", ".join(sorted(cells[document, cell]))
        yield f"| {_escaped(document) or NOWHERE} | {number} | {files} |"


def _place(row: tuple[str, int | None]) -> tuple[bool, str, bool, int]:
    document, cell = row
    return not document, document, cell is None, cell or 0


def _link(path: Path) -> str:
    name = path.name.rpartition(".grad.")[0]
    return f"[{_escaped(name)}]({quote(path.as_posix())})"


def _escaped(text: str) -> str:
    """Keep a text from ending its line, its cell or its link before its end."""
    text = " ".join(text.split())
    for mark in "\\|[]":
        text = text.replace(mark, f"\\{mark}")
    return text


def _soundness(specs: int, unsound: int, unread: int) -> str:
    has = "file has" if unread == 1 else "files have"
    sound = f"{specs - unsound} of {specs} spec{'' if specs == 1 else 's'} can be run"
    files = f"{unread} {has} specs that cannot be read"
    return "; ".join([sound] * (specs > 0 or not unread) + [files] * (unread > 0))


def _faults_of(build: Callable[[], object]) -> str:
    try:
        _ = build()
    except SpecErrors as error:
        return str(error)
    return ""


def _end(count: int, faults: Sequence[str]) -> int:
    for fault in faults:
        click.echo(f"\n{printable(fault)}", err=True)
    if faults:
        return BROKEN
    if not count:
        click.echo(NO_SPECS, err=True)
    return PASSED if count else NOTHING_COMPARED
