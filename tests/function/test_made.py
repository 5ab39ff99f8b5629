# torch's and jax's own types are partial, and the file must also pass where they are missing:
# pyright: basic, reportMissingImports=false
"""A callable becomes the function of the framework of its inputs, or one clear error."""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import torch
from torch import Tensor

from gradverify.function.made import Given, besides, made
from gradverify.oracles.function import Form, Function, Weight
from gradverify.oracles.function_errors import NoVjpError, VjpOfTensorsError
from gradverify.oracles.written import written_at
from tests.function.functions import normal, square, square_vjp

X = normal(3)


class Wrong(torch.autograd.Function):
    """x², with a gradient of its own."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        ctx.save_for_backward(x)
        return x * x

    @staticmethod
    def backward(ctx: Any, *cts: Any) -> Any:
        (x,) = ctx.saved_tensors
        return cts[0] * x


@jax.custom_vjp
def curved(x: Any) -> Any:
    return x * x


def curved_backward(x: Any, ct: Any) -> Any:
    return (ct * x,)


curved.defvjp(lambda x: (curved(x), x), curved_backward)


def given(function: Any, *inputs: Any, vjp: Any = None) -> Given:
    return Given(function, inputs, {}, vjp)


def gradient(function: Function) -> Any:
    return function.pull([X], Form()).back(Weight((np.ones(3),))).claims[0]


@pytest.mark.parametrize(
    ("inputs", "vjp", "party"),
    [(X, square_vjp, "vjp"), (torch.tensor(X), None, "torch"), (jnp.asarray(X), None, "jax")],
)
def test_the_inputs_say_whose_gradient_it_is(inputs: Any, vjp: Any, party: str) -> None:
    function = made(given(square, inputs, vjp=vjp))
    assert (function.party, function.name) == (party, "square")
    np.testing.assert_allclose(gradient(function), 2 * X, rtol=1e-6)


def test_numpy_without_a_backward_pass_claims_nothing() -> None:
    with pytest.raises(NoVjpError, match="square takes numpy arrays and nobody claims"):
        _ = made(given(square, X))


@pytest.mark.parametrize(
    ("inputs", "custom"),
    [(torch.tensor(X), r"torch\.autograd\.Function"), (jnp.asarray(X), r"jax\.custom_vjp")],
)
def test_a_backward_pass_of_numpy_does_not_go_with_tensors(inputs: Any, custom: str) -> None:
    with pytest.raises(VjpOfTensorsError, match=custom):
        _ = made(given(square, inputs, vjp=square_vjp))


def test_the_frameworks_own_derivative_stands_beside_a_written_one() -> None:
    asked = given(Wrong.apply, torch.tensor(X))
    own = besides(asked, reference=None, explore=False).own()
    assert own is not None
    np.testing.assert_allclose(gradient(own), 2 * X)
    np.testing.assert_allclose(gradient(made(asked)), X)


def test_numpy_has_no_derivative_of_its_own() -> None:
    assert besides(given(square, X, vjp=square_vjp), reference=None, explore=True).own() is None


@pytest.mark.parametrize(
    ("asked", "line"),
    [
        (given(square, X, vjp=square_vjp), written_at(square_vjp)),
        (given(square, jnp.asarray(X)), written_at(square)),
        (given(curved, jnp.asarray(X)), written_at(curved_backward)),
        (given(Wrong.apply, torch.tensor(X)), written_at(Wrong.backward)),
    ],
)
def test_the_place_is_where_the_backward_pass_is_written(asked: Given, line: str) -> None:
    found = besides(asked, reference=None, explore=False).place()
    assert found == line


def test_what_python_did_not_read_has_no_place() -> None:
    assert written_at(np.sin) == written_at(partial(square)) == ""
    assert written_at(square).rpartition(":")[0].endswith("functions.py")
