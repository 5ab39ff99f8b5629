"""`gradverify list` and `gradverify validate`: read specs, build them, run nothing."""

from collections.abc import Callable, Sequence
from typing import Final

import click

from gradverify.commands.settings import Chosen, chosen_specs, config_with_memory
from gradverify.errors import SpecErrors
from gradverify.report.record import BROKEN, NOTHING_COMPARED, PASSED
from gradverify.report.terminal import printable
from gradverify.run.options import is_named, matches
from gradverify.spec.parse import read_specs as read_file
from gradverify.spec.spec import Spec

NO_SPECS: Final = "no spec was selected"


def list_specs(paths: tuple[str, ...], keyword: str) -> int:
    """Print a line a spec; the faults of files that cannot be read go to stderr."""
    specs, faults = read_specs(chosen_specs(paths, config_with_memory(None)), keyword)
    for spec in specs:
        document = spec.model.document or ""
        click.echo(printable(f"{spec.id}  {document}".rstrip()))
    return _end(len(specs), faults)


def validate_specs(paths: tuple[str, ...], max_memory: str | None) -> int:
    """Build every spec, print all faults, and say how many specs have none."""
    from gradverify.program.build import build_program  # numpy, which a list does not need

    config = config_with_memory(max_memory)
    specs, unread = read_specs(chosen_specs(paths, config), "")
    built = [_faults_of(lambda spec=spec: build_program(spec, config.max_memory)) for spec in specs]
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
