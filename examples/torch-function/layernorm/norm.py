# torch's own types are partial:
# pyright: basic, reportMissingImports=false
"""Layer normalisation over the last axis, as Ba, Kiros and Hinton (2016), arXiv:1607.06450."""

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

EPS = 1e-5


class LayerNorm(torch.autograd.Function):
    """(x - mean) / sqrt(variance + eps) · weight + bias; of each row two numbers are kept."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        """Normalise the rows of x, shape (..., n); the weight and the bias have shape (n,)."""
        mean = x.mean(-1, keepdim=True)
        variance = (x - mean).square().mean(-1, keepdim=True)
        inverse = torch.rsqrt(variance + EPS)
        ctx.save_for_backward(x, weight, mean, inverse)
        return (x - mean) * inverse * weight + bias

    @staticmethod
    @once_differentiable  # the mean and the inverse are saved as numbers
    def backward(ctx: Any, *cotangents: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return the gradients of x, the weight and the bias."""
        (ct,) = cotangents
        x, weight, mean, inverse = ctx.saved_tensors
        normal = (x - mean) * inverse
        through = ct * weight
        along = (through * normal).mean(-1, keepdim=True)
        grad_x = inverse * (through - through.mean(-1, keepdim=True) - along * normal)
        rows = tuple(range(ct.ndim - 1))
        return grad_x, (ct * normal).sum(rows), ct.sum(rows)


def layer_norm(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """Return the rows of x with mean 0 and variance 1, times the weight, plus the bias."""
    return LayerNorm.apply(x, weight, bias)  # pyright: ignore[reportReturnType] # torch's is untyped
