"""`gradverify list` and `gradverify validate`: read specs, build them, run nothing."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import click

from gradverify.commands.settings import config_with_memory, spec_files
from gradverify.errors import SpecErrors
from gradverify.report.record import BROKEN, NOTHING_COMPARED, PASSED
from gradverify.report.terminal import printable
from gradverify.run.options import matches
from gradverify.spec.parse import load_specs
from gradverify.spec.spec import Spec

NO_SPECS: Final = "no spec was selected"


def list_specs(paths: tuple[str, ...], keyword: str) -> int:
    """Print a line a spec; the faults of files that cannot be read go to stderr."""
    specs, faults = read_specs(spec_files(paths, config_with_memory(None)), keyword)
    for spec in specs:
        document = spec.model.document or ""
        click.echo(printable(f"{spec.id}  {document}".rstrip()))
    return _end(len(specs), faults)


def validate_specs(paths: tuple[str, ...], max_memory: str | None) -> int:
    """Build every spec, print all faults, and say how many specs have none."""
    from gradverify.program.build import build_program  # numpy, which a list does not need

    config = config_with_memory(max_memory)
    specs, faults = read_specs(spec_files(paths, config), "")
    built = [_faults_of(lambda spec=spec: build_program(spec, config.max_memory)) for spec in specs]
    faults = [*faults, *(fault for fault in built if fault)]
    sound = len(specs) - sum(map(bool, built))
    click.echo(f"{sound} of {len(specs)} specs that could be read are sound")
    return _end(len(specs), faults)


def read_specs(files: Sequence[Path], keyword: str) -> tuple[list[Spec], list[str]]:
    """Return the specs whose id has the keyword in it, and the faults of files without any."""
    specs: list[Spec] = []
    faults: list[str] = []
    for file in files:
        try:
            specs.extend(load_specs(file))
        except SpecErrors as error:
            faults.append(str(error))
    return [spec for spec in specs if matches(keyword, spec.id)], faults


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
