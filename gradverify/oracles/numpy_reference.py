"""A numpy function as a reference for any framework's: its arrays, and the leaves it is for."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, final

import numpy as np

from gradverify.arrays import Array
from gradverify.oracles.arguments import Arguments
from gradverify.oracles.function_errors import LeavesError
from gradverify.oracles.numpy_function import NumpyFunction, numpy_function

OWN: Final = frozenset({"float16", "float32", "float64"})
"""numpy's own formats; float32 holds every number of the others."""


@final
@dataclass(frozen=True, slots=True)
class Passes:
    """What a user gives to compare with: a function of any framework, or both passes of numpy."""

    forward: Callable[..., Any]
    vjp: Callable[..., Any] | None


def array(values: Array, dtype: str) -> Array:
    """Return numbers as an array of a dtype, of float32 where numpy has no such dtype."""
    foreign = values.dtype.kind == "f" and dtype not in OWN
    return values.astype(np.float32 if foreign else np.dtype(dtype))


def restricted(passes: Passes, given: Arguments, names: Sequence[str]) -> NumpyFunction:
    """Return the function of the leaves of these names, in order; alone it claims no gradient.

    Raises LeavesError where a name is missing.
    """
    found = numpy_function(passes.forward, given, passes.vjp or _nothing)
    places = {leaf.name: k for k, leaf in enumerate(found.leaves)}
    if not places.keys() >= {*names}:
        raise LeavesError(names, [*places])
    chosen = [places[name] for name in names]
    return replace(
        found,
        paths=tuple(found.paths[k] for k in chosen),
        leaves=tuple(found.leaves[k] for k in chosen),
        party="reference",
    )


def _nothing(*_: object, **__: object) -> Mapping[str, Any]:
    """Claim no gradient, for a forward pass that came alone."""
    return {}
