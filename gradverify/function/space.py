"""All leaves of a function as one flat array of numbers, and back."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import final

import numpy as np

from gradverify.arrays import Array, Shape


@final
@dataclass(frozen=True, slots=True)
class Space:
    """Where each of several arrays stands in the flat array that holds them all."""

    shapes: tuple[Shape, ...]
    bounds: tuple[int, ...]

    @property
    def size(self) -> int:
        """The length of the flat array."""
        return self.bounds[-1]

    def join(self, arrays: Sequence[Array]) -> Array:
        """Return the flat array of these, float64; of one array alone it may be a view."""
        if len(arrays) == 1:
            return np.ravel(arrays[0])
        return np.concatenate([np.ravel(array) for array in arrays]) if arrays else np.empty(0)

    def split(self, flat: Array) -> tuple[Array, ...]:
        """Return views of a flat array, in their shapes."""
        spans = pairwise(self.bounds)
        return tuple(flat[a:b].reshape(s) for (a, b), s in zip(spans, self.shapes, strict=True))

    def span(self, k: int) -> slice:
        """Return where array number `k` stands."""
        return slice(self.bounds[k], self.bounds[k + 1])

    def place(self, entry: int) -> tuple[int, tuple[int, ...]]:
        """Return the number of the array that an entry belongs to, and its index there."""
        k = int(np.searchsorted(self.bounds, entry, side="right")) - 1
        index = np.unravel_index(entry - self.bounds[k], self.shapes[k])
        return k, tuple(int(i) for i in index)


def space(arrays: Sequence[Array]) -> Space:
    """Return the space of arrays of these shapes."""
    sizes = [array.size for array in arrays]
    return Space(tuple(array.shape for array in arrays), tuple(accumulate(sizes, initial=0)))
