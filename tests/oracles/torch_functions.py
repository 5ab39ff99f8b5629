# torch's own types are partial, and the file must also pass where torch is not installed:
# pyright: basic, reportMissingImports=false
"""Functions of torch with backward passes written by hand, right ones and others, and askers."""

from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np
import torch
from torch import Tensor
from torch.autograd import Function
from torch.autograd.function import once_differentiable

from gradverify.arrays import Array
from gradverify.oracles.arguments import arguments
from gradverify.oracles.function import Claims, Form, Weight
from gradverify.oracles.torch_function import TorchFunction, torch_function

WIDE: Final = Form(wide=True)
PLAIN: Final = Form()
X: Final = np.array([[0.5, -1.25, 2.0], [0.75, 3.0, -0.125]])


class Sine(Function):
    """A right one; those below differ in their backward pass."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        ctx.save_for_backward(x)
        return x.sin()

    @staticmethod
    def backward(ctx: Any, ct: Tensor) -> Any:
        (x,) = ctx.saved_tensors
        return ct * x.cos()


class Twice(Sine):
    """Wrong by a factor of two."""

    @staticmethod
    def backward(ctx: Any, ct: Tensor) -> Any:
        (x,) = ctx.saved_tensors
        return 2 * ct * x.cos()


class WithoutGraph(Sine):
    """Cut by no_grad: right, and its second derivative is silently zero."""

    @staticmethod
    def backward(ctx: Any, ct: Tensor) -> Any:
        (x,) = ctx.saved_tensors
        with torch.no_grad():
            return ct * x.cos()


class OfData(Sine):
    """Cut by `.data`."""

    @staticmethod
    def backward(ctx: Any, ct: Tensor) -> Any:
        (x,) = ctx.saved_tensors
        return ct.data * x.data.cos()


class Filled(Sine):
    """Cut by detach, and written into zeros."""

    @staticmethod
    def backward(ctx: Any, ct: Tensor) -> Any:
        (x,) = ctx.saved_tensors
        made = torch.zeros_like(x)
        made[:] = ct.detach() * x.detach().cos()
        return made.detach()


class OfNumpy(Sine):
    """Made by numpy, which torch cannot see."""

    @staticmethod
    def backward(ctx: Any, ct: Tensor) -> Any:
        (x,) = ctx.saved_tensors
        return torch.from_numpy(ct.detach().numpy() * np.cos(x.detach().numpy())).mul(1)


class IntoEmpty(Sine):
    """Written by numpy into memory that torch allocated."""

    @staticmethod
    def backward(ctx: Any, ct: Tensor) -> Any:
        (x,) = ctx.saved_tensors
        made = torch.zeros_like(ct)
        made.detach().numpy()[...] = ct.detach().numpy() * np.cos(x.detach().numpy())
        return made.detach()


class Once(Sine):
    """Says itself that it can be differentiated once."""

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, ct: Tensor) -> Any:
        (x,) = ctx.saved_tensors
        return ct * x.cos()


class WithContext(Function):
    """A right one in the newer style, with forward mode."""

    @staticmethod
    def forward(x: Tensor) -> Tensor:
        return x.sin()

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Any) -> None:
        del output
        ctx.save_for_backward(*inputs)
        ctx.save_for_forward(*inputs)

    @staticmethod
    def backward(ctx: Any, ct: Tensor) -> Any:
        (x,) = ctx.saved_tensors
        return 3 * ct * x.cos()

    @staticmethod
    def jvp(ctx: Any, tangent: Tensor) -> Any:
        (x,) = ctx.saved_tensors
        return tangent * x.cos()


def tensor(array: Any = X, dtype: torch.dtype = torch.float64) -> Tensor:
    return torch.tensor(array, dtype=dtype)


def function_of(function: Callable[..., Any], *inputs: Any, **keywords: Any) -> TorchFunction:
    return torch_function(function, arguments(function, inputs, keywords))


def primals(function: TorchFunction) -> list[Array]:
    return [leaf.primal for leaf in function.leaves]


def ones(function: TorchFunction, form: Form = PLAIN) -> Weight:
    values, _ = function.values(primals(function), wide=form.wide)
    return Weight(tuple(np.ones(value.shape) for value in values))


def gradients(function: TorchFunction, form: Form = PLAIN) -> Claims:
    pullback = function.pull(primals(function), form)
    return pullback.back(ones(function, form)).claims


def gradient(function: TorchFunction, form: Form = PLAIN) -> Array:
    (claim,) = gradients(function, form)
    assert claim is not None
    return claim


def same(found: Array | None, expected: Any) -> bool:
    return found is not None and np.allclose(found, expected, rtol=1e-12, atol=1e-12)


def all_same(found: Sequence[Array | None], expected: Sequence[Any]) -> bool:
    return all(map(same, found, expected))
