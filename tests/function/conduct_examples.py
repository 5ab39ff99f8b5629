# torch's and jax's own types are partial, and the file must also pass where they are missing:
# pyright: basic, reportMissingImports=false
"""For every code of conduct a backward pass that earns it, and a twin beside it that must not.

Each is a factory: what remembers its calls is made anew.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, final

import jax
import jax.numpy as jnp
import numpy as np
import torch
from torch import Tensor

from gradverify.oracles.function import Function
from tests.function.functions import function_of, made_of, normal

X: Final = normal(4, 3)


@final
@dataclass(frozen=True, slots=True)
class ConductExample:
    """A wrong function and its right twin, of one framework."""

    code: str
    framework: str
    wrong: Callable[[], Function]
    right: Callable[[], Function]


def _slope(ct: Any, x: Any) -> Any:
    """Return the right gradient of sin(x)."""
    return ct * (np.cos(x) if isinstance(x, np.ndarray) else _cos(x))


def _cos(x: Any) -> Any:
    return x.cos() if isinstance(x, Tensor) else jnp.cos(x)


Backward = Callable[[Any, Any], Any]
"""backward(ct, x), for sin(x)."""


def _numpy(backward: Backward, forward: Callable[..., Any] = np.sin) -> Function:
    return function_of(forward, lambda ct, _, x: backward(ct, x), X)


def sine_in_torch(backward: Backward = _slope, jvp: Backward = _slope) -> Function:
    """Return sin with this backward pass, and this forward mode."""

    class Sine(torch.autograd.Function):
        generate_vmap_rule = False

        @staticmethod
        def forward(x: Any) -> Any:
            return x.sin()

        @staticmethod
        def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
            del output
            ctx.save_for_backward(*inputs)
            ctx.save_for_forward(*inputs)

        @staticmethod
        def backward(ctx: Any, *cts: Any) -> Any:
            return backward(cts[0], *ctx.saved_tensors)

        @staticmethod
        def jvp(ctx: Any, *tangents: Any) -> Any:
            return jvp(tangents[0], *ctx.saved_tensors)

    return made_of(Sine.apply, torch.tensor(X))


def _jax(backward: Backward) -> Function:
    @jax.custom_vjp
    def sine(x: Any) -> Any:
        return jnp.sin(x)

    sine.defvjp(lambda x: (jnp.sin(x), x), lambda x, ct: (backward(ct, x),))
    return made_of(sine, jnp.asarray(X))


def random_factor() -> Backward:
    rng = np.random.default_rng(5)
    return lambda ct, x: _slope(ct, x) * (1 + 1e-3 * float(rng.normal()))


def drawn_once() -> Backward:
    shift = float(np.random.default_rng(5).normal())
    return lambda ct, x: _slope(ct, x) * (1 + shift - shift)


def adding() -> Backward:
    total: list[Any] = []

    def backward(ct: Any, x: Any) -> Any:
        total.append(_slope(ct, x))
        return sum(total[1:], start=total[0])

    return backward


def counting() -> Backward:
    """Remember calls, and make nothing of them."""
    calls: list[int] = []

    def backward(ct: Any, x: Any) -> Any:
        calls.append(len(calls))
        return _slope(ct, x)

    return backward


def squared(ct: Any, x: Any) -> Any:
    return ct * _slope(ct, x)


def of_a_copy(ct: Any, x: Any) -> Any:
    copy = ct.copy() if isinstance(ct, np.ndarray) else ct.clone()
    copy *= _cos_of(x)
    return copy


def of_the_cotangent(ct: Any, x: Any) -> Any:
    found = _slope(ct, x)
    memory = ct if isinstance(ct, np.ndarray) else ct.detach()
    memory *= 0.5
    return found


def of_the_input(ct: Any, x: Any) -> Any:
    found = _slope(ct, x)
    memory = x if isinstance(x, np.ndarray) else x.detach()
    memory -= 0.5
    return found


def _cos_of(x: Any) -> Any:
    return np.cos(x) if isinstance(x, np.ndarray) else x.cos()


def by_address(ct: Any, x: Any) -> Any:
    """Read the cotangent in the order of its memory."""
    if isinstance(ct, np.ndarray):
        return _slope(ct.ravel(order="K").reshape(ct.shape), x)
    memory = torch.empty(0, dtype=ct.dtype).set_(ct.untyped_storage())
    places = torch.arange(ct.numel()) % memory.numel()
    return _slope(memory[places].reshape(ct.shape), x)


def in_order(ct: Any, x: Any) -> Any:
    """Read the memory of a copy that is in order."""
    copied = np.ascontiguousarray(ct) if isinstance(ct, np.ndarray) else ct.contiguous()
    return _slope(copied.reshape(-1).reshape(ct.shape), x)


def twice_in_a_batch(ct: Any, x: Any) -> Any:
    """Be off by two where torch hands over several cotangents as one tensor."""
    keys = str(torch._C._dispatch_keys(ct))
    return _slope(ct, x) * (2 if "Batched" in keys else 1)


def _batched_by(of_batch: Callable[[Any], Any]) -> Backward:
    """Return a backward pass of jax with a rule of its own for a batch of cotangents."""

    @jax.custom_batching.custom_vmap
    def slope(ct: Any, x: Any) -> Any:
        return ct * jnp.cos(x)

    @slope.def_vmap
    def rule(size: Any, batched: Any, ct: Any, x: Any) -> Any:
        del size, batched
        return of_batch(ct) * jnp.cos(x), True

    assert rule
    return slope


def of_all(cts: Any) -> Any:
    return cts.sum(0) + 0 * cts


def of_each(cts: Any) -> Any:
    return cts


def _jax_tangents(factor: float) -> Function:
    """Return a function whose tangents, and they alone, are off by a factor."""

    @jax.custom_jvp
    def sine(x: Any) -> Any:
        return jnp.sin(x)

    @sine.defjvp
    def rule(primals: Any, tangents: Any) -> Any:
        (x,), (tangent,) = primals, tangents
        along = jax.custom_derivatives.linear_call(
            lambda cos, t: factor * cos * t, lambda cos, ct: cos * ct, jnp.cos(x), tangent
        )
        return jnp.sin(x), along

    assert rule
    return made_of(sine, jnp.asarray(X))


def cut(ct: Any, x: Any) -> Any:
    return _slope(ct, x.detach() if isinstance(x, Tensor) else jax.lax.stop_gradient(x))


def shifted_in_place(x: Any) -> Any:
    found = np.sin(x)
    x -= 0.5
    return found


CONDUCT_EXAMPLES: Final = (
    ConductExample("not-deterministic", "numpy", lambda: _numpy(random_factor()),
                   lambda: _numpy(drawn_once())),
    ConductExample("not-deterministic", "torch", lambda: sine_in_torch(random_factor()),
                   lambda: sine_in_torch(drawn_once())),
    ConductExample("not-deterministic", "jax", lambda: _jax(random_factor()),
                   lambda: _jax(drawn_once())),
    ConductExample("remembers-last-call", "numpy", lambda: _numpy(adding()),
                   lambda: _numpy(counting())),
    ConductExample("remembers-last-call", "torch", lambda: sine_in_torch(adding()),
                   lambda: sine_in_torch(counting())),
    ConductExample("cotangent-misused", "numpy", lambda: _numpy(squared), lambda: _numpy(_slope)),
    ConductExample("cotangent-misused", "torch", lambda: sine_in_torch(squared),
                   sine_in_torch),
    ConductExample("cotangent-misused", "jax", lambda: _jax(squared), lambda: _jax(_slope)),
    ConductExample("cotangent-modified", "numpy", lambda: _numpy(of_the_cotangent),
                   lambda: _numpy(of_a_copy)),
    ConductExample("cotangent-modified", "torch", lambda: sine_in_torch(of_the_cotangent),
                   lambda: sine_in_torch(of_a_copy)),
    ConductExample("input-modified", "numpy", lambda: _numpy(of_the_input),
                   lambda: _numpy(of_a_copy)),
    ConductExample("input-modified", "numpy", lambda: _numpy(_slope, shifted_in_place),
                   lambda: _numpy(_slope)),
    ConductExample("input-modified", "torch", lambda: sine_in_torch(of_the_input),
                   lambda: sine_in_torch(of_a_copy)),
    ConductExample("layout-dependent", "numpy", lambda: _numpy(by_address),
                   lambda: _numpy(in_order)),
    ConductExample("layout-dependent", "torch", lambda: sine_in_torch(by_address),
                   lambda: sine_in_torch(in_order)),
    ConductExample("batched-differs", "torch", lambda: sine_in_torch(twice_in_a_batch),
                   lambda: sine_in_torch(_slope)),
    ConductExample("batched-differs", "jax", lambda: _jax(_batched_by(of_all)),
                   lambda: _jax(_batched_by(of_each))),
    ConductExample("forward-mode-differs", "torch",
                   lambda: sine_in_torch(_slope, lambda t, x: 2 * _slope(t, x)),
                   lambda: sine_in_torch(_slope, _slope)),
    ConductExample("forward-mode-differs", "jax", lambda: _jax_tangents(2.0),
                   lambda: _jax_tangents(1.0)),
    ConductExample("second-order-differs", "torch", lambda: sine_in_torch(cut), sine_in_torch),
    ConductExample("second-order-differs", "jax", lambda: _jax(cut), lambda: _jax(_slope)),
)  # fmt: skip
"""What no framework of the three allows is not there: jax's arrays cannot be written to."""
