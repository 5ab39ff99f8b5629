# jax's own types are partial, and the file must also pass where jax is not installed:
# pyright: basic, reportMissingImports=false
"""A function of jax arrays, whose gradient is jax's own or the one of its custom rule."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, TypeAlias, final

import jax
import jax.numpy as jnp
import numpy as np
from jax.tree_util import all_leaves

from gradverify.arrays import Array
from gradverify.oracles.arguments import Arguments, called, described, parameters
from gradverify.oracles.function import (
    Arrays,
    Claims,
    Curved,
    Form,
    Function,
    Leaf,
    Pullback,
    Pulled,
    Weight,
)
from gradverify.oracles.function_errors import (
    ComplexInputError,
    FunctionError,
    NoInputError,
    NoOutputError,
)
from gradverify.oracles.guard import Raised, guarded
from gradverify.oracles.jax_leaf import Maker, dtype_of, is_complex, is_floating, leaf_of, maker_of
from gradverify.oracles.jax_nest import ARRAYS, leaves, replaced
from gradverify.oracles.nest import Path, named
from gradverify.oracles.oracle import Unsupported

Outputs: TypeAlias = tuple[jax.Array, ...]

JITTED: Final[Any] = jax.stages.Wrapped  # of which jax does not say that it has __wrapped__
RULED: Final = (jax.custom_vjp, jax.custom_jvp)
PARTS: Final = ("self", "positional", "keywords")
"""The parts of a call: a callable that is a pytree itself, and its arguments."""


@final
class ComplexOutputError(FunctionError):
    """The function returns complex numbers."""

    def __init__(self, name: str, dtype: str) -> None:
        super().__init__(
            f"{name} returned {dtype}: complex gradients are not supported\n"
            "Return the real and the imaginary part."
        )


@final
@dataclass(frozen=True, slots=True, eq=False)
class JaxFunction:
    """A function as jax differentiates it, operation by operation: it is never compiled by us.

    `makers` has an entry for every leaf of the call, None for what is passed on as it is. `x64`
    says whether the function's own formats need 64 bits to be enabled.
    """

    function: Callable[..., Any]
    given: Arguments
    makers: tuple[Maker | None, ...]
    leaves: tuple[Leaf, ...]
    x64: bool
    party: str = "jax"

    @property
    def name(self) -> str:
        """The name of the function."""
        return called(self.function)

    def values(self, primals: Sequence[Array], *, wide: bool) -> tuple[Arrays, float]:
        """Call the function itself, no rule of differentiation involved."""
        with self._formats(wide=wide):
            outputs = self._outputs(*self._made(primals, wide=wide))
            return _read(outputs), max(map(_eps, outputs))

    def pull(self, primals: Sequence[Array], form: Form) -> Pullback:
        """Run `jax.vjp`; a jax array cannot be written into, and has no layout."""
        with self._formats(wide=form.wide):
            outputs, pullback = jax.vjp(self._outputs, *self._made(primals, wide=form.wide))
            values = _read(outputs)
            if form.jitter:
                pullback = _jittered(pullback, form.jitter)

        def back(weight: Weight) -> Pulled:
            with self._formats(wide=form.wide):
                gradients = pullback(_cotangents(outputs, weight))
                dtypes = tuple(str(gradient.dtype) for gradient in gradients)
                return Pulled(_claims(gradients), dtypes=dtypes)

        return Pullback(values, back)

    def push(self, primals: Sequence[Array], tangents: Sequence[Array]) -> Arrays | Unsupported:
        """Run `jax.jvp`, which no `jax.custom_vjp` has."""

        def act() -> Arrays:
            moved, along = self._made(primals, wide=True), self._made(tangents, wide=True)
            return _read(jax.jvp(self._outputs, moved, along)[1])

        return self._answered(act)

    def batched(
        self, primals: Sequence[Array], weights: Sequence[Weight], *, wide: bool
    ) -> tuple[Claims, ...] | Unsupported:
        """Run `jax.vmap` over the way back."""

        def act() -> tuple[Claims, ...]:
            outputs, pullback = jax.vjp(self._outputs, *self._made(primals, wide=wide))
            pairs = [_cotangents(outputs, weight) for weight in weights]
            batch = tuple(jnp.stack(column) for column in zip(*pairs, strict=True))
            gradients = jax.vmap(pullback)(batch)
            return tuple(_claims([g[k] for g in gradients]) for k in range(len(weights)))

        return self._answered(act)

    def curve(
        self, primals: Sequence[Array], weight: Weight, tangents: Sequence[Array]
    ) -> Curved | Unsupported:
        """Run `jax.vjp` of the gradient, as a function of primals and cotangents."""

        def gradient(moved: Sequence[Any], cotangents: Sequence[Any]) -> tuple[Any, ...]:
            outputs, pullback = jax.vjp(self._outputs, *moved)
            pairs = zip(cotangents, outputs, strict=True)
            return pullback(tuple(ct.astype(output.dtype) for ct, output in pairs))

        def act() -> Curved:
            cotangents = tuple(map(jnp.array, weight.arrays))
            found, back = jax.vjp(gradient, self._made(primals, wide=True), cotangents)
            by_primals, by_cotangents = back(_cotangents(found, Weight(tuple(tangents))))
            return Curved(_claims(by_primals), _claims(by_cotangents), _claims(found))

        return self._answered(act)

    def _answered(self, act: Callable[[], Any]) -> Any:
        """Return what `act` returns in float64, or why it cannot be had."""

        def in_float64() -> Any:
            with self._formats(wide=True):
                return act()

        found = guarded(in_float64)
        return Unsupported(found.reason) if isinstance(found, Raised) else found

    def _formats(self, *, wide: bool) -> AbstractContextManager[Any]:
        return jax.enable_x64(new_val=wide or self.x64)

    def _made(self, primals: Sequence[Array], *, wide: bool) -> tuple[Any, ...]:
        makers = [maker for maker in self.makers if maker is not None]
        pairs = zip(makers, primals, strict=True)
        return tuple(maker.made(primal, wide=wide) for maker, primal in pairs)

    def _outputs(self, *moved: Any) -> Outputs:
        """Return the floating outputs for these leaves, everything else of the call made anew."""
        makers, waiting = iter(self.makers), iter(moved)

        def change(value: Any) -> Any:
            if next(makers) is not None:
                return next(waiting)
            return value.copy() if isinstance(value, ARRAYS) else value  # a call may donate it

        tree = _tree(self.function, self.given)
        own, positional, keywords = replaced(tree, change)
        result = (self.function if own is None else own)(*positional, **keywords)
        return _floating(self.name, result)


def jax_function(function: Callable[..., Any], given: Arguments) -> JaxFunction:
    """Return a function of the floating leaves of its arguments, and of its own if it has some.

    Leaves are what jax takes for leaves of pytrees: arrays and Python floats, except where a custom
    rule says that it does not differentiate by them. Raises NoInputError where there are none,
    ComplexInputError for complex ones.
    """
    return _of(function, given, _fixed(function))


def _jittered(pullback: Any, seed: int) -> Any:
    """Return the way back with a last place of what it keeps moved at random."""
    rng = np.random.default_rng(seed)

    def moved(leaf: Any) -> Any:
        if not (isinstance(leaf, jax.Array) and jnp.issubdtype(leaf.dtype, jnp.floating)):
            return leaf
        moves = jnp.asarray(rng.integers(-1, 2, leaf.shape), leaf.dtype)
        return leaf * (1 + jnp.finfo(leaf.dtype).eps * moves)

    return jax.tree_util.tree_map(moved, pullback)


def own_gradient(function: Callable[..., Any], given: Arguments) -> Function | None:
    """Return the same function without its custom rule, or None where it has none.

    Rules of functions that it calls remain. A `jax.jit` around it is left out.
    """
    bare = _bare(function)
    return None if bare is None else _of(bare, given, _fixed(function))


def _of(function: Callable[..., Any], given: Arguments, fixed: frozenset[Path]) -> JaxFunction:
    found = tuple(_leaves(_tree(function, given)))
    x64 = any(_needs_x64(value) for _, value in found)
    with jax.enable_x64(new_val=x64):
        read = [None if path[:2] in fixed else _read_in(given, path, v) for path, v in found]
    pairs = [pair for pair in read if pair is not None]
    if not pairs:
        raise NoInputError(described(given))
    makers = tuple(pair and pair[0] for pair in read)
    return JaxFunction(function, given, makers, tuple(leaf for _, leaf in pairs), x64)


def _read_in(given: Arguments, path: Path, value: Any) -> tuple[Maker, Leaf] | None:
    """Return an input and how it is made again, or None for what has no gradient."""
    name = named(path) if path[0] == "self" else given.name(path)
    if is_complex(value):
        raise ComplexInputError(name, str(dtype_of(value)))
    if not is_floating(value):
        return None
    maker = maker_of(value)
    return maker, leaf_of(name, value, maker.dtype)


def _needs_x64(value: Any) -> bool:
    """Whether the user works with 64 bits: everywhere, or where this array was made."""
    enabled = jax.dtypes.canonicalize_dtype(np.float64) == np.float64
    return enabled or (isinstance(value, jax.Array) and value.dtype == np.float64)


def _tree(function: Callable[..., Any], given: Arguments) -> tuple[Any, ...]:
    """Return the parts of a call; a function that is no pytree is none of them."""
    own = None if all_leaves([function]) else function
    return own, given.positional, dict(given.keywords)


def _leaves(tree: tuple[Any, ...]) -> Iterator[tuple[Path, Any]]:
    for part, nest in zip(PARTS, tree, strict=True):
        yield from leaves(nest, (part,))


def _fixed(function: Any, bound: int = 0) -> frozenset[Path]:
    """Return the arguments that a custom rule does not differentiate by: they are no arrays."""
    if isinstance(function, partial):
        return _fixed(function.func, bound + len(function.args))
    if isinstance(function, JITTED):
        return _fixed(function.__wrapped__, bound)
    if not isinstance(function, RULED):
        return frozenset()
    numbers, names = function.nondiff_argnums, parameters(function)
    by_name = {("keywords", names[k]) for k in numbers if k < len(names)}
    return frozenset(by_name | {("positional", str(k - bound)) for k in numbers})


def _bare(function: Any) -> Callable[..., Any] | None:
    if isinstance(function, partial):
        inner = _bare(function.func)
        return inner and type(function)(inner, *function.args, **function.keywords)
    if isinstance(function, JITTED):
        return _bare(function.__wrapped__)
    return function.fun if isinstance(function, RULED) else None


def _floating(name: str, result: Any) -> Outputs:
    """Return the floating arrays of what a function returned."""
    found = [value for _, value in leaves(result)]
    for value in filter(is_complex, found):
        raise ComplexOutputError(name, str(dtype_of(value)))
    outputs = tuple(jnp.asarray(value) for value in found if is_floating(value))
    if not outputs:
        raise NoOutputError(name, "None" if result is None else type(result).__name__)
    return outputs


def _read(outputs: Sequence[jax.Array]) -> Arrays:
    return tuple(np.asarray(output).astype(np.float64) for output in outputs)


def _claims(gradients: Sequence[jax.Array]) -> Claims:
    """Return gradients in float64; float0 is how jax says that there is none."""
    return tuple(None if g.dtype == jax.dtypes.float0 else _read([g])[0] for g in gradients)


def _cotangents(outputs: Sequence[jax.Array], weight: Weight) -> Outputs:
    """Return a cotangent of every output in its own dtype."""
    pairs = zip(weight.arrays, outputs, strict=True)
    return tuple(jnp.array(array.astype(output.dtype)) for array, output in pairs)


def _eps(output: jax.Array) -> float:
    return float(jnp.finfo(output.dtype).eps)
