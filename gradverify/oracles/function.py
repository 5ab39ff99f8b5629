"""A function given as code, with its claimed gradient: what every framework answers."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol, TypeAlias, final

from gradverify.arrays import Array
from gradverify.oracles.oracle import Unsupported

Arrays: TypeAlias = tuple[Array, ...]
Claims: TypeAlias = tuple[Array | None, ...]
"""A gradient a leaf, in the shape in which it was returned; None where there is none."""


@final
@dataclass(frozen=True, slots=True)
class Leaf:
    """An input by which the gradient is claimed: its name, its values in float64, its own format.

    `eps` is the distance from 1 to the next number of the format.
    """

    name: str
    primal: Array
    dtype: str
    eps: float


@final
class Layout(StrEnum):
    """How an array lies in memory: in order, the other way round, with gaps, or one number."""

    PLAIN = "contiguous"
    TRANSPOSED = "transposed"  # with gaps where there is one axis
    SPACED = "with gaps"
    TANGLED = "transposed, with gaps"
    EXPANDED = "expanded"


@final
@dataclass(frozen=True, slots=True)
class Form:
    """What inputs are made of: `wide` asks for float64 whatever the function's own format.

    A `jitter` other than 0 seeds changes of a last place, where a backward pass is handed outputs.
    """

    wide: bool = False
    layout: Layout = Layout.PLAIN
    jitter: int = 0


@final
@dataclass(frozen=True, slots=True)
class Weight:
    """A cotangent of every output, and how it lies in memory.

    What is expanded is one number with strides of 0, as `sum().backward()` has it.
    """

    arrays: Arrays
    layout: Layout = Layout.PLAIN


@final
@dataclass(frozen=True, slots=True)
class Pulled:
    """One backward pass: gradients, and what it did to what it was given."""

    claims: Claims
    cotangent_modified: bool = False
    input_modified: bool = False
    dtypes: tuple[str, ...] = ()


@final
@dataclass(frozen=True, slots=True)
class Pullback:
    """One forward pass with gradients on: its values, and the way back, to be taken repeatedly.

    `back` raises whatever the backward pass raises.
    """

    values: Arrays
    back: Callable[[Weight], Pulled]
    input_modified: bool = False


@final
@dataclass(frozen=True, slots=True)
class Curved:
    """The derivative of ⟨tangents, gradient⟩ by the primals and by the cotangents.

    `cut` where the gradient came without a graph although it was computed by the framework's own
    operations: its derivative is then silently zero.
    """

    by_primals: Claims
    by_cotangents: Claims
    claims: Claims
    cut: bool = False


class Function(Protocol):
    """A function of named leaves. Every array that goes in or comes out is float64 for numpy.

    Each call makes the framework's arrays anew, so nobody's input is ever modified.
    """

    @property
    def name(self) -> str:
        """What the function is called in messages."""
        ...

    @property
    def party(self) -> str:
        """Who claims the gradient: `vjp`, `torch` or `jax`."""
        ...

    @property
    def leaves(self) -> tuple[Leaf, ...]:
        """The inputs by which a gradient is claimed."""
        ...

    def values(self, primals: Sequence[Array], *, wide: bool) -> tuple[Arrays, float]:
        """Return the floating outputs, gradients off, and the coarsest eps among their formats."""
        ...

    def pull(self, primals: Sequence[Array], form: Form) -> Pullback:
        """Run the function with gradients on."""
        ...

    def push(self, primals: Sequence[Array], tangents: Sequence[Array]) -> Arrays | Unsupported:
        """Return the outputs' tangents by forward mode, in float64, where there is one."""
        ...

    def batched(
        self, primals: Sequence[Array], weights: Sequence[Weight], *, wide: bool
    ) -> tuple[Claims, ...] | Unsupported:
        """Return the gradients for several cotangents at once, vectorised over them."""
        ...

    def curve(
        self, primals: Sequence[Array], weight: Weight, tangents: Sequence[Array]
    ) -> Curved | Unsupported:
        """Return the second derivative along `tangents`, in float64, where there is one."""
        ...
