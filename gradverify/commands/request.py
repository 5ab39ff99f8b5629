"""What a run was asked for: the options of the command line, above the configuration."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import final

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


def settings(request: RunRequest) -> Config:
    """Return the configuration with the options of the command line above it."""
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
        shard=None if request.shard is None else shard_of(request.shard),
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
