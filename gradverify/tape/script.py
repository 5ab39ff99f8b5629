"""Script: what a user of an eager tape does, in order, with every name resolved."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias, final

from gradverify.arrays import Array, Shape
from gradverify.errors import Mark
from gradverify.program.program import Input, Kind, Snippet, Step

Flag: TypeAlias = bool | str | None

GRAD: Final = ".grad"
"""What is added to a tensor's key, and to its name, for its gradient."""


@final
@dataclass(frozen=True, slots=True)
class Variable:
    """A tensor: what its author calls it, and its key, which no other tensor has."""

    of: str
    key: str


@final
@dataclass(frozen=True, slots=True)
class Said:
    """What a spec states that one reads: numbers, an expression in the values, or None.

    `precision` is half a unit of the last written digit, entry by entry; None for an expression.
    """

    variable: Variable
    worth: Array | Snippet | None
    precision: Array | None
    mark: Mark


@final
@dataclass(frozen=True, slots=True)
class SaidFlag:
    """What a spec states of a tensor's `is_leaf`, `requires_grad` or `grad_fn`."""

    variable: Variable
    worth: Flag
    mark: Mark


@final
@dataclass(frozen=True, slots=True)
class Computed:
    """An expression that is worked out off the tape; it may read `x.grad` by the key `x.grad`."""

    steps: tuple[Step, ...]
    output: str


@final
@dataclass(frozen=True, slots=True)
class Uninitialised:
    """Memory of some shape that nobody has written to, as a cotangent."""

    shape: Shape


Cotangent: TypeAlias = Array | Computed | Uninitialised | None


@final
@dataclass(frozen=True, slots=True)
class Run:
    """Nothing but the statements that the entry records."""


@final
@dataclass(frozen=True, slots=True)
class Backward:
    """`of.backward(cotangent, retain_graph=...)`."""

    variable: Variable
    cotangent: Cotangent
    retain_graph: bool


@final
@dataclass(frozen=True, slots=True)
class Differentiate:
    """`autograd.grad(of, by, cotangent, retain_graph=...)`, which touches no `.grad`."""

    variable: Variable
    cotangent: Cotangent
    retain_graph: bool
    by: tuple[Said, ...]


@final
@dataclass(frozen=True, slots=True)
class Read:
    """Look at numbers: `what` is "grad", "value" or "hooked"."""

    what: str
    said: tuple[Said, ...]


@final
@dataclass(frozen=True, slots=True)
class Look:
    """Look at what is no number: `what` is "is_leaf", "requires_grad" or "grad_fn"."""

    what: str
    said: tuple[SaidFlag, ...]


@final
@dataclass(frozen=True, slots=True)
class RetainGrad:
    """`x.retain_grad()` of each."""

    variables: tuple[Variable, ...]


@final
@dataclass(frozen=True, slots=True)
class Hook:
    """`x.register_hook(...)`; `change` is what it makes of the gradient, by the key `grad`."""

    variables: tuple[Variable, ...]
    changes: tuple[Computed | None, ...]


@final
@dataclass(frozen=True, slots=True)
class Zero:
    """`x.grad.zero_()` where there is a `.grad`, or `x.grad = None`."""

    variables: tuple[Variable, ...]
    set_to_none: bool


@final
@dataclass(frozen=True, slots=True)
class Track:
    """`x.requires_grad_(flag)` of each."""

    variables: tuple[Variable, ...]
    flags: tuple[bool, ...]


@final
@dataclass(frozen=True, slots=True)
class Put:
    """New values in place: by `.data`, or under `no_grad`, which the tape notices."""

    variables: tuple[Variable, ...]
    values: tuple[Computed, ...]
    no_grad: bool


@final
@dataclass(frozen=True, slots=True)
class Course:
    """What is stated of a loop's losses, and where: `marks` by step, or by the name of the key."""

    values: Mapping[int, float]
    precision: Mapping[int, float]
    falling_after: int | None
    below: float | None
    marks: Mapping[int | str, Mark]

    @property
    def falls(self) -> bool:
        """Whether the loss is stated to fall."""
        return self.falling_after is not None


@final
@dataclass(frozen=True, slots=True)
class Repeat:
    """A training loop: forward, backward, update, zero, `times` over.

    `derived` are the steps of a hand-written backward pass, which takes the place of `backward`
    where `by_hand` says so; `seconds` is what the loop is estimated to take.
    """

    times: int
    forward: tuple[Step, ...]
    backward: Backward
    by_hand: bool
    derived: tuple[Step, ...]
    update: Put
    zero: Zero
    stated: Course
    seconds: float


Act: TypeAlias = (
    Run | Backward | Differentiate | Read | Look | RetainGrad | Hook | Zero | Track | Put | Repeat
)


@final
@dataclass(frozen=True, slots=True)
class Entry:
    """One step of a script: the statements it records first, then its act.

    `position` counts from 1; `error` is the kind of error that it is stated to end with.
    """

    position: int
    mark: Mark
    verb: str
    records: tuple[Step, ...]
    act: Act
    error: str | None = None

    @property
    def states(self) -> bool:
        """Whether anything is stated of what one sees here."""
        match self.act:
            case Read() | Look() | Differentiate():
                return True
            case Repeat(stated=stated):
                return bool(stated.values) or stated.below is not None or stated.falls
            case _:
                return self.error is not None


@final
@dataclass(frozen=True, slots=True)
class Script:
    """The inputs, the statements of the program, and then the entries in their order.

    `kinds` knows every tensor and every intermediate by key; `names` those that have one.
    """

    inputs: Mapping[str, Input]
    start: tuple[Step, ...]
    entries: tuple[Entry, ...]
    kinds: Mapping[str, Kind]
    names: Mapping[str, str]

    @property
    def states(self) -> bool:
        """Whether anything is stated of what one sees."""
        return any(entry.states for entry in self.entries)
