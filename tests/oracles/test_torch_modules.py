# torch's own types are partial, and the file must also pass where torch is not installed:
# pyright: basic, reportMissingImports=false
"""The modules of a callable are found wherever it keeps them, and have their own tensors back."""

from collections.abc import Callable
from functools import partial, wraps
from typing import Any, Final

import pytest
import torch
from torch import Tensor, nn

from gradverify.oracles.arguments import arguments
from gradverify.oracles.torch_modules import exchanged, slots

SHARED: Final = nn.Linear(2, 1)


def names(function: Callable[..., Any], *given: Any) -> list[str]:
    return [slot.name for slot in slots(function, arguments(function, given, {}))]


class Model(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(2, 1)
        self.norm = nn.BatchNorm1d(1, affine=False)

    def loss(self, x: Tensor) -> Tensor:
        return self.layer(x).sum()


LAYER: Final = ["layer.weight", "layer.bias"]
NORM: Final = ["norm.running_mean", "norm.running_var", "norm.num_batches_tracked"]


def test_a_module_itself_and_its_methods_have_no_prefix() -> None:
    model = Model()
    assert names(model) == names(model.loss) == names(partial(model)) == [*LAYER, *NORM]


def test_a_partial_names_its_modules_by_the_parameter() -> None:
    def loss(model: nn.Module, x: Tensor, head: nn.Module) -> Tensor:
        return head(model(x))

    made = partial(loss, nn.Linear(2, 2), head=nn.Linear(2, 1, bias=False))
    assert names(made) == ["model.weight", "model.bias", "head.weight"]


def test_a_closure_names_its_modules_by_the_variable_also_through_other_functions() -> None:
    model = nn.Linear(2, 1, bias=False)

    def inner(x: Tensor) -> Tensor:
        return model(x)

    @wraps(inner)
    def outer(x: Tensor) -> Tensor:
        return inner(x) * 2

    assert names(inner) == names(outer) == ["model.weight"]


def test_a_global_module_that_is_read_is_found_and_an_attribute_of_that_name_is_not() -> None:
    class Other:
        SHARED = 3

    other = Other()
    assert names(lambda x: [SHARED(row) for row in x]) == ["SHARED.weight", "SHARED.bias"]
    assert names(lambda x: x * other.SHARED) == []


def test_an_object_keeps_its_modules_in_attributes() -> None:
    class Trainer:
        def __init__(self) -> None:
            self.model = nn.Linear(2, 1)

        def loss(self, x: Tensor) -> Tensor:
            return self.model(x).sum()

        def __call__(self, x: Tensor) -> Tensor:
            return self.loss(x)

    assert names(Trainer()) == names(Trainer().loss) == ["model.weight", "model.bias"]


def test_a_module_may_be_an_argument() -> None:
    assert names(lambda model, x: model(x), SHARED, 1) == ["model.weight", "model.bias"]


def test_a_module_that_is_reached_twice_comes_once() -> None:
    model = Model()
    layer = model.layer
    twice = nn.Sequential(layer, layer)
    assert names(lambda x: layer(x) + model(x)) == [
        "layer.weight",
        "layer.bias",
        *(f"model.{name}" for name in NORM),
    ]
    assert names(twice) == ["0.weight", "0.bias"]


def test_what_holds_no_module_has_no_slots() -> None:
    unset = torch.autograd.Function.apply
    assert names(torch.sin) == names(unset) == names(partial(torch.add, 1)) == []


def test_a_recursive_function_and_an_empty_cell_are_no_trouble() -> None:
    def loop(x: Tensor, n: int) -> Tensor:
        return loop(x * 2, n - 1) if n else later(x)

    assert names(loop) == []
    later = SHARED
    assert names(loop) == ["later.weight", "later.bias"]


@pytest.mark.parametrize("raises", [False, True])
def test_the_own_tensors_are_back_after_an_exchange(raises: bool) -> None:  # noqa: FBT001
    model = nn.Sequential(SHARED, SHARED, nn.BatchNorm1d(1))
    places = slots(model, arguments(model, (), {}))
    own = [*model.parameters(), *model.buffers()]
    others = [torch.zeros_like(slot.tensor) for slot in places]
    try:
        with exchanged(zip(places, others, strict=True)):
            assert not any(tensor.any() for tensor in model.state_dict().values())
            assert 1 // (not raises)
    except ZeroDivisionError:
        assert raises
    assert [id(t) for t in own] == [id(t) for t in (*model.parameters(), *model.buffers())]
    assert SHARED.weight.any()
