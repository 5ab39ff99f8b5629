# torch's own types are partial, and the file must also pass where torch is not installed:
# pyright: basic, reportMissingImports=false
"""Rounding at random of what a forward pass keeps for its backward pass."""

from contextlib import AbstractContextManager, nullcontext

import torch
from torch import Tensor
from torch.autograd.graph import saved_tensors_hooks


def jittered(seed: int) -> AbstractContextManager[object]:
    """Move a last place of what is saved in the block, when it is read back; nothing for seed 0."""
    if not seed:
        return nullcontext()
    drawing = torch.Generator().manual_seed(seed)

    def moved(tensor: Tensor) -> Tensor:
        if not tensor.is_floating_point():
            return tensor
        moves = torch.randint(-1, 2, tensor.shape, generator=drawing).to(tensor)
        return tensor.detach() * (1 + torch.finfo(tensor.dtype).eps * moves)

    return saved_tensors_hooks(lambda tensor: tensor, moved)
