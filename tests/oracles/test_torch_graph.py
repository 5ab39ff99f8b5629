# torch's own types are partial, and the file must also pass where torch is not installed:
# pyright: basic, reportMissingImports=false
"""Hand-written nodes are found wherever in a graph, and vmap does not end the process in them."""

from typing import Any

import pytest
import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

from gradverify.oracles.torch_graph import (
    DataUnderVmapError,
    WithoutData,
    hand_written,
    nodes,
    refuse_data,
)
from tests.oracles.torch_functions import OfData, Sine, Twice, WithoutGraph, tensor


class Setting(Sine):
    """Writes to `.data`."""

    @staticmethod
    def backward(ctx: Any, ct: Tensor) -> Any:
        del ctx
        made = ct.clone()
        made.data = ct * 2
        return made


def batched(kind: type[Sine]) -> Tensor:
    x = tensor().requires_grad_()
    output = kind.apply(x * 2) * 3
    refuse_data([output])
    weights = torch.ones(4, *output.shape, dtype=output.dtype)
    return torch.autograd.grad(output, x, weights, is_grads_batched=True)[0]


def test_the_nodes_of_several_outputs_are_found_once_each() -> None:
    x = tensor().requires_grad_()
    inner = Sine.apply(x * 2)
    outputs = [Twice.apply(inner + 1), inner.sum(), x]
    assert len({*nodes(outputs)}) == len([*nodes(outputs)])
    assert {type(node).__name__ for node in hand_written(outputs)} == {
        "SineBackward",
        "TwiceBackward",
    }


def test_without_a_hand_written_function_there_is_none() -> None:
    assert [*hand_written([tensor().requires_grad_().sin().sum(), tensor()])] == []


@pytest.mark.parametrize("kind", [OfData, Setting])
def test_data_under_vmap_is_an_error_and_no_crash(kind: type[Sine]) -> None:
    with pytest.raises(DataUnderVmapError):
        _ = batched(kind)


@pytest.mark.parametrize("kind", [Sine, WithoutGraph])
def test_what_does_without_data_is_vectorised(kind: type[Sine]) -> None:
    assert torch.allclose(batched(kind)[1], 6 * (2 * tensor()).cos())


@pytest.mark.parametrize("kind", [Sine, OfData])
def test_no_mode_is_left_behind(kind: type[Sine]) -> None:
    class Counting(TorchFunctionMode):
        seen = 0

        def __torch_function__(
            self, func: Any, types: Any, args: Any = (), kwargs: Any = None
        ) -> Any:
            Counting.seen += 1
            return func(*args, **(kwargs or {}))

    with Counting():
        if kind is OfData:
            with pytest.raises(DataUnderVmapError):
                _ = batched(kind)
        else:
            _ = batched(kind)
        before = Counting.seen
        _ = tensor().data
        assert Counting.seen > before
    assert torch.equal(tensor().data, tensor())


def test_the_mode_refuses_data_alone() -> None:
    with WithoutData():
        assert tensor().detach().grad is None
        with pytest.raises(DataUnderVmapError):
            _ = tensor().data
