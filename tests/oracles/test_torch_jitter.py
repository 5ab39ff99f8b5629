# torch's own types are partial, and the file must also pass where torch is not installed:
# pyright: basic, reportMissingImports=false
"""What is kept for a backward pass is moved by a last place, by a seed, and nothing else is."""

import numpy as np
import pytest
import torch
from torch import Tensor

from gradverify.oracles.torch_jitter import jittered
from tests.oracles.torch_functions import X


def gradient(seed: int, dtype: torch.dtype = torch.float64) -> Tensor:
    x = torch.tensor(X, dtype=dtype, requires_grad=True)
    with jittered(seed):
        out = x.exp().sum()
    (found,) = torch.autograd.grad(out, x)
    return found


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
def test_a_gradient_moves_by_a_last_place(dtype: torch.dtype) -> None:
    plain, moved = gradient(0, dtype), gradient(3, dtype)
    off = ((moved - plain) / plain).abs().max().item()
    assert 0 < off <= 2 * torch.finfo(dtype).eps


def test_the_same_seed_moves_the_same_and_zero_nothing() -> None:
    assert torch.equal(gradient(3), gradient(3))
    assert not torch.equal(gradient(3), gradient(4))
    np.testing.assert_allclose(gradient(0).numpy(), np.exp(X), rtol=1e-15)


def test_whole_numbers_are_kept() -> None:
    x = torch.tensor(X, requires_grad=True)
    index = torch.tensor([2, 0, 1])
    with jittered(5):
        out = x[:, index].sum() + x.gather(1, index.expand(2, 3)).sum()
    (found,) = torch.autograd.grad(out, x)
    assert torch.equal(found, torch.full((2, 3), 2.0, dtype=torch.float64))


def test_values_are_left_alone_and_so_is_the_global_generator() -> None:
    before = torch.get_rng_state()
    x = torch.tensor(X, requires_grad=True)
    with jittered(5):
        out = x.exp()
    _ = torch.autograd.grad(out.sum(), x)
    np.testing.assert_array_equal(out.detach().numpy(), torch.tensor(X).exp().numpy())
    assert torch.equal(torch.get_rng_state(), before)
