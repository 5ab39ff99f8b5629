"""What plans of random calls are drawn with."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar, final

import numpy as np
from hypothesis import strategies as st

from gradverify.arrays import Array, Shape

Item = TypeVar("Item")


@final
@dataclass(frozen=True, slots=True)
class Plan:
    """What is drawn: shapes of floating operands, or operands as they are, and attributes."""

    operands: tuple[Any, ...]
    attributes: Mapping[str, Any] = field(default_factory=dict[str, Any])
    zeros: int = 0  # so many entries of the first operand are set to 0


@final
class Draw:
    """Draws what a plan needs, by hypothesis."""

    def __init__(self, data: st.DataObject) -> None:
        self.data = data

    def integer(self, low: int, high: int) -> int:
        return self.data.draw(st.integers(low, high))

    def flag(self) -> bool:
        return self.data.draw(st.booleans())

    def of(self, items: Sequence[Item]) -> Item:
        return self.data.draw(st.sampled_from(items))

    def shape(self, low: int = 0, high: int = 3, side: int = 0) -> Shape:
        return tuple(self.integer(side, 3) for _ in range(self.integer(low, high)))

    def part_of(self, shape: Shape) -> Shape:
        """Draw a shape that broadcasts to another."""
        sizes = tuple(1 if self.integer(0, 3) == 0 else size for size in shape)
        return sizes[self.integer(0, len(sizes)) if self.integer(0, 2) == 0 else 0 :]

    def pair(self, shape: Shape) -> tuple[Shape, Shape]:
        """Draw two shapes that broadcast to another together, or at least to a part of it."""
        return self.of(((shape, self.part_of(shape)), (self.part_of(shape), shape)))

    def whole(self, shape: Shape, low: int, high: int) -> Array:
        rng = np.random.default_rng(self.integer(0, 2**16))
        return rng.integers(low, high, size=shape)

    def axes(self, shape: Shape) -> int | tuple[int, ...] | None:
        if not shape or self.integer(0, 3) == 0:
            return self.of((None, ()))
        count = len(shape)
        if self.flag():
            return self.integer(-count, count - 1)
        some = self.data.draw(st.permutations(range(count)))[: self.integer(1, count)]
        return tuple(axis - count if self.flag() else axis for axis in some)
