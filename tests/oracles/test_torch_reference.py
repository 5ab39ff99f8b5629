# torch's own types are partial, and the file must also pass where torch is not installed:
# pyright: basic, reportMissingImports=false
"""A torch reference has the leaves that are asked for; all else that it holds stays still."""

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from gradverify.oracles.arguments import arguments
from gradverify.oracles.function import Form
from gradverify.oracles.function_errors import LeavesError
from gradverify.oracles.numpy_reference import Passes
from gradverify.oracles.torch_function import TorchFunction
from gradverify.oracles.torch_reference import array, plain, restricted

X, W = torch.tensor([1.0, 2.0]), torch.tensor([3.0, 5.0], requires_grad=True)


def product(x: Tensor, w: Tensor) -> Tensor:
    return x * w


def restricted_to(function: Any, *names: str) -> TorchFunction:
    return restricted(Passes(function, None), arguments(product, (X, W), {}), names)


def test_leaves_are_those_that_are_named_whatever_requires_a_gradient() -> None:
    found = restricted_to(product, "w", "x")
    assert [leaf.name for leaf in found.leaves] == ["w", "x"]
    assert [leaf.name for leaf in restricted_to(product, "x").leaves] == ["x"]
    assert not X.requires_grad


def test_a_module_of_its_own_is_no_leaf_and_can_be_asked_in_float64() -> None:
    layer = nn.Linear(2, 2)
    found = restricted_to(lambda x, w: layer(x) * w, "x", "w")
    assert [leaf.name for leaf in found.leaves] == ["x", "w"]
    assert found.pull([np.ones(2), np.ones(2)], Form(wide=True)).values[0].shape == (2,)


def test_a_leaf_that_is_not_there_is_named() -> None:
    with pytest.raises(LeavesError) as caught:
        _ = restricted_to(product, "x", "weight")
    assert str(caught.value) == "it has no leaf for each of weight: its own are x"


@pytest.mark.parametrize("dtype", ["bfloat16", "float16", "float32", "float64"])
def test_numbers_come_and_go_in_their_dtype(dtype: str) -> None:
    made = array(np.array([1.5, -2.0]), dtype)
    assert str(made.dtype) == f"torch.{dtype}"
    found = plain(made)
    assert found is not None
    np.testing.assert_array_equal(found[0], [1.5, -2.0])
    assert found[1] == dtype


def test_integers_stay_integers_and_other_things_are_left_alone() -> None:
    found = plain(torch.tensor([2, 3]))
    assert found is not None
    assert (found[0].dtype, found[1]) == (np.int64, "int64")
    assert plain("text") is None
