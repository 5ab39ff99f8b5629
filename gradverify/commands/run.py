"""`gradverify run`: settings first, then the specs, one event after the other, then the reports."""

import click

from gradverify.commands.request import RunRequest, options_of, settings
from gradverify.commands.requirements import assert_installed, assert_known
from gradverify.commands.screen import follow, screen_of
from gradverify.commands.settings import chosen_specs
from gradverify.files import CannotWriteError
from gradverify.report.record import BROKEN, INTERRUPTED, exit_code, summarise
from gradverify.report.table import parse_targets, write_reports


def run_specs(request: RunRequest) -> int:
    """Run what was asked for, print and write the reports, and return the exit code.

    Raises:
        UsageError: for a path, option or setting that cannot be used, before anything runs.
        MissingOracleError: for a required oracle that is not installed, likewise.
    """
    config = settings(request)
    targets = parse_targets(config.report)
    chosen = chosen_specs(request.paths, config)
    options = options_of(request, config, chosen.ids)
    assert_known(options.oracles, options.require)
    assert_installed(options.require)
    from gradverify.run.engine import Inline
    from gradverify.run.runner import run  # numpy, and with it all else, from here on

    screen = screen_of(request, config)
    record = follow(lambda advance: run(chosen.files, options, Inline(advance)), screen)
    screen.print_end(record)
    code = exit_code(summarise(record))
    try:
        write_reports(record, targets)
    except CannotWriteError as error:  # what was found is printed, and must not be lost for it
        click.echo(f"Error: {error}", err=True)
        return code if code == INTERRUPTED else BROKEN
    return code
