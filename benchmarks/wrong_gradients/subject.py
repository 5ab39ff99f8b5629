"""A function with its right backward, its inputs, and the wrong backwards written for it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias, final

import numpy as np

from benchmarks.wrong_gradients.namespaces import Array

Forward: TypeAlias = Callable[..., Array]
"""forward(xp, *inputs) → out."""
Backward: TypeAlias = Callable[..., tuple[Any, ...]]
"""backward(xp, ct, out, *inputs) → one gradient an input, None for integers."""
Draw: TypeAlias = Callable[[np.random.Generator, tuple[int, ...]], np.ndarray[Any, Any]]
Inputs: TypeAlias = Callable[[np.random.Generator, int], dict[str, np.ndarray[Any, Any]]]
"""inputs(rng, n) → float64 arrays of about n entries in all, by name."""

TERM: Final = frozenset({"term-missing"})
MASK: Final = frozenset({"mask-from-wrong-variable"})
FACTOR: Final = frozenset({"off-by-factor"})
SUM: Final = frozenset({"broadcast-not-summed", "shape-differs"})


@final
@dataclass(frozen=True, slots=True)
class Wrong:
    """A backward somebody wrote, and the finding codes that name its fault rightly."""

    name: str
    backward: Backward
    codes: frozenset[str] = TERM
    forms: frozenset[str] = frozenset({"numpy", "torch", "jax", "hips"})


@final
@dataclass(frozen=True, slots=True)
class Subject:
    """A function of the benchmark. `narrow`: it also runs in float16 and bfloat16."""

    name: str
    forward: Forward
    backward: Backward
    inputs: Inputs
    wrongs: tuple[Wrong, ...] = field(default=())
    narrow: bool = True


def normal(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray[Any, Any]:
    """Draw from the normal distribution."""
    return rng.normal(size=shape)


def positive(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray[Any, Any]:
    """Draw between 0.5 and 2."""
    return rng.uniform(0.5, 2.0, size=shape)


def drawn(
    shapes: Callable[[int], Mapping[str, tuple[int, ...]]],
    draw: Draw = normal,
    others: Mapping[str, Draw] | None = None,
) -> Inputs:
    """Return a maker of inputs of these shapes, all drawn alike but for `others`."""

    def inputs(rng: np.random.Generator, n: int) -> dict[str, np.ndarray[Any, Any]]:
        own = others or {}
        return {name: own.get(name, draw)(rng, shape) for name, shape in shapes(n).items()}

    return inputs


def vector(n: int) -> dict[str, tuple[int, ...]]:
    """Return one vector of n entries."""
    return {"x": (n,)}


def rows(n: int) -> dict[str, tuple[int, ...]]:
    """Return one matrix of n entries in all, with rows of about the square root of that."""
    width = max(2, round(n**0.5))
    return {"x": (max(2, n // width), width)}


def pair(n: int) -> dict[str, tuple[int, ...]]:
    """Return two vectors of half of n entries each."""
    return {"x": (n // 2,), "y": (n // 2,)}
