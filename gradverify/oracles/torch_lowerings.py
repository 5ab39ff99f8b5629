# torch's own types are partial, and the file must also pass where torch is not installed:
# pyright: basic, reportMissingImports=false
"""Every op in native torch: forward passes only, so that torch must derive the backward pass."""

import operator
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from gradverify.program.program import Slot


def _tensors(*operands: Any) -> list[Tensor]:
    """Return the operands as tensors; a number takes the dtype of the tensor beside it."""
    beside = next(item for item in operands if isinstance(item, Tensor))
    return [item if isinstance(item, Tensor) else beside.new_tensor(item) for item in operands]


def _on_tensors(function: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """Wrap a function that takes no Python numbers."""

    def lowering(*operands: Any) -> Tensor:
        return function(*_tensors(*operands))

    return lowering


def _clip(x: Tensor, **bounds: Any) -> Tensor:
    return x if all(bound is None for bound in bounds.values()) else torch.clamp(x, **bounds)


def _dims(x: Tensor, axis: int | Sequence[int] | None) -> tuple[int, ...]:
    if axis is None:
        return tuple(range(x.ndim))
    return (axis,) if isinstance(axis, int) else tuple(axis)


def _reduction(reduce: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """Wrap `reduce(x, dims, keepdim=..., **attributes)`.

    torch takes an empty tuple for all dimensions, so a reduction over none is one over a new
    dimension of size 1.
    """

    def lowering(
        x: Tensor, *, axis: Any = None, keepdims: bool = False, **attributes: Any
    ) -> Tensor:
        dims = _dims(x, axis)
        if not dims:
            return reduce(x.unsqueeze(-1), (-1,), keepdim=False, **attributes)
        return reduce(x, dims, keepdim=keepdims, **attributes)

    return lowering


def _prod(x: Tensor, dims: tuple[int, ...], *, keepdim: bool) -> Tensor:
    for dim in sorted((dim % x.ndim for dim in dims), reverse=True):
        x = torch.prod(x, dim, keepdim=keepdim)
    return x


def _var(x: Tensor, dims: tuple[int, ...], *, keepdim: bool, correction: float = 0) -> Tensor:
    return torch.var(x, dims, correction=correction, keepdim=keepdim)


def _std(x: Tensor, dims: tuple[int, ...], *, keepdim: bool, correction: float = 0) -> Tensor:
    return torch.std(x, dims, correction=correction, keepdim=keepdim)


def _vector_norm(x: Tensor, dims: tuple[int, ...], **attributes: Any) -> Tensor:
    return torch.linalg.vector_norm(x, dim=dims, **attributes)


def _softmax(x: Tensor, *, axis: int = -1) -> Tensor:
    return torch.softmax(x, axis)


def _log_softmax(x: Tensor, *, axis: int = -1) -> Tensor:
    return torch.log_softmax(x, axis)


def _cross_entropy(logits: Tensor, target: Tensor, *, reduction: str = "mean") -> Tensor:
    return functional.cross_entropy(logits, target.long(), reduction=reduction)


def _softplus(x: Tensor) -> Tensor:
    # torch's own threshold of 20 leaves out exp(-20), which float64 can tell from nothing
    return functional.softplus(x, threshold=40)


def _reshape(x: Tensor, *, shape: Any) -> Tensor:
    return torch.reshape(x, tuple(shape))


def _permute_dims(x: Tensor, *, axes: Sequence[int]) -> Tensor:
    return torch.permute(x, tuple(axes))


def _transpose(x: Tensor) -> Tensor:
    return torch.permute(x, tuple(reversed(range(x.ndim))))


def _matrix_transpose(x: Tensor) -> Tensor:
    return x.mT


def _squeeze(x: Tensor, *, axis: Any = None) -> Tensor:
    return torch.squeeze(x) if axis is None else torch.squeeze(x, _dims(x, axis))


def _expand_dims(x: Tensor, *, axis: Any) -> Tensor:
    dims = _dims(x, axis)
    rank = x.ndim + len(dims)
    for dim in sorted(dim % rank for dim in dims):
        x = torch.unsqueeze(x, dim)
    return x


def _concat(*operands: Any, axis: int = 0) -> Tensor:
    return torch.cat(_tensors(*operands), axis)


def _stack(*operands: Any, axis: int = 0) -> Tensor:
    return torch.stack(_tensors(*operands), axis)


def _broadcast_to(x: Tensor, *, shape: Any) -> Tensor:
    return torch.broadcast_to(x, tuple(shape))


def _astype(x: Tensor, *, dtype: Any) -> Tensor:
    return x.to(getattr(torch, np.dtype(dtype).name))


def _constant(*, value: Any) -> Tensor:
    return torch.from_numpy(np.array(value, order="C"))


def _index(x: Tensor, *slots: Tensor, index: tuple[Any, ...]) -> Tensor:
    return x[_filled(index, (x, *slots))]


def _index_update(x: Tensor, value: Any, *slots: Tensor, index: tuple[Any, ...]) -> Tensor:
    out = x.clone()
    out[_filled(index, (x, value, *slots))] = value
    return out


def _filled(index: tuple[Any, ...], operands: tuple[Any, ...]) -> tuple[Any, ...]:
    # torch reads an index of uint8 as a mask
    return tuple(operands[e.operand].long() if isinstance(e, Slot) else e for e in index)


LOWERINGS: Final[Mapping[str, Callable[..., Tensor]]] = MappingProxyType(
    {
        "add": operator.add,
        "subtract": operator.sub,
        "multiply": operator.mul,
        "divide": operator.truediv,
        "power": operator.pow,
        "negative": torch.neg,
        "exp": torch.exp,
        "log": torch.log,
        "log1p": torch.log1p,
        "expm1": torch.expm1,
        "sqrt": torch.sqrt,
        "sin": torch.sin,
        "cos": torch.cos,
        "tanh": torch.tanh,
        "sigmoid": torch.sigmoid,
        "relu": torch.relu,
        "softplus": _softplus,
        "abs": torch.abs,
        "sign": torch.sign,
        "square": torch.square,
        "reciprocal": torch.reciprocal,
        "maximum": _on_tensors(torch.maximum),
        "minimum": _on_tensors(torch.minimum),
        "clip": _clip,
        "equal": operator.eq,
        "not_equal": operator.ne,
        "less": operator.lt,
        "less_equal": operator.le,
        "greater": operator.gt,
        "greater_equal": operator.ge,
        "logical_and": _on_tensors(torch.logical_and),
        "logical_or": _on_tensors(torch.logical_or),
        "logical_not": torch.logical_not,
        "where": torch.where,
        "matmul": torch.matmul,
        "mm": torch.mm,
        "bmm": torch.bmm,
        "dot": torch.dot,
        "addmm": torch.addmm,
        "addbmm": torch.addbmm,
        "baddbmm": torch.baddbmm,
        "outer": torch.outer,
        "sum": _reduction(torch.sum),
        "mean": _reduction(torch.mean),
        "prod": _reduction(_prod),
        "max": _reduction(torch.amax),
        "min": _reduction(torch.amin),
        "logsumexp": _reduction(torch.logsumexp),
        "var": _reduction(_var),
        "std": _reduction(_std),
        "vector_norm": _reduction(_vector_norm),
        "reshape": _reshape,
        "permute_dims": _permute_dims,
        "transpose": _transpose,
        "matrix_transpose": _matrix_transpose,
        "squeeze": _squeeze,
        "expand_dims": _expand_dims,
        "flatten": torch.flatten,
        "concat": _concat,
        "stack": _stack,
        "broadcast_to": _broadcast_to,
        "index": _index,
        "index_update": _index_update,
        "astype": _astype,
        "constant": _constant,
        "detach": torch.detach,
        "no_grad": torch.detach,
        "softmax": _softmax,
        "log_softmax": _log_softmax,
        "cross_entropy": _cross_entropy,
        "mse_loss": functional.mse_loss,
    }
)
