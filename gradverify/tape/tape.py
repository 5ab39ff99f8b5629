"""Tape: what one can do with an eager tape, and how it says that something cannot be done."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from types import MappingProxyType
from typing import Final, Protocol, final

from gradverify.arrays import Array
from gradverify.program.program import Step
from gradverify.tape.script import Computed, Cotangent, Flag


@final
class Trouble(StrEnum):
    """The kinds of error, by the codes that a spec states."""

    NEEDS_SCALAR = "backward-needs-scalar"
    COTANGENT_SHAPE = "cotangent-shape"
    FREED = "graph-freed"
    UNUSED = "input-unused"
    NOT_FLOATING = "integer-requires-grad"
    NOT_A_LEAF = "not-a-leaf"
    DETACHED = "path-detached"
    MODIFIED = "saved-value-modified"
    NO_GRADIENT = "gradient-missing"


WORDS: Final[Mapping[Trouble, str]] = MappingProxyType(
    {
        Trouble.NEEDS_SCALAR: "grad can be implicitly created only for scalar outputs",
        Trouble.COTANGENT_SHAPE: "a cotangent of shape {given} for a tensor of {shape}",
        Trouble.FREED: "the graph was freed by an earlier backward pass",
        Trouble.UNUSED: "one of the tensors was not used in the graph",
        Trouble.NOT_FLOATING: "only tensors of floating-point dtype can require gradients",
        Trouble.NOT_A_LEAF: "requires_grad can be switched off for leaves only",
        Trouble.DETACHED: "the tensor does not require a gradient and has no grad_fn",
        Trouble.MODIFIED: "a value that the backward pass needs was changed in place",
        Trouble.NO_GRADIENT: "`{key}` is None",
    }
)


class TapeError(Exception):
    """What an eager tape raises: its kind, and its first line, the tape's own words if it has any.

    `facts` are what the wording of the kind leaves open.
    """

    def __init__(self, trouble: Trouble, own: str | None = None, **facts: object) -> None:
        self.kind: str = trouble.value
        self.message: str = WORDS[trouble].format(**facts) if own is None else own
        super().__init__(self.message)


class Tape(Protocol):
    """What one can do with an eager tape. Tensors go by their keys; whatever fails is a TapeError.

    `turn` is told before each entry of the script, with the step of a loop that begins, if one
    does.
    """

    def turn(self, position: int, step: int | None, *, snapshot: bool) -> None:
        """Note where the script is."""
        ...

    def record(self, steps: Sequence[Step], *, on_tape: bool) -> None:
        """Run statements, on the tape or off it."""
        ...

    def backward(self, key: str, cotangent: Cotangent, *, retain_graph: bool) -> None:
        """Go backward."""
        ...

    def differentiate(
        self, goal: str, by: Sequence[str], cotangent: Cotangent, *, keep: bool, unused: bool
    ) -> Mapping[str, Array | None]:
        """Return what autograd.grad gives, by key; `unused` lets it be None."""
        ...

    def number(self, what: str, key: str) -> Array | None:
        """Return what `grad`, `value` or `hooked` reads."""
        ...

    def flag(self, what: str, key: str) -> Flag:
        """Return what `is_leaf`, `requires_grad` or `grad_fn` reads."""
        ...

    def retain_grad(self, key: str) -> None:
        """Keep the gradient of a non-leaf."""
        ...

    def hook(self, key: str, change: Computed | None) -> None:
        """Note what passes a tensor, and change it."""
        ...

    def zero(self, key: str, *, set_to_none: bool) -> None:
        """Set `.grad` to zeros, where there is one, or to None."""
        ...

    def track(self, key: str, *, flag: bool) -> None:
        """Set `requires_grad`."""
        ...

    def put(self, key: str, value: Computed, *, no_grad: bool) -> None:
        """Put new entries in place, by `.data` or under `no_grad`."""
        ...
