"""What a run was asked for: the options of the command line, above the configuration."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import final

from gradverify.commands.said import project_here, said
from gradverify.config import Config, config_here, with_values, words
from gradverify.errors import UsageError
from gradverify.run.options import Options


@final
@dataclass(frozen=True, slots=True)
class RunRequest:
    """The options of `run` as they were given; None is an option that was not."""

    paths: tuple[str, ...]
    keyword: str = ""
    oracles: str | None = None
    require: str | None = None
    seed: int | None = None
    fail_fast: bool = False
    verbose: bool = False
    format: str | None = None
    report: tuple[str, ...] = ()
    max_memory: str | None = None
    color: str | None = None
    allow_import: bool = False
    baseline: str | None = None
    processes: str | None = None
    timeout: float | None = None
    executor: str | None = None
    shard: str | None = None
    last_failed: bool = False
    watch: bool = False
    no_cache: bool = False


@final
class ShardError(UsageError):
    """A `--shard` that is not NUMBER/COUNT, or a number that is out of range."""

    def __init__(self, text: str) -> None:
        super().__init__(
            f"--shard {text}: not NUMBER/COUNT with a number from 1 to the count, such as 2/8"
        )


@final
class ExecutorNotAllowedError(UsageError):
    """The configuration names an executor, and nobody has allowed that it is used."""

    def __init__(self, given: str) -> None:
        super().__init__(
            f"the configuration names the executor {given}, which can run any code here; look at "
            "it first, and give --allow-import, or --executor on the command line"
        )


@final
class TwoEnginesError(UsageError):
    """Worker processes and an executor are asked for at once."""

    def __init__(self, processes: object, executor: str) -> None:
        super().__init__(
            f"-n {processes} and --executor {executor} exclude each other: specs run either in "
            "processes of this machine, or wherever the executor has its workers"
        )


def settings(request: RunRequest) -> Config:
    """Return the configuration with the options of the command line above it.

    Raises:
        ConfigError: for a value that its key does not take.
        TwoEnginesError: for worker processes beside an executor.
        ExecutorNotAllowedError: for an executor that is not the command line's, without leave.
    """
    written = {
        "max-memory": request.max_memory,
        "processes": request.processes,
        "timeout": request.timeout,
    }
    spoken = {key: value for key, value in written.items() if value is not None}
    config = with_values(config_here(), spoken, "the command line")
    given = {
        "oracles": None if request.oracles is None else words(request.oracles),
        "require": None if request.require is None else words(request.require),
        "seed": request.seed,
        "format": request.format,
        "report": request.report or None,
        "color": request.color,
        "allow_import": request.allow_import or None,
        "baseline": request.baseline,
        "executor": request.executor,
        "cache": False if request.no_cache else None,
    }
    spoken = {key: value for key, value in given.items() if value is not None}
    return _with_one_engine(request, replace(config, **spoken))


def _with_one_engine(request: RunRequest, config: Config) -> Config:
    """Return a configuration that says once who runs the specs: the command line, if it does."""
    if config.executor is None or config.processes is None:
        chosen = config
    elif (request.executor is None) == (request.processes is None):
        raise TwoEnginesError(config.processes, config.executor)
    else:
        chosen = replace(config, **{"processes" if request.executor else "executor": None})
    if chosen.executor is None or request.executor is not None or chosen.allow_import:
        return chosen
    # An executor's replies are unpickled here: a scheduler that others chose could send anything.
    raise ExecutorNotAllowedError(chosen.executor)


def options_of(request: RunRequest, config: Config, ids: Mapping[str, frozenset[str]]) -> Options:
    """Return what the runner has to know."""
    return Options(
        oracles=config.oracles,
        require=config.require,
        seed=config.seed,
        keyword=request.keyword,
        max_bytes=config.max_memory,
        default_seed=config.default_seed,
        ids=ids,
        allow_import=config.allow_import,
        shard=None if request.shard is None else shard_of(request.shard),
        said=said(config, project_here()),
    )


def shard_of(text: str) -> tuple[int, int]:
    """Return `2/8` as its two numbers.

    Raises:
        ShardError: if the text is not such a pair, or its number is not one of its count.
    """
    number, slash, count = (part.strip() for part in text.partition("/"))
    if not (slash and number.isdecimal() and count.isdecimal() and 1 <= int(number) <= int(count)):
        raise ShardError(text)
    return int(number), int(count)
