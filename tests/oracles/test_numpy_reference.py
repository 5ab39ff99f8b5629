"""A numpy reference has the leaves that are asked for, in order, and claims what it is given."""

from typing import Any

import numpy as np
import pytest

from gradverify.oracles.arguments import arguments
from gradverify.oracles.function import Form, Weight
from gradverify.oracles.function_errors import LeavesError
from gradverify.oracles.numpy_function import NumpyFunction
from gradverify.oracles.numpy_reference import Passes, array, restricted

X, W = np.array([1.0, 2.0]), np.array([3.0, 5.0])


def product(x: Any, w: Any) -> Any:
    return x * w


def product_vjp(ct: Any, _: Any, x: Any, w: Any) -> Any:
    return ct * w, ct * x


def restricted_to(*names: str, vjp: Any = product_vjp) -> NumpyFunction:
    return restricted(Passes(product, vjp), arguments(product, (X, W), {}), names)


def claims(function: NumpyFunction) -> tuple[Any, ...]:
    pullback = function.pull([leaf.primal for leaf in function.leaves], Form())
    return pullback.back(Weight((np.ones(2),))).claims


def test_leaves_are_those_that_are_named_in_that_order() -> None:
    assert [leaf.name for leaf in restricted_to("w", "x").leaves] == ["w", "x"]
    np.testing.assert_array_equal(claims(restricted_to("w", "x")), [X, W])
    np.testing.assert_array_equal(claims(restricted_to("w")), [X])


def test_a_forward_pass_alone_claims_nothing() -> None:
    assert claims(restricted_to("x", "w", vjp=None)) == (None, None)


def test_a_leaf_that_is_not_there_is_named() -> None:
    with pytest.raises(LeavesError) as caught:
        _ = restricted_to("x", "b")
    assert str(caught.value) == "it has no leaf for each of x, b: its own are x, w"


@pytest.mark.parametrize(
    ("dtype", "made"), [("float16", "float16"), ("float64", "float64"), ("bfloat16", "float32")]
)
def test_numbers_are_given_in_their_dtype_or_in_one_that_holds_them(dtype: str, made: str) -> None:
    assert array(X, dtype).dtype == made
    assert array(np.array([1, 0]), "bool").dtype == bool
