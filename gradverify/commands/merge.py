"""`gradverify merge`: the reports of parts of a run, joined, shown as the whole run."""

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import final

import click

from gradverify.commands.screen import Screen, conclude
from gradverify.config import config_here
from gradverify.report.table import parse_targets
from gradverify.report.terminal import wants_color


@final
@dataclass(frozen=True, slots=True)
class MergeRequest:
    """The options of `merge` as they were given; None is an option that was not."""

    reports: tuple[str, ...]
    format: str | None
    report: tuple[str, ...]
    verbose: bool


def merge_reports(request: MergeRequest) -> int:
    """Print the joined reports, write those that are asked for, and return the exit code.

    Raises:
        UsageError: for an option that cannot be used, before anything is read.
        NotAReportError: for a file that is no whole report.
        CannotJoinError: for reports that are not of one run.
    """
    config = config_here()
    targets = parse_targets(request.report)
    from gradverify.report.joined import Part, joined, warnings
    from gradverify.report.json_read import read_report

    parts = [Part(name, read_report(Path(name))) for name in request.reports]
    record = joined(parts)
    for warning in warnings(parts):
        click.echo(f"Warning: {warning}", err=True)
    color = wants_color(config.color, os.environ, is_terminal=sys.stdout.isatty())
    form = request.format or config.format
    screen = Screen(form, verbose=request.verbose, color=color, streams=False)
    return conclude(record, screen, targets)
