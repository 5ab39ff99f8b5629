"""One namespace for numpy, torch and jax: the array API standard, and what it lacks."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any, TypeAlias, final

Array: TypeAlias = Any
"""An array of any framework."""
Space: TypeAlias = Any
"""A Namespace: what it has depends on the framework behind it, so no type says more."""


@final
@dataclass(frozen=True, slots=True)
class Namespace:
    """The functions of the standard by their names, and `erf`, `add_at`, `pad`, `detach`."""

    name: str
    standard: Any
    erf: Callable[[Array], Array]
    add_at: Callable[[Array, Array, Array], Array]
    pad: Callable[[Array, int, int], Array]
    detach: Callable[[Array], Array]

    def __getattr__(self, name: str) -> Any:
        return getattr(self.standard, name)


def _pad_by_concat(standard: Any) -> Callable[[Array, int, int], Array]:
    """Return a function that puts zeros before and after the last axis."""

    def pad(x: Array, before: int, after: int) -> Array:
        left = standard.zeros_like(x[..., :1])
        parts = [*[left] * before, x, *[left] * after]
        return standard.concat(parts, axis=-1)

    return pad


@cache
def numpy_space() -> Namespace:
    """Return numpy's."""
    numpy, special = import_module("array_api_compat.numpy"), import_module("scipy.special")

    def add_at(x: Array, index: Array, rows: Array) -> Array:
        out = x.copy()
        numpy.add.at(out, index, rows)
        return out

    def same(x: Array) -> Array:
        return x

    return Namespace("numpy", numpy, special.erf, add_at, _pad_by_concat(numpy), same)


@cache
def torch_space() -> Namespace:
    """Return torch's."""
    torch = import_module("array_api_compat.torch")

    def add_at(x: Array, index: Array, rows: Array) -> Array:
        return x.index_add(0, index, rows)

    def detach(x: Array) -> Array:
        return x.detach()

    return Namespace("torch", torch, torch.erf, add_at, _pad_by_concat(torch), detach)


@cache
def jax_space() -> Namespace:
    """Return jax's, with float64 switched on."""
    jax = import_module("jax")
    jax.config.update("jax_enable_x64", True)  # noqa: FBT003 - the signature is jax's
    numpy, erf = import_module("jax.numpy"), import_module("jax.scipy.special").erf

    def add_at(x: Array, index: Array, rows: Array) -> Array:
        return x.at[index].add(rows)

    return Namespace("jax", numpy, erf, add_at, _pad_by_concat(numpy), jax.lax.stop_gradient)
