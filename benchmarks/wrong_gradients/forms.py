"""One function and one backward, as numpy, torch, jax and HIPS autograd know them."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from types import MappingProxyType
from typing import Any, Final, TypeAlias, final

import numpy as np

from benchmarks.wrong_gradients.namespaces import Array, jax_space, numpy_space, torch_space
from benchmarks.wrong_gradients.subject import Backward, Forward

Inputs: TypeAlias = Mapping[str, np.ndarray[Any, Any]]


@final
@dataclass(slots=True)
class Calls:
    """How often a function and its backward were called."""

    forward: int = 0
    backward: int = 0


@final
@dataclass(frozen=True, slots=True)
class Form:
    """A function that a framework differentiates, and its inputs there; `vjp` for numpy alone."""

    function: Callable[..., Any]
    inputs: tuple[Any, ...]
    calls: Calls
    vjp: Callable[..., Any] | None = field(default=None)


@final
@dataclass(frozen=True, slots=True)
class Pair:
    """A forward and a backward that count their calls."""

    forward: Forward
    backward: Backward
    names: tuple[str, ...]
    calls: Calls = field(default_factory=Calls)

    def out(self, xp: Any, inputs: tuple[Array, ...]) -> Array:
        """Return the output."""
        self.calls.forward += 1
        return self.forward(xp, *inputs)

    def grads(self, xp: Any, ct: Array, out: Array, inputs: tuple[Array, ...]) -> tuple[Any, ...]:
        """Return the gradients."""
        self.calls.backward += 1
        return self.backward(xp, ct, out, *inputs)


def _named(function: Callable[..., Any], names: tuple[str, ...]) -> Callable[..., Any]:
    """Return the function with parameters of these names, as its author would have written it."""
    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    parameters = [inspect.Parameter(name, kind) for name in names]
    function.__signature__ = inspect.Signature(parameters)  # pyright: ignore[reportFunctionMemberAccess]
    return function


def numpy_form(pair: Pair, inputs: Inputs, dtype: str, style: str) -> Form:
    """Return forward(*inputs) and backward(ct, out, *inputs) on numpy arrays."""
    xp = numpy_space()

    def forward(*values: Array) -> Array:
        return pair.out(xp, values)

    def backward(ct: Array, out: Array, *values: Array) -> tuple[Any, ...]:
        return pair.grads(xp, ct, out, values)

    given = tuple(_laid_out(_cast(x, dtype), style=style) for x in inputs.values())
    return Form(_named(forward, pair.names), given, pair.calls, backward)


def torch_form(pair: Pair, inputs: Inputs, dtype: str, style: str) -> Form:
    """Return a `torch.autograd.Function`, twice differentiable where its backward is."""
    torch: Any = import_module("torch")
    xp = torch_space()

    def forward(ctx: Any, *values: Array) -> Array:
        out = pair.out(xp, values)
        ctx.save_for_backward(*values, out)
        return out

    def backward(ctx: Any, ct: Array) -> tuple[Any, ...]:
        *values, out = ctx.saved_tensors
        return pair.grads(xp, ct, out, tuple(values))

    once = torch.autograd.function.once_differentiable
    back = once(backward) if style == "once-differentiable" else backward
    own = {"forward": staticmethod(forward), "backward": staticmethod(back)}
    made: Any = type("Own", (torch.autograd.Function,), own)

    def function(*values: Array) -> Array:
        return made.apply(*values)

    def leaf(x: np.ndarray[Any, Any]) -> Any:
        floating = x.dtype.kind == "f"
        wanted = getattr(torch, dtype) if floating else torch.int64
        tensor = torch.tensor(x).to(wanted)
        return _laid_out(tensor, style=style).requires_grad_(floating)

    return Form(_named(function, pair.names), tuple(map(leaf, inputs.values())), pair.calls)


def jax_form(pair: Pair, inputs: Inputs, dtype: str, style: str) -> Form:
    """Return a `jax.custom_vjp`; its arrays have no strides."""
    _ = style
    xp = jax_space()
    jax: Any = import_module("jax")

    def primal(*values: Array) -> Array:
        return pair.out(xp, values)

    def kept(*values: Array) -> tuple[Array, tuple[Array, ...]]:
        out = pair.out(xp, values)
        return out, (*values, out)

    def back(saved: tuple[Array, ...], ct: Array) -> tuple[Any, ...]:
        return pair.grads(xp, ct, saved[-1], saved[:-1])

    function = jax.custom_vjp(primal)
    function.defvjp(kept, back)

    def call(*values: Array) -> Array:
        return function(*values)

    given = tuple(xp.asarray(_cast(x, dtype)) for x in inputs.values())
    return Form(_named(call, pair.names), given, pair.calls)


def hips_form(pair: Pair, inputs: Inputs, dtype: str, style: str) -> Form:
    """Return an `autograd.extend.primitive` with its `defvjp`, of the floating inputs alone."""
    extend: Any = import_module("autograd.extend")
    xp = numpy_space()
    every = [_laid_out(_cast(x, dtype), style=style) for x in inputs.values()]
    moving = [i for i, x in enumerate(every) if x.dtype.kind == "f"]

    def whole(values: tuple[Array, ...]) -> tuple[Array, ...]:
        placed = dict(zip(moving, values, strict=True))
        return tuple(placed.get(i, x) for i, x in enumerate(every))

    def forward(*values: Array) -> Array:
        return pair.out(xp, whole(values))

    def vjp_of(position: int) -> Callable[..., Any]:
        def vjp(out: Array, *values: Array) -> Callable[[Array], Array]:
            return lambda ct: pair.grads(xp, ct, out, whole(values))[position]

        return vjp

    function = extend.primitive(forward)
    extend.defvjp(function, *map(vjp_of, moving))
    return Form(function, tuple(every[i] for i in moving), pair.calls)


def _cast(x: np.ndarray[Any, Any], dtype: str) -> np.ndarray[Any, Any]:
    return x.astype(dtype) if x.dtype.kind == "f" else x.copy()


def _laid_out(x: Any, *, style: str) -> Any:
    """Return the array, or a view of the same numbers that is not contiguous."""
    if style != "strided" or not x.ndim:
        return x
    xp = torch_space() if hasattr(x, "data_ptr") else numpy_space()
    return xp.stack([x, x + 1], axis=-1)[..., 0]


FORMS: Final[Mapping[str, Callable[[Pair, Inputs, str, str], Form]]] = MappingProxyType(
    {"numpy": numpy_form, "torch": torch_form, "jax": jax_form, "hips": hips_form}
)
"""form(pair, inputs, dtype, style); a style is `plain`, `strided` or `once-differentiable`."""
