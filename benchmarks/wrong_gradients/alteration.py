"""What an alteration of a right backward is, and where it is put."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeAlias, final

from benchmarks.wrong_gradients.namespaces import Array, Space
from benchmarks.wrong_gradients.subject import Backward

ALL_FORMS: Final = frozenset({"numpy", "torch", "jax", "hips"})
MUTABLE: Final = frozenset({"numpy", "torch"})
"""Forms in which arrays have strides and can be written to."""


@final
@dataclass(frozen=True, slots=True)
class Place:
    """Where a fault is put: an input by its position, one of its entries, a band of its values.

    `band` lies within the range of the input's values and holds none of them; above `tail` is one
    value in a hundred, above `top` none.
    """

    position: int
    entry: int
    band: tuple[float, float]
    tail: float
    top: float


Maker: TypeAlias = Callable[[Backward, Place], Backward]
"""make(right, place) → a wrong backward, with a memory of its own where it has any."""


@final
@dataclass(frozen=True, slots=True)
class Alteration:
    """A way to spoil any right backward.

    `kind` says when the fault shows: `value` in first order at the given inputs, `cotangent`
    likewise, and the others as `truth.py` probes them. `codes` are the findings that name it.
    """

    name: str
    kind: str
    codes: frozenset[str]
    make: Maker
    forms: frozenset[str] = ALL_FORMS


Change: TypeAlias = Callable[[Space, Array, Place], Array]
"""change(xp, gradient, place) → the wrong gradient of the input at `place`."""


def of_gradient(change: Change) -> Maker:
    """Return the maker of a backward that alters the gradient of one input."""

    def make(right: Backward, place: Place) -> Backward:
        def backward(xp: Space, ct: Array, out: Array, *inputs: Array) -> tuple[Array, ...]:
            grads = list(right(xp, ct, out, *inputs))
            grads[place.position] = change(xp, grads[place.position], place)
            return tuple(grads)

        return backward

    return make
