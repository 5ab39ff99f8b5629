"""Shown: what somebody who does a script's steps gets to see."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, final

from gradverify.arrays import Array, Values
from gradverify.tape.script import Flag

SNAPSHOTS: Final = (0, 1, 10, 100)
"""The steps of a loop, beside the last, at which gradients are compared."""

INTERRUPTED: Final = "interrupted"
NOT_FINITE: Final = "not-finite"


def _no_arrays() -> Mapping[str, Array | None]:
    return MappingProxyType({})


def _no_flags() -> Mapping[str, Flag]:
    return MappingProxyType({})


@final
@dataclass(frozen=True, slots=True)
class Snapshot:
    """The weights before a step of a loop, and what `.grad` held when the update read it."""

    weights: Values
    grads: Mapping[str, Array | None]


@final
@dataclass(frozen=True, slots=True)
class Trained:
    """How a loop went: the loss of every step, a few snapshots, and why it ended early, if so.

    `stopped` is a kind of error, NOT_FINITE or INTERRUPTED, at the step `len(losses)`; of
    NOT_FINITE the last loss is the one that is not finite. `reason` is the error's first line.
    """

    losses: tuple[float, ...]
    snapshots: Mapping[int, Snapshot]
    stopped: str = ""
    reason: str = ""


@final
@dataclass(frozen=True, slots=True)
class Shown:
    """What one entry of a script shows: an error, numbers or None, or what is no number.

    `error` is the kind of the error, nothing where there was none, and `message` its first line.
    """

    position: int
    error: str = ""
    message: str = ""
    numbers: Mapping[str, Array | None] = field(default_factory=_no_arrays)
    flags: Mapping[str, Flag] = field(default_factory=_no_flags)
    trained: Trained | None = None


def is_snapshot(step: int, times: int) -> bool:
    """Whether gradients are compared at a step of a loop of so many."""
    return step in SNAPSHOTS or step == times - 1
