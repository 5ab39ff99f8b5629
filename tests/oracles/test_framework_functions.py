# torch's and jax's own types are partial, and the file must also pass where they are missing:
# pyright: basic, reportMissingImports=false
"""A function of every framework answers alike: one protocol, whoever differentiates."""

from collections.abc import Callable
from typing import Any, Final

import jax.numpy as jnp
import numpy as np
import pytest
import torch

from gradverify.arrays import Array
from gradverify.function.made import Given, made
from gradverify.oracles.function import Form, Function, Weight

X: Final = np.array([[0.5, -1.25, 2.0], [0.75, 3.0, -0.125]])
CT: Final = np.array([[1.0, 2.0, -1.0], [0.5, 4.0, -3.0]])


def square(x: Any) -> Any:
    return x * x


MADE: Final[dict[str, Callable[[Array], Function]]] = {
    "numpy": lambda x: made(Given(square, (x,), {}, lambda ct, _, x: 2 * ct * x)),
    "torch": lambda x: made(Given(square, (torch.tensor(x),), {}, None)),
    "jax": lambda x: made(Given(square, (jnp.asarray(x),), {}, None)),
}
every_framework = pytest.mark.parametrize("name", MADE)


@every_framework
@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_a_leaf_has_its_name_its_format_and_its_numbers_in_float64(name: str, dtype: Any) -> None:
    (leaf,) = MADE[name](X.astype(dtype)).leaves
    assert (leaf.name, leaf.dtype) == ("x", np.dtype(dtype).name)
    assert leaf.eps == np.finfo(dtype).eps
    assert leaf.primal.dtype == np.float64
    np.testing.assert_array_equal(leaf.primal, X.astype(dtype).astype(np.float64))


@every_framework
def test_values_and_gradients_are_those_of_the_function(name: str) -> None:
    function = MADE[name](X.astype(np.float32))
    (value,), eps = function.values([X], wide=True)
    np.testing.assert_allclose(value, X * X, rtol=1e-15)
    assert eps == np.finfo(np.float64).eps
    pullback = function.pull([X], Form(wide=True))
    np.testing.assert_allclose(pullback.values[0], X * X, rtol=1e-15)
    (claim,) = pullback.back(Weight((CT,))).claims
    assert claim is not None
    assert claim.dtype == np.float64
    np.testing.assert_allclose(claim, 2 * CT * X, rtol=1e-15)


@every_framework
def test_another_cotangent_has_another_gradient(name: str) -> None:
    back = MADE[name](X).pull([X], Form(wide=True)).back
    first, second = (np.asarray(back(Weight((k * CT,))).claims[0]) for k in (1.0, 3.0))
    np.testing.assert_allclose(second, 3 * first, rtol=1e-6)
    assert not np.allclose(second, first)


@every_framework
def test_nothing_that_was_given_is_written_to(name: str) -> None:
    x, ct = X.copy(), CT.copy()
    function = MADE[name](x)
    found = function.pull([x], Form(wide=True)).back(Weight((ct,)))
    assert (found.cotangent_modified, found.input_modified) == (False, False)
    np.testing.assert_array_equal(x, X)
    np.testing.assert_array_equal(ct, CT)
