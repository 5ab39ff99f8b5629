# what users hand over is of any type, and its parts are unknown to a strict checker:
# pyright: basic
"""A function of numpy arrays with a backward pass written by hand."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias, final

import numpy as np

from gradverify.arrays import Array
from gradverify.oracles.arguments import Arguments, called, described, floating
from gradverify.oracles.function import (
    Arrays,
    Claims,
    Curved,
    Form,
    Leaf,
    Pullback,
    Pulled,
    Weight,
)
from gradverify.oracles.function_errors import (
    ComplexInputError,
    NoInputError,
    NoOutputError,
    NotNumbersError,
    ReturnedError,
)
from gradverify.oracles.layout import laid
from gradverify.oracles.nest import Path, leaves, replaced
from gradverify.oracles.oracle import Unsupported

Vjp: TypeAlias = Callable[..., Any]

NO_GRAPH: Final = Unsupported("a backward pass of numpy has no graph of its own")


@final
@dataclass(frozen=True, slots=True)
class NumpyFunction:
    """`forward(*inputs)`, and `vjp(ct, out, *inputs)`, which claims a gradient an input."""

    forward: Callable[..., Any]
    vjp: Vjp
    given: Arguments
    paths: tuple[Path, ...]
    leaves: tuple[Leaf, ...]
    party: str = "vjp"

    @property
    def name(self) -> str:
        """The name of the forward pass."""
        return called(self.forward)

    def values(self, primals: Sequence[Array], *, wide: bool) -> tuple[Arrays, float]:
        """Run the forward pass."""
        return self._read(self._made(primals, Form(wide=wide)).call(self.forward))

    def pull(self, primals: Sequence[Array], form: Form) -> Pullback:
        """Run the forward pass and keep what the backward pass is called with."""
        made = self._made(primals, form)
        before = self._copies(made)
        out = made.call(self.forward)
        values, _ = self._read(out)
        out = _jittered(out, form.jitter) if form.jitter else out
        changed = self._changed(made, before)

        def back(weight: Weight) -> Pulled:
            ct = _like(out, weight)
            returned = self.vjp(ct, out, *made.positional, **made.keywords)
            claims = self._claims(returned)
            return Pulled(
                claims=claims,
                cotangent_modified=not _same(_arrays(ct), weight.arrays),
                input_modified=self._changed(made, before),
                dtypes=tuple("" if c is None else str(c.dtype) for c in claims),
            )

        return Pullback(values, back, input_modified=changed)

    def push(self, primals: Sequence[Array], tangents: Sequence[Array]) -> Arrays | Unsupported:
        """There is no forward mode."""
        del primals, tangents
        return NO_GRAPH

    def batched(
        self, primals: Sequence[Array], weights: Sequence[Weight], *, wide: bool
    ) -> tuple[Claims, ...] | Unsupported:
        """There is nothing to vectorise."""
        del primals, weights, wide
        return NO_GRAPH

    def curve(
        self, primals: Sequence[Array], weight: Weight, tangents: Sequence[Array]
    ) -> Curved | Unsupported:
        """There is no second derivative."""
        del primals, weight, tangents
        return NO_GRAPH

    def _made(self, primals: Sequence[Array], form: Form) -> Arguments:
        """Return the arguments with these primals, everything of it made anew."""
        at = dict(zip(self.paths, zip(primals, self.leaves, strict=True), strict=True))

        def change(path: Path, value: Any) -> Any:
            if path not in at:
                return value.copy() if isinstance(value, np.ndarray) else value
            primal, leaf = at[path]
            made = np.array(primal, np.float64 if form.wide else np.dtype(leaf.dtype))
            if isinstance(value, np.ndarray):
                return laid(made, form.layout)
            return float(made) if isinstance(value, float) else made[()]

        return self.given.replaced(change)

    def _copies(self, made: Arguments) -> list[Array]:
        return [leaf.copy() for _, leaf in made.leaves() if isinstance(leaf, np.ndarray)]

    def _changed(self, made: Arguments, before: list[Array]) -> bool:
        now = [leaf for _, leaf in made.leaves() if isinstance(leaf, np.ndarray)]
        return not all(map(_equal, now, before))

    def _read(self, out: Any) -> tuple[Arrays, float]:
        """Return the floating leaves of an output, and the coarsest of their formats."""
        found = [np.asarray(leaf) for leaf in _arrays(out)]
        if not found:
            raise NoOutputError(self.name, type(out).__name__ if out is not None else "None")
        eps = max(float(np.finfo(array.dtype).eps) for array in found)
        return tuple(array.astype(np.float64) for array in found), eps

    def _claims(self, returned: Any) -> Claims:
        """Return the gradient of every leaf from what the backward pass returned."""
        by_input = self._by_input(returned)
        return tuple(_gradient(by_input.get(path[1]), path[2:]) for path in self.paths)

    def _by_input(self, returned: Any) -> dict[str, Any]:
        """Return what was returned for every argument, by position or keyword."""
        keys = [*map(str, range(len(self.given.positional))), *self.given.keywords]
        if isinstance(returned, dict):
            places = dict(zip(self.given.parameters, map(str, range(len(keys))), strict=False))
            if not self.given.positional:
                places = {}
            return {places.get(str(key), str(key)): value for key, value in returned.items()}
        parts = list(returned) if isinstance(returned, (tuple, list)) else [returned]
        if len(parts) == len(keys):
            return dict(zip(keys, parts, strict=True))
        wanted = list(dict.fromkeys(path[1] for path in self.paths))
        if len(parts) == len(wanted):
            return dict(zip(wanted, parts, strict=True))
        raise ReturnedError(_counted(returned, parts), len(keys))


def numpy_function(forward: Callable[..., Any], given: Arguments, vjp: Vjp) -> NumpyFunction:
    """Return a function of the floating leaves of its arguments.

    Raises NoInputError where there are none, ComplexInputError for complex ones.
    """
    found = tuple((path, leaf) for path, leaf in given.leaves())
    for path, leaf in found:
        if np.iscomplexobj(leaf):
            raise ComplexInputError(given.name(path), str(np.asarray(leaf).dtype))
    floats = [(path, np.asarray(leaf)) for path, leaf in found if floating(leaf)]
    if not floats:
        raise NoInputError(described(given))
    made = tuple(_leaf(given.name(path), array) for path, array in floats)
    return NumpyFunction(forward, vjp, given, tuple(path for path, _ in floats), made)


def _leaf(name: str, array: Array) -> Leaf:
    dtype = array.dtype if array.dtype.itemsize <= np.dtype(np.float64).itemsize else np.float64
    info = np.finfo(dtype)
    return Leaf(name, array.astype(np.float64), str(info.dtype), float(info.eps))


def _arrays(nest: Any) -> list[Any]:
    return [leaf for _, leaf in leaves(nest) if floating(leaf)]


def _like(out: Any, weight: Weight) -> Any:
    """Return the cotangent of an output: its nest and dtypes, with these numbers."""
    waiting = iter(weight.arrays)

    def change(_: Path, leaf: Any) -> Any:
        if not floating(leaf):
            return np.zeros_like(leaf) if isinstance(leaf, np.ndarray) else leaf
        return laid(np.array(next(waiting), np.asarray(leaf).dtype), weight.layout)

    return replaced(out, change)


def _jittered(out: Any, seed: int) -> Any:
    """Return outputs with some of their entries moved by a last place."""
    rng = np.random.default_rng(seed)

    def change(_: Path, leaf: Any) -> Any:
        if not floating(leaf):
            return leaf
        array = np.asarray(leaf)
        moves = rng.integers(-1, 2, array.shape) * float(np.finfo(array.dtype).eps)
        return np.asarray(array * (1 + moves), array.dtype)

    return replaced(out, change)


def _same(now: list[Any], numbers: Arrays) -> bool:
    """Whether cotangents still hold the numbers that they were made of."""
    return all(_equal(a, b.astype(a.dtype)) for a, b in zip(now, numbers, strict=True))


def _equal(a: Array, b: Array) -> bool:
    return a.shape == b.shape and np.array_equal(a, b, equal_nan=a.dtype.kind == "f")


def _gradient(part: Any, path: Path) -> Array | None:
    """Return the gradient at a path inside of what was returned for one argument."""
    for key in path:
        part = _inside(part, key)
    if part is None:
        return None
    array = np.asarray(part)
    if array.dtype.kind not in "fiub":
        raise NotNumbersError(type(part).__name__, str(array.dtype))
    return array


def _inside(part: Any, key: str) -> Any:
    if isinstance(part, dict):
        return part.get(key)
    if isinstance(part, (tuple, list)) and key.isdigit() and int(key) < len(part):
        return part[int(key)]
    return getattr(part, key, None)


def _counted(returned: Any, parts: list[Any]) -> str:
    if isinstance(returned, (tuple, list)):
        return f"a {type(returned).__name__} of {len(parts)}"
    return f"one {type(returned).__name__}"
