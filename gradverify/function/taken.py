"""What a backward pass gave: a flat gradient, and which leaves have none that can be compared."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import final

import numpy as np

from gradverify.arrays import Array
from gradverify.function.space import Space
from gradverify.oracles.function import Pulled, Weight
from gradverify.oracles.guard import Raised, guarded


@final
@dataclass(frozen=True, slots=True)
class Taken:
    """Gradients by all leaves as one flat array, with zeros for `absent` and `misshapen` leaves."""

    flat: Array
    absent: tuple[int, ...]
    misshapen: tuple[int, ...]
    pulled: Pulled

    def without(self, leaves: Sequence[int], space: Space) -> "Taken":
        """Return the same with zeros for some leaves."""
        flat = self.flat.copy()
        for k in leaves:
            flat[space.span(k)] = 0.0
        return replace(self, flat=flat)


def take(back: Callable[[Weight], Pulled], weight: Weight, leaves: Space) -> Taken | Raised:
    """Return what a backward pass gives for a cotangent, or what it raised."""
    pulled = guarded(lambda: back(weight))
    return pulled if isinstance(pulled, Raised) else taken(pulled, leaves)


def taken(pulled: Pulled, leaves: Space) -> Taken:
    """Return gradients by all leaves, flat."""
    absent = tuple(k for k, claim in enumerate(pulled.claims) if claim is None)
    shapes = zip(pulled.claims, leaves.shapes, strict=True)
    misshapen = tuple(k for k, (c, s) in enumerate(shapes) if c is not None and c.shape != s)
    parts = [
        np.zeros(shape) if claim is None or claim.shape != shape else claim
        for claim, shape in zip(pulled.claims, leaves.shapes, strict=True)
    ]
    flat = leaves.join(parts).astype(np.float64, copy=False)
    return Taken(flat, absent, misshapen, pulled)
