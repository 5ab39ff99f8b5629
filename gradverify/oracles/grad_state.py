"""What was seen of the gradients of watched tensors: facts, which verdict/watched.py judges."""

from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias, final


@final
@dataclass(frozen=True, slots=True)
class Name:
    """The path of a tensor in what is watched, and further paths of the same tensor."""

    path: str
    others: tuple[str, ...] = ()


@final
@dataclass(frozen=True, slots=True)
class Place:
    """A line of the user's code, and the name of the torch function that it called."""

    file: str
    line: int
    op: str


@final
class Path(Enum):
    """How far the values computed from a tensor without a gradient were seen to go."""

    CUT = "the loss depends on it through an op that records nothing for backward"
    UNRECORDED = "all ops that read it recorded nothing for backward"
    LEFT = "its values left torch, and nothing of it in torch reached the loss"
    LOST = "something was computed from it, and nothing of that reached the loss"
    SILENT = "the graph leads from the loss to it, and no gradient came back"
    LEFT_OUT = "as SILENT, and backward was told to fill other tensors only"


@final
@dataclass(frozen=True, slots=True)
class NoBackward:
    """No backward pass ran."""


@final
@dataclass(frozen=True, slots=True)
class NotRetained:
    """A gradient flowed through a tensor that is no leaf and retains none."""

    name: Name


@final
@dataclass(frozen=True, slots=True)
class Unread:
    """No gradient arrived at a leaf, and no op was seen to read it."""

    name: Name


@final
@dataclass(frozen=True, slots=True)
class Detached:
    """No gradient arrived at a leaf although an op read it; `place` where it is certain."""

    name: Name
    path: Path
    place: Place | None


@final
@dataclass(frozen=True, slots=True)
class Accumulated:
    """A `.grad` to which backward pass `backward` added, and how many it came to sum.

    `updates` counts the updates that used a sum of which an earlier update had used a part;
    `before` says that one of them is no pass: something that no pass of the block had left there.
    """

    name: Name
    backward: int
    sum_of: int
    updates: int
    before: bool


@final
@dataclass(frozen=True, slots=True)
class NotFinite:
    """The first pass after which `.grad` was not finite, the first such entry, and their number.

    `dropped` says that the gradient was never used although others were.
    """

    name: Name
    backward: int
    index: tuple[int, ...]
    count: int
    size: int
    dropped: bool


Observation: TypeAlias = NoBackward | NotRetained | Unread | Detached | Accumulated | NotFinite
