"""`gradverify run`: settings first, then the specs, one event after the other, then the reports."""

import os
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, final

import click

from gradverify.commands.requirements import assert_installed, assert_known
from gradverify.commands.settings import chosen_specs, config_with_memory
from gradverify.config import Config, words
from gradverify.events import Event, LoopAdvanced, SpecFinished
from gradverify.files import CannotWriteError
from gradverify.report.console import render_progress, render_record, render_rest
from gradverify.report.record import BROKEN, INTERRUPTED, Record, Recorder, exit_code, summarise
from gradverify.report.table import parse_targets, renderer, write_reports
from gradverify.report.terminal import print_text, progress_bar, wants_color
from gradverify.run.options import Options
from gradverify.verdict.verdict import SpecResult

if TYPE_CHECKING:
    from gradverify.tape.perform import Advance


@final
@dataclass(frozen=True, slots=True)
class RunRequest:
    """The options of `run` as they were given; None is an option that was not."""

    paths: tuple[str, ...]
    keyword: str
    oracles: str | None
    require: str | None
    seed: int | None
    fail_fast: bool
    verbose: bool
    format: str | None
    report: tuple[str, ...]
    max_memory: str | None
    color: str | None
    allow_import: bool = False


@final
@dataclass(frozen=True, slots=True)
class Screen:
    """How a run is shown on stdout: `streams` says that text comes as the run goes."""

    format: str
    verbose: bool
    color: bool
    streams: bool

    def print_progress(self, before: SpecResult | None, result: SpecResult) -> None:
        """Write what one more result adds."""
        if self.streams:
            text = render_progress(before, result, verbose=self.verbose)
            print_text(text, color=self.color)

    def print_end(self, record: Record) -> None:
        """Write what is left at the end, which is all of it where nothing was streamed."""
        if self.format == "json":
            click.echo(renderer("json")(record), nl=False)
        elif self.streams:
            print_text(render_rest(record, verbose=self.verbose), color=self.color)
        else:
            print_text(render_record(record, verbose=self.verbose), color=self.color)


def screen_of(request: RunRequest, config: Config) -> Screen:
    """Return how to show a run; a bar on stderr and lines on stdout would write over each other."""
    color = wants_color(config.color, os.environ, is_terminal=sys.stdout.isatty())
    streams = config.format == "text" and not sys.stderr.isatty()
    return Screen(config.format, verbose=request.verbose, color=color, streams=streams)


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


def settings(request: RunRequest) -> Config:
    """Return the configuration with the options of the command line above it."""
    config = config_with_memory(request.max_memory)
    given = {
        "oracles": None if request.oracles is None else words(request.oracles),
        "require": None if request.require is None else words(request.require),
        "seed": request.seed,
        "format": request.format,
        "report": request.report or None,
        "color": request.color,
        "allow_import": request.allow_import or None,
    }
    return replace(config, **{key: value for key, value in given.items() if value is not None})


def options_of(request: RunRequest, config: Config, ids: Mapping[str, frozenset[str]]) -> Options:
    """Return what the runner has to know."""
    return Options(
        oracles=config.oracles,
        require=config.require,
        seed=config.seed,
        keyword=request.keyword,
        fail_fast=request.fail_fast,
        max_bytes=config.max_memory,
        default_seed=config.default_seed,
        ids=ids,
        allow_import=config.allow_import,
    )


def follow(start: Callable[["Advance"], Iterable[Event]], screen: Screen) -> Record:
    """Return the record of a run, shown as it went; an interrupted run keeps what it has.

    `start` is given what is to be told of the steps of training loops, within a spec.
    """
    recorder = Recorder()
    with progress_bar(sys.stderr) as move:
        try:
            for event in start(lambda done, total: move(LoopAdvanced(done, total))):
                before = recorder.last
                recorder.add(event)
                move(event)
                if isinstance(event, SpecFinished):
                    screen.print_progress(before, event.result)
        except KeyboardInterrupt:  # outside the runner, which reports its own
            return replace(recorder.record(), interrupted=True)
    return recorder.record()
