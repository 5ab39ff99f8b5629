"""How a run is shown while it goes, and at its end."""

import os
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, final

import click

from gradverify.commands.request import RunRequest
from gradverify.config import Config
from gradverify.events import Event, LoopAdvanced, SpecFinished
from gradverify.report.console import render_progress, render_record, render_rest
from gradverify.report.record import Record, Recorder
from gradverify.report.table import renderer
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
