# torch's own types are partial, and the file must also pass where torch is not installed:
# pyright: basic, reportMissingImports=false
"""A backward pass is differentiated, or said to be cut, or to be made by code torch cannot see."""

from collections.abc import Callable
from typing import Any, Final

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from gradverify.oracles.function import Curved, Weight
from gradverify.oracles.oracle import Unsupported
from tests.oracles.torch_functions import (
    Filled,
    IntoEmpty,
    OfData,
    OfNumpy,
    Once,
    Sine,
    Twice,
    WithoutGraph,
    X,
    all_same,
    function_of,
    same,
    tensor,
)

UP: Final = np.array([[1.0, 2.0, -1.0], [0.5, -0.5, 3.0]])
CT: Final = np.array([[2.0, -1.0, 0.5], [1.0, 4.0, -2.0]])
CUT: Final = (WithoutGraph, OfData, Filled)
OPAQUE: Final = (OfNumpy, IntoEmpty)


def curve(function: Callable[..., Any], *given: Any) -> Curved | Unsupported:
    asked = function_of(function, *(given or (tensor(X, torch.float32),)))
    count = len(asked.leaves)
    return asked.curve([X] * count, Weight((CT,)), [UP] * count)


def curved(function: Callable[..., Any], *given: Any) -> Curved:
    found = curve(function, *given)
    assert isinstance(found, Curved)
    return found


@pytest.mark.parametrize(
    ("function", "factor"), [(torch.sin, 1), (Sine.apply, 1), (Twice.apply, 2)]
)
def test_the_second_derivative_is_that_of_the_claim(
    function: Callable[..., Any], factor: int
) -> None:
    found = curved(function)
    assert all_same(found.claims, [factor * CT * np.cos(X)])
    assert all_same(found.by_primals, [-factor * UP * CT * np.sin(X)])
    assert all_same(found.by_cotangents, [factor * UP * np.cos(X)])
    assert not found.cut


def test_tangents_of_all_leaves_go_together() -> None:
    found = curved(lambda x, y: x * y, tensor(), tensor())
    assert all_same(found.by_primals, [UP * CT, UP * CT])
    assert all_same(found.by_cotangents, [2 * UP * X])


@pytest.mark.parametrize("kind", CUT)
def test_a_graph_that_somebody_cut_is_noticed(kind: type[Sine]) -> None:
    found = curved(kind.apply)
    assert found.cut
    assert found.by_primals == (None,)
    assert same(found.claims[0], CT * np.cos(X))


@pytest.mark.parametrize("kind", OPAQUE)
def test_code_that_torch_cannot_see_is_not_called_cut(kind: type[Sine]) -> None:
    found = curve(kind.apply)
    assert found == Unsupported("the backward pass is made by code that torch cannot differentiate")


def layered(kind: type[Sine]) -> Callable[[Tensor], Tensor]:
    weight = nn.Parameter(torch.eye(3, dtype=torch.float64) + 0.1)
    return lambda x: kind.apply(x @ weight) @ weight


@pytest.mark.parametrize("kind", [Sine, *CUT])
def test_inside_of_other_functions_it_is_noticed_likewise(kind: type[Sine]) -> None:
    given = tensor().requires_grad_()
    assert curved(layered(kind), given).cut == (kind in CUT)


@pytest.mark.parametrize("kind", OPAQUE)
def test_inside_of_other_functions_opaque_code_is_opaque(kind: type[Sine]) -> None:
    assert isinstance(curve(layered(kind), tensor().requires_grad_()), Unsupported)


@pytest.mark.parametrize("function", [Once.apply, layered(Once)])
def test_what_says_that_it_is_differentiable_once_is_unsupported(
    function: Callable[..., Any],
) -> None:
    found = curve(function, tensor().requires_grad_())
    assert found == Unsupported("the backward pass is marked with once_differentiable")


@pytest.mark.parametrize("function", [torch.sign, torch.round, lambda x: x * 0 + x.floor()])
def test_a_constant_gradient_is_not_called_cut(function: Callable[..., Any]) -> None:
    found = curved(function)
    assert not found.cut
    assert found.by_primals[0] is None or not found.by_primals[0].any()


def test_a_linear_function_has_a_derivative_by_cotangents_alone() -> None:
    found = curved(lambda x: 3 * x)
    assert found.by_primals == (None,)
    assert all_same(found.by_cotangents, [3 * UP])
    assert not found.cut


def test_without_a_graph_there_is_nothing_to_differentiate() -> None:
    found = curved(lambda x: x.detach())
    assert (found.claims, found.by_primals, found.by_cotangents) == ((None,), (None,), (None,))


def test_what_torch_cannot_differentiate_twice_is_unsupported() -> None:
    class Raising(Sine):
        @staticmethod
        def backward(ctx: Any, ct: Tensor) -> Any:
            if ct.requires_grad:
                raise NotImplementedError
            return Sine.backward(ctx, ct)

    assert isinstance(curve(Raising.apply), Unsupported)


def test_a_module_is_differentiated_twice_by_its_parameters() -> None:
    asked = function_of(nn.Bilinear(3, 3, 3), tensor().requires_grad_(), tensor().requires_grad_())
    primals = [leaf.primal for leaf in asked.leaves]
    found = asked.curve(primals, Weight((CT,)), primals)
    assert isinstance(found, Curved)
    assert [None if d is None else d.shape for d in found.by_primals] == [
        (2, 3),
        (2, 3),
        (3, 3, 3),
        None,
    ]
