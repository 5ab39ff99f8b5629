"""What `run --baseline` holds its results against."""

from datetime import date
from pathlib import Path

from gradverify.baseline.read import read_baseline
from gradverify.commands.baseline import split_file
from gradverify.commands.request import RunRequest, shard_of
from gradverify.commands.said import project_here, said_file
from gradverify.config import Config
from gradverify.run.baselined import Scope, with_baseline
from gradverify.run.fail_fast import Hold


def holding(request: RunRequest, config: Config) -> Hold:
    """Return what holds a run against its baseline; without one, it leaves events as they are.

    Raises:
        BaselineError: if the file is not there, or not whole and in order.
    """
    if config.baseline is None:
        return lambda events: events
    path, scope = Path(config.baseline), _scope(request, config)
    baseline = read_baseline(path)
    return lambda events: with_baseline(events, baseline, path, scope, date.today())


def _scope(request: RunRequest, config: Config) -> Scope:
    return Scope(
        paths=request.paths or config.paths,
        keyword=request.keyword,
        oracles=config.oracles,
        shard=None if request.shard is None else shard_of(request.shard),
        is_partial=request.last_failed,
        given=(*_file(request, config), *request.paths, *_options(request)),
    )


def _file(request: RunRequest, config: Config) -> tuple[str, ...]:
    """Return the baseline's file where it has to be said, or a path would be taken for it."""
    path = Path(config.baseline or "")
    file, _ = split_file(request.paths)
    return said_file(path, project_here()) if file is None else (str(path),)


def _options(request: RunRequest) -> tuple[str, ...]:
    """Return the options of a run that decide what it finds."""
    given = (
        ("-k", request.keyword),
        ("--oracles", request.oracles),
        ("--seed", request.seed),
        ("--max-memory", request.max_memory),
    )
    pairs = ((name, str(value)) for name, value in given if value not in {None, ""})
    allowed = ("--allow-import",) if request.allow_import else ()
    return (*(word for pair in pairs for word in pair), *allowed)
