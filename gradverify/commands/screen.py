"""How a run is shown while it goes, and at its end."""

import os
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, final

import click

from gradverify.commands.request import RunRequest
from gradverify.config import Config
from gradverify.events import Event, LoopAdvanced, SpecFinished
from gradverify.files import CannotWriteError
from gradverify.report.console import render_progress, render_record, render_rest
from gradverify.report.record import (
    BROKEN,
    INTERRUPTED,
    Record,
    Recorder,
    exit_code,
    summarise,
)
from gradverify.report.table import Target, renderer, write_reports
from gradverify.report.terminal import print_text, progress_bar, wants_color
from gradverify.verdict.verdict import SpecResult

if TYPE_CHECKING:
    from gradverify.tape.perform import Advance


@final
@dataclass(frozen=True, slots=True)
class Screen:
    """How a run is shown on stdout: `streams` says that text comes as the run goes."""

    format: str
    verbose: bool
    color: bool
    streams: bool

    def print_progress(self, before: SpecResult | None, event: SpecFinished) -> None:
        """Write what one more result adds."""
        if self.streams:
            text = render_progress(before, event.result, event.compared, verbose=self.verbose)
            print_text(text, color=self.color)

    def print_end(self, record: Record) -> None:
        """Write what is left at the end, which is all of it where nothing was streamed."""
        if self.format == "github":
            _print_github(record, verbose=self.verbose)
        elif self.format != "text":
            click.echo(renderer(self.format)(record), nl=False)
        elif self.streams:
            print_text(render_rest(record, verbose=self.verbose), color=self.color)
        else:
            print_text(render_record(record, verbose=self.verbose), color=self.color)


def _print_github(record: Record, *, verbose: bool) -> None:
    from gradverify.report.github import fill_step_summary, render_github

    click.echo(render_github(record, os.environ, verbose=verbose), nl=False)
    problem = fill_step_summary(record, os.environ)
    if problem:
        click.echo(f"Warning: {problem}", err=True)


def screen_of(request: RunRequest, config: Config) -> Screen:
    """Return how to show a run; a bar on stderr and lines on stdout would write over each other."""
    color = wants_color(config.color, os.environ, is_terminal=sys.stdout.isatty())
    streams = config.format == "text" and not sys.stderr.isatty()
    return Screen(config.format, verbose=request.verbose, color=color, streams=streams)


def conclude(record: Record, screen: Screen, targets: Sequence[Target]) -> int:
    """Write the end of the text and every report, and return the exit code."""
    screen.print_end(record)
    code = exit_code(summarise(record))
    try:
        write_reports(record, targets)
    except CannotWriteError as error:  # what was found is printed, and must not be lost for it
        click.echo(f"Error: {error}", err=True)
        return code if code == INTERRUPTED else BROKEN
    return code


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
                    screen.print_progress(before, event)
        except KeyboardInterrupt:  # outside the runner, which reports its own
            return replace(recorder.record(), interrupted=True)
    return recorder.record()
