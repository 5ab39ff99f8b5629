# jax's own types are partial, and the file must also pass where jax is not installed:
# pyright: basic, reportMissingImports=false
"""A jax function as a reference for any framework's: its arrays, and the leaves that it is for."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, final

import jax
import jax.numpy as jnp

from gradverify.arrays import Array
from gradverify.oracles.arguments import Arguments, called
from gradverify.oracles.function_errors import LeavesError
from gradverify.oracles.jax_function import JaxFunction, jax_function
from gradverify.oracles.nest import Path
from gradverify.oracles.numpy_reference import Passes


@final
@dataclass(frozen=True, slots=True)
class _Filled:
    """A function of some leaves of its arguments, in an order of their own; jax sorts mappings."""

    function: Callable[..., Any]
    given: Arguments
    paths: tuple[Path, ...]

    @property
    def __name__(self) -> str:
        return called(self.function)

    def __call__(self, *leaves: Any) -> Any:
        at = dict(zip(self.paths, leaves, strict=True))
        made = self.given.replaced(at.get)
        return made.call(self.function)


def array(values: Array, dtype: str) -> jax.Array:
    """Return numbers as an array of a dtype; integers have the bits that jax has enabled."""
    with jax.enable_x64(new_val=dtype == "float64"):
        return jnp.asarray(values, dtype=jax.dtypes.canonicalize_dtype(dtype))


def restricted(passes: Passes, given: Arguments, names: Sequence[str]) -> JaxFunction:
    """Return the function of the leaves of these names, in order; all else stays as it is.

    Raises LeavesError where a name is missing.
    """
    found = {given.name(path): (path, value) for path, value in given.leaves()}
    if found.keys() >= {*names}:
        filled = _Filled(passes.forward, given, tuple(found[name][0] for name in names))
        chosen = tuple(found[name][1] for name in names)
        return replace(jax_function(filled, Arguments(chosen, {}, tuple(names))), party="reference")
    whole = jax_function(passes.forward, given)  # leaves of a callable that is a pytree itself
    if [leaf.name for leaf in whole.leaves] != [*names]:
        raise LeavesError(names, [leaf.name for leaf in whole.leaves])
    return replace(whole, party="reference")
