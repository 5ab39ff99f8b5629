# jax's own types are partial, and the file must also pass where jax is not installed:
# pyright: basic, reportMissingImports=false
"""Every op in native jax: forward passes only, so that jax must derive the backward pass."""

import operator
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.scipy.special import logsumexp

from gradverify.program.program import Slot

REDUCTIONS: Final[Mapping[str, Callable[[Array], Array]]] = MappingProxyType(
    {"mean": jnp.mean, "sum": jnp.sum, "none": jnp.asarray}
)


def _mm(x: Array, y: Array) -> Array:
    return jnp.matmul(x, y)


def _addmm(x: Array, a: Array, b: Array, *, beta: float = 1, alpha: float = 1) -> Array:
    return beta * x + alpha * (a @ b)


def _addbmm(x: Array, a: Array, b: Array, *, beta: float = 1, alpha: float = 1) -> Array:
    return beta * x + alpha * jnp.einsum("bij,bjk->ik", a, b)


def _softmax(x: Array, *, axis: int = -1) -> Array:
    return jax.nn.softmax(x, axis)


def _log_softmax(x: Array, *, axis: int = -1) -> Array:
    return jax.nn.log_softmax(x, axis)


def _cross_entropy(logits: Array, target: Array, *, reduction: str = "mean") -> Array:
    """Return -log softmax(logits)[target], with the classes on the last axis."""
    chosen = jnp.take_along_axis(jax.nn.log_softmax(logits), jnp.expand_dims(target, -1), -1)
    return REDUCTIONS[reduction](-jnp.squeeze(chosen, -1))


def _mse_loss(x: Array, target: Array, *, reduction: str = "mean") -> Array:
    return REDUCTIONS[reduction](jnp.square(x - target))


def _reshape(x: Array, *, shape: Any) -> Array:
    return jnp.reshape(x, shape)


def _permute_dims(x: Array, *, axes: Sequence[int]) -> Array:
    # jax's derivative of a transpose does not know axes that count from the end
    return jnp.permute_dims(x, tuple(axis % x.ndim for axis in axes))


def _flatten(x: Array) -> Array:
    return jnp.ravel(x)


def _concat(*operands: Any, axis: int = 0) -> Array:
    return jnp.concatenate(operands, axis)


def _stack(*operands: Any, axis: int = 0) -> Array:
    return jnp.stack(operands, axis)


def _broadcast_to(x: Array, *, shape: tuple[int, ...]) -> Array:
    kept = (1,) * (len(shape) - x.ndim) + x.shape
    return jnp.broadcast_to(x, [kept[n] if size == -1 else size for n, size in enumerate(shape)])


def _astype(x: Array, *, dtype: Any) -> Array:
    return jnp.astype(x, np.dtype(dtype))


def _constant(*, value: Any) -> Array:
    return jnp.asarray(value)


def _index(x: Array, *slots: Array, index: tuple[Any, ...]) -> Array:
    return x[_filled(index, (x, *slots))]


def _index_update(x: Array, value: Any, *slots: Array, index: tuple[Any, ...]) -> Array:
    return x.at[_filled(index, (x, value, *slots))].set(value)


def _filled(index: tuple[Any, ...], operands: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(operands[part.operand] if isinstance(part, Slot) else part for part in index)


LOWERINGS: Final[Mapping[str, Callable[..., Any]]] = MappingProxyType(
    {
        "add": operator.add,
        "subtract": operator.sub,
        "multiply": operator.mul,
        "divide": operator.truediv,
        "power": operator.pow,
        "negative": operator.neg,
        "exp": jnp.exp,
        "log": jnp.log,
        "log1p": jnp.log1p,
        "expm1": jnp.expm1,
        "sqrt": jnp.sqrt,
        "sin": jnp.sin,
        "cos": jnp.cos,
        "tanh": jnp.tanh,
        "sigmoid": jax.nn.sigmoid,
        "relu": jax.nn.relu,
        "softplus": jax.nn.softplus,
        "abs": jnp.abs,
        "sign": jnp.sign,
        "square": jnp.square,
        "reciprocal": jnp.reciprocal,
        "maximum": jnp.maximum,
        "minimum": jnp.minimum,
        "clip": jnp.clip,
        "equal": operator.eq,
        "not_equal": operator.ne,
        "less": operator.lt,
        "less_equal": operator.le,
        "greater": operator.gt,
        "greater_equal": operator.ge,
        "logical_and": jnp.logical_and,
        "logical_or": jnp.logical_or,
        "logical_not": jnp.logical_not,
        "where": jnp.where,
        "matmul": jnp.matmul,
        "mm": _mm,
        "bmm": _mm,
        "dot": jnp.dot,
        "addmm": _addmm,
        "addbmm": _addbmm,
        "baddbmm": _addmm,
        "outer": jnp.outer,
        "sum": jnp.sum,
        "mean": jnp.mean,
        "prod": jnp.prod,
        "max": jnp.max,
        "min": jnp.min,
        "logsumexp": logsumexp,
        "var": jnp.var,
        "std": jnp.std,
        "vector_norm": jnp.linalg.vector_norm,
        "reshape": _reshape,
        "permute_dims": _permute_dims,
        "transpose": jnp.transpose,
        "matrix_transpose": jnp.matrix_transpose,
        "squeeze": jnp.squeeze,
        "expand_dims": jnp.expand_dims,
        "flatten": _flatten,
        "concat": _concat,
        "stack": _stack,
        "broadcast_to": _broadcast_to,
        "index": _index,
        "index_update": _index_update,
        "astype": _astype,
        "constant": _constant,
        "detach": jax.lax.stop_gradient,
        "no_grad": jax.lax.stop_gradient,
        "softmax": _softmax,
        "log_softmax": _log_softmax,
        "cross_entropy": _cross_entropy,
        "mse_loss": _mse_loss,
    }
)
