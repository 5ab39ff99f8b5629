"""What a run says while it runs: all that `run/` and `report/` share."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias, final

from gradverify.baseline.compared import Compared, SpecCompared
from gradverify.verdict.verdict import SpecResult


@final
@dataclass(frozen=True, slots=True)
class RunStarted:
    """A run begins: how many specs it has, and with what.

    `shard` is (2, 8) for the second of 8; `elsewhere` counts the specs of the others.
    """

    total: int
    seed: int | None
    oracles: tuple[str, ...]
    environment: Mapping[str, str]
    shard: tuple[int, int] | None = None
    elsewhere: int = 0


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
    """A spec is done, one way or another; `again` is the command that runs it alone.

    `compared` is how it differs from a baseline, where there is one.
    """

    result: SpecResult
    again: str = ""
    compared: SpecCompared | None = None

    @property
    def fails(self) -> bool:
        """Whether the run fails of it, which a baseline may excuse, or find where none was."""
        if self.compared is None:
            return self.result.status != "passed"
        open_ = self.result.status != "passed" and not self.compared.excused
        return open_ or bool(self.compared.regressions)


@final
@dataclass(frozen=True, slots=True)
class RunFinished:
    """A run ends: `interrupted` by a person, or `stopped` early because of `-x`."""

    seconds: float
    interrupted: bool = False
    stopped: bool = False
    compared: Compared | None = None


Event: TypeAlias = RunStarted | SpecStarted | LoopAdvanced | SpecFinished | RunFinished
