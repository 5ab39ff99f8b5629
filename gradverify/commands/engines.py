"""Who runs the specs: this process, worker processes of its own, or an executor."""

import os
from typing import TYPE_CHECKING

import click

from gradverify.commands.settings import Chosen
from gradverify.config import Config
from gradverify.oracles.table import FRAMEWORKS
from gradverify.run.state_folder import FOLDER

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gradverify.events import Event
    from gradverify.run.engine import Engine
    from gradverify.run.options import Options
    from gradverify.tape.perform import Advance


def events_of(
    chosen: Chosen, options: "Options", config: Config, engine: "Engine"
) -> "Iterator[Event]":
    """Return the events of a run of what was chosen: specs by an engine, then tests in Python."""
    from gradverify.run.runner import run  # numpy, and with it all else, from here on

    events = run(chosen.files, options, engine)
    if not chosen.tests:
        return events
    from gradverify.run.with_tests import with_tests

    return with_tests(events, chosen.tests, options, config.timeout)


def engine_of(config: Config, advance: "Advance") -> "Engine":
    """Return what runs tasks; `advance` is told of the steps of training loops run here.

    Without a number of processes there are no others, unless a timeout needs one that can be ended.

    Raises:
        GradverifyError: if there is to be an executor, and it cannot be had.
    """
    if config.executor is not None:
        return _executed(config.executor, config.timeout)
    if config.processes is None and config.timeout is None:
        from gradverify.run.engine import Inline

        return Inline(advance)
    return _workers(config)


def _executed(name: str, timeout: float | None) -> "Engine":
    from gradverify.run.executor_named import maker_of
    from gradverify.run.executors import Chosen, Executed

    return Executed(Chosen(name, maker_of(name), timeout, _tell))


def _tell(sentence: str) -> None:
    click.echo(sentence, err=True)


def _workers(config: Config) -> "Engine":
    from gradverify.run.forkserver import context_of
    from gradverify.run.workers import Workers

    count = processors() if config.processes == "auto" else config.processes or 1
    asked = FRAMEWORKS if config.oracles is None else FRAMEWORKS.intersection(config.oracles)
    names = tuple(sorted(asked))
    if not (config.cache and FOLDER.is_dir()):  # else all may be known, and nobody be needed
        _ = context_of(names)  # it imports while the specs are read
    return Workers(count, config.timeout, config.max_memory, names)


def processors() -> int:
    """Return how many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
