# jax's own types are partial, and the file must also pass where jax is not installed:
# pyright: basic, reportMissingImports=false
"""Nests as jax has them: pytrees, whoever registered their types, and what only Python knows."""

from collections.abc import Callable, Iterator
from typing import Any, Final

import jax
import numpy as np
from jax.tree_util import all_leaves, keystr, tree_flatten_with_path, tree_unflatten

from gradverify.oracles import nest
from gradverify.oracles.nest import Nest, Path

ARRAYS: Final = (jax.Array, np.ndarray)


def leaves(tree: Nest, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Yield what a pytree holds, in jax's order, each with the keys that lead there.

    In a class that jax does not know (a plain dataclass, say) arrays are leaves, and numbers are
    settings: jax has no gradient by them.
    """
    pairs, _ = tree_flatten_with_path(tree)
    for keys, value in pairs:
        yield from _held(value, _longer(path, keys))


def replaced(tree: Nest, change: Callable[[Any], Any]) -> Nest:
    """Return the same pytree with every leaf put through `change`, in the order of `leaves`."""
    pairs, structure = tree_flatten_with_path(tree)
    return tree_unflatten(structure, [_changed(value, change) for _, value in pairs])


def _held(value: Any, path: Path) -> Iterator[tuple[Path, Any]]:
    for inner, part in nest.leaves(value, path):
        if part is value:
            yield path, value
        elif not _setting(part):
            yield from leaves(part, inner)


def _changed(value: Any, change: Callable[[Any], Any]) -> Any:
    parts = [part for _, part in nest.leaves(value)]
    if any(part is value for part in parts):
        return change(value)
    if all(map(_setting, parts)):
        return value  # made anew, a class with a life of its own may lose what it is bound to

    def inside(_: Path, part: Any) -> Any:
        return part if _setting(part) else replaced(part, change)

    return nest.replaced(value, inside)


def _setting(part: Any) -> bool:
    return not isinstance(part, ARRAYS) and all_leaves([part])


def _longer(path: Path, keys: tuple[Any, ...]) -> Path:
    return (*path, *(keystr((key,), simple=True) for key in keys))
