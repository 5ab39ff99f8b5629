# jax's own types are partial, and the file must also pass where jax is not installed:
# pyright: basic, reportMissingImports=false
"""A jax reference has the leaves that are asked for, in that order, though jax sorts mappings."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from gradverify.oracles.arguments import arguments
from gradverify.oracles.function import Form, Weight
from gradverify.oracles.function_errors import LeavesError
from gradverify.oracles.jax_function import JaxFunction
from gradverify.oracles.jax_reference import array, restricted
from gradverify.oracles.numpy_reference import Passes

X, W = np.array([1.0, 2.0]), np.array([3.0, 5.0])


def product(x: Any, w: Any) -> Any:
    return x * w


def restricted_to(*names: str) -> JaxFunction:
    given = arguments(product, {"x": jnp.asarray(X), "w": jnp.asarray(W)}, {})
    return restricted(Passes(product, None), given, names)


def claims(function: JaxFunction) -> tuple[Any, ...]:
    pullback = function.pull([leaf.primal for leaf in function.leaves], Form())
    return pullback.back(Weight((np.ones(2),))).claims


def test_leaves_are_those_that_are_named_in_that_order() -> None:
    assert [leaf.name for leaf in restricted_to("x", "w").leaves] == ["x", "w"]
    np.testing.assert_array_equal(claims(restricted_to("x", "w")), [W, X])
    np.testing.assert_array_equal(claims(restricted_to("w", "x")), [X, W])
    assert [leaf.name for leaf in restricted_to("w").leaves] == ["w"]
    assert restricted_to("x").name == "product"


def test_a_leaf_that_is_not_there_is_named() -> None:
    with pytest.raises(LeavesError, match="it has no leaf for each of x, b: its own are w, x"):
        _ = restricted_to("x", "b")


@pytest.mark.parametrize("dtype", ["bfloat16", "float16", "float32", "float64"])
def test_numbers_are_given_in_their_dtype_and_64_bits_are_not_left_on(dtype: str) -> None:
    made = array(np.array([1.5, -2.0]), dtype)
    assert (str(made.dtype), isinstance(made, jax.Array)) == (dtype, True)
    assert array(np.array([1, 2]), "int64").dtype == jnp.asarray(1).dtype
