# torch's own types are partial:
# pyright: basic, reportMissingImports=false
"""What people test of a layer norm, and one test that says how far its gradient may be trusted."""

import pytest
import torch
from layernorm import layer_norm
from torch import Tensor
from torch.nn import functional

import gradverify


def drawn(dtype: torch.dtype) -> tuple[Tensor, Tensor, Tensor]:
    """Return rows, a weight and a bias that require a gradient."""
    generator = torch.Generator().manual_seed(0)
    shapes = (8, 32), (32,), (32,)
    made = (torch.randn(shape, generator=generator, dtype=dtype) for shape in shapes)
    x, weight, bias = (tensor.requires_grad_() for tensor in made)
    return x, weight, bias


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_it_is_the_layer_norm_of_torch(dtype: torch.dtype) -> None:
    inputs = drawn(dtype)
    ours, theirs = layer_norm(*inputs), functional.layer_norm(inputs[0], (32,), *inputs[1:])
    assert torch.allclose(ours, theirs, rtol=1e-4, atol=1e-5)
    ct = torch.randn(8, 32, dtype=dtype, generator=torch.Generator().manual_seed(1))
    gradients = torch.autograd.grad(ours, inputs, ct), torch.autograd.grad(theirs, inputs, ct)
    for own, other in zip(*gradients, strict=True):
        assert torch.allclose(own, other, rtol=1e-3, atol=1e-4)


def test_gradcheck_lets_it_pass() -> None:
    assert torch.autograd.gradcheck(layer_norm, drawn(torch.float64))


@pytest.mark.gradverify
def test_its_gradient_is_right_for_rows_of_images() -> None:
    x, weight, bias = drawn(torch.float64)
    gradverify.assert_gradients(layer_norm, (x.reshape(2, 4, 32), weight, bias))
