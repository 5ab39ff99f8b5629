# torch's own types are partial, and the file must also pass where torch is not installed:
# pyright: basic, reportMissingImports=false
"""Leaves are the tensors that require a gradient, or else all floating ones; the rest is copied."""

import random
from collections.abc import Callable
from typing import Any, Final

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from gradverify.oracles.arguments import arguments
from gradverify.oracles.function import Form, Layout
from gradverify.oracles.function_errors import ComplexInputError, NoInputError
from gradverify.oracles.torch_inputs import LazyTensorError, inputs, laid, unchanged
from tests.oracles.torch_functions import WIDE, X, function_of, primals, tensor

WHOLE: Final = torch.tensor([1, 0])
NARROW: Final = torch.tensor([0.1, 0.2])


def names(function: Callable[..., Any], *given: Any, **keywords: Any) -> list[str]:
    return [
        source.name for source in inputs(function, arguments(function, given, keywords)).sources
    ]


def test_without_a_request_every_floating_tensor_is_a_leaf() -> None:
    given = {"a": [tensor(), WHOLE], "b": (tensor(), 2.0, None)}
    assert names(lambda x, _, **__: x, given, WHOLE > 0, z=tensor()) == ["x.a.0", "x.b.0", "z"]


def test_what_requires_a_gradient_is_preferred() -> None:
    asked = tensor().requires_grad_()
    assert names(torch.add, tensor(), asked) == ["1"]
    assert names(torch.add, tensor(), asked * 2) == ["1"]


def test_a_module_has_its_parameters_and_an_input_only_if_it_asks() -> None:
    assert names(nn.Linear(3, 1), tensor()) == ["weight", "bias"]
    assert names(nn.Linear(3, 1), tensor().requires_grad_()) == ["input", "weight", "bias"]
    assert names(nn.Linear(3, 1).requires_grad_(requires_grad=False), tensor()) == ["input"]


def test_a_frozen_parameter_is_no_leaf() -> None:
    model = nn.Linear(3, 1)
    model.bias.requires_grad = False
    assert names(model, tensor()) == ["weight"]


def test_tied_parameters_are_one_leaf() -> None:
    model = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
    model[1].weight = model[0].weight
    assert names(model, tensor()) == ["0.weight", "0.bias", "1.bias"]
    function = function_of(model, torch.ones(1, 2))
    torch.manual_seed(0)
    moved = [np.ones(leaf.primal.shape) for leaf in function.leaves]
    expected = model.requires_grad_(requires_grad=False)
    for parameter in expected.parameters():
        _ = parameter.fill_(1)
    found, _ = function.values(moved, wide=False)
    assert np.allclose(found[0], expected(torch.ones(1, 2)).numpy())


def test_a_name_that_is_taken_says_that_it_is_a_modules() -> None:
    class Scale(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.weight = nn.Parameter(torch.ones(3))

        def forward(self, weight: Tensor) -> Tensor:
            return weight * self.weight

    assert names(Scale(), tensor().requires_grad_()) == ["weight", "module.weight"]


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16, torch.float16])
def test_a_leaf_holds_its_numbers_exactly_and_its_own_format(dtype: torch.dtype) -> None:
    mine = tensor(X / 3, dtype)
    (leaf,) = function_of(torch.sin, mine).leaves
    assert torch.equal(torch.tensor(leaf.primal), mine.double())
    assert (f"torch.{leaf.dtype}", leaf.eps) == (str(dtype), torch.finfo(dtype).eps)
    assert not leaf.primal.flags.writeable
    _ = mine.zero_()
    assert leaf.primal.any()


@pytest.mark.parametrize(
    "given", [(), (WHOLE,), (WHOLE > 0, 3.0), (tensor().to_sparse(),)], ids=str
)
def test_without_a_floating_tensor_there_is_nothing_to_differentiate_by(given: Any) -> None:
    with pytest.raises(NoInputError):
        _ = function_of(lambda *_: None, *given)


def test_complex_leaves_are_refused_and_complex_constants_are_not() -> None:
    whole = torch.ones(2, dtype=torch.complex64)
    with pytest.raises(ComplexInputError, match="1 is complex64"):
        _ = function_of(torch.add, tensor(), whole)
    assert names(torch.add, tensor().requires_grad_(), whole) == ["0"]


def test_a_lazy_module_is_refused_until_it_was_called() -> None:
    model = nn.LazyLinear(2)
    with pytest.raises(LazyTensorError, match="weight is a lazy parameter"):
        _ = function_of(model, tensor(X, torch.float32))
    _ = model(tensor(X, torch.float32))
    assert names(model, tensor(X, torch.float32)) == ["weight", "bias"]


def received(function: Callable[..., Any], given: Any, form: Form) -> Any:
    seen: list[Any] = []
    asked = function_of(lambda x, rest: (seen.append(rest), x)[1], tensor().requires_grad_(), given)
    _ = asked.values(primals(asked), wide=form.wide)
    _ = function(seen[0])
    return seen[0]


def test_what_is_no_leaf_arrives_as_a_copy() -> None:
    whole, narrow, array = WHOLE.clone(), NARROW.clone(), np.ones(2)
    given = {"whole": whole, "narrow": narrow, "array": array, "text": "a"}

    def spoil(rest: Any) -> None:
        for name in ("whole", "narrow", "array"):
            rest[name][:] = 7

    _ = received(spoil, given, Form())
    assert torch.equal(whole, WHOLE)
    assert torch.equal(narrow, NARROW)
    assert array.tolist() == [1, 1]


def test_in_wide_form_floating_constants_are_of_twice_the_precision() -> None:
    given = {"narrow": NARROW, "whole": WHOLE, "complex": NARROW + 1j, "text": "a"}
    wide, plain = (received(lambda _: None, given, form) for form in (WIDE, Form()))
    assert [str(wide[name].dtype) for name in ("narrow", "whole", "complex")] == [
        "torch.float64",
        "torch.int64",
        "torch.complex128",
    ]
    assert plain["narrow"].dtype is torch.float32
    assert wide["text"] == "a"


@pytest.mark.parametrize(
    ("generator", "draw"),
    [
        (torch.Generator().manual_seed(1), lambda g: torch.rand((), generator=g)),
        (np.random.default_rng(1), lambda g: g.random()),
        (random.Random(1), lambda g: g.random()),  # noqa: S311
    ],
    ids=["torch", "numpy", "python"],
)
def test_a_generator_that_is_passed_draws_the_same_in_every_call(generator: Any, draw: Any) -> None:
    asked = function_of(lambda x, g: x * draw(g), tensor(), generator)
    first, second = (asked.values([X], wide=False)[0][0] for _ in range(2))
    assert np.array_equal(first, second)
    assert np.array_equal(first, X * float(draw(generator)))
    assert not np.array_equal(first, asked.values([X], wide=False)[0][0])


@pytest.mark.parametrize("layout", [Layout.PLAIN, Layout.TRANSPOSED, Layout.SPACED])
@pytest.mark.parametrize("shape", [(), (0,), (5,), (2, 3), (2, 3, 4)], ids=str)
def test_a_layout_changes_strides_alone(layout: Layout, shape: tuple[int, ...]) -> None:
    plain = torch.arange(int(np.prod(shape)), dtype=torch.float64).reshape(shape)
    found = laid(plain, layout)
    assert torch.equal(found, plain)
    lies = layout is Layout.PLAIN or plain.numel() < 2
    assert found.is_contiguous() == lies


def test_an_expanded_tensor_holds_one_number() -> None:
    found = laid(tensor(), Layout.EXPANDED)
    assert found.stride() == (0, 0)
    assert torch.equal(found, torch.full((2, 3), 0.5, dtype=torch.float64))


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.int64])
def test_what_differs_in_one_entry_is_changed(dtype: torch.dtype) -> None:
    before = torch.arange(5).to(dtype)
    now = before.clone()
    assert unchanged([(now, before)])
    now[3] += 1
    assert not unchanged([(before, before), (now, before)])


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_nan_is_equal_to_nan(dtype: torch.dtype) -> None:
    before = torch.tensor([1, torch.nan]).to(dtype)
    assert unchanged([(before.clone(), before)])
    assert not unchanged([(before * 2, before)])
