"""What a run says while it runs: all that `run/` and `report/` share."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias, final

from gradverify.verdict.verdict import SpecResult


@final
@dataclass(frozen=True, slots=True)
class RunStarted:
    """A run begins: how many specs it has, and with what."""

    total: int
    seed: int | None
    oracles: tuple[str, ...]
    environment: Mapping[str, str]


@final
@dataclass(frozen=True, slots=True)
class SpecStarted:
    """A spec begins."""

    id: str
    title: str


@final
@dataclass(frozen=True, slots=True)
class LoopAdvanced:
    """A training loop of the spec has come so far."""

    done: int
    total: int


@final
@dataclass(frozen=True, slots=True)
class SpecFinished:
    """A spec is done, one way or another; `again` is the command that runs it alone."""

    result: SpecResult
    again: str = ""


@final
@dataclass(frozen=True, slots=True)
class RunFinished:
    """A run ends: `interrupted` by a person, or `stopped` early because of `-x`."""

    seconds: float
    interrupted: bool = False
    stopped: bool = False


Event: TypeAlias = RunStarted | SpecStarted | LoopAdvanced | SpecFinished | RunFinished
