# torch's own types are partial, and the file must also pass where torch is not installed:
# pyright: basic, reportMissingImports=false
"""A reference of any framework has the leaves of the function: names, order, numbers, dtypes."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import torch
from torch import Tensor, nn

from gradverify.arrays import Array
from gradverify.function.made import Given, made
from gradverify.function.reference import NoReferenceError, reference_of
from gradverify.oracles.function import Form, Function, Weight
from gradverify.oracles.numpy_reference import Passes

X = np.array([[0.5, -1.0], [2.0, 0.25], [1.5, 3.0]])
W = np.array([[1.0, 2.0, -1.0], [0.5, -0.25, 4.0]])


def numpy_layer(x: Array, w: Array) -> Array:
    return np.tanh(x @ w)


def numpy_layer_vjp(ct: Array, out: Array, x: Array, w: Array) -> tuple[Array, Array]:
    inner = ct * (1 - out**2)
    return inner @ w.T, x.T @ inner


def torch_layer(x: Tensor, w: Tensor) -> Tensor:
    return torch.tanh(x @ w)


def jax_layer(x: jax.Array, w: jax.Array) -> jax.Array:
    return jnp.tanh(x @ w)


BOTH = Passes(numpy_layer, numpy_layer_vjp)
REFERENCES = {
    "numpy": BOTH,
    "torch": Passes(torch_layer, None),
    "jax": Passes(jax_layer, None),
    "jax, compiled": Passes(jax.jit(jax_layer), None),
    "a lambda": Passes(lambda x, w: 0.5 * torch_layer(x, 2 * w / 2) * 2, None),
}
FUNCTIONS: dict[str, Callable[[], Given]] = {
    "numpy": lambda: Given(numpy_layer, (X, W), {}, numpy_layer_vjp),
    "torch": lambda: Given(torch_layer, (torch.tensor(X), torch.tensor(W)), {}, None),
    "jax": lambda: Given(jax_layer, (jnp.asarray(X), jnp.asarray(W)), {}, None),
}


def referred(given: Given, passes: Passes) -> tuple[Function, Function]:
    function = made(given)
    return function, reference_of(passes, given, function)


def claims_of(function: Function) -> list[Any]:
    primals = [leaf.primal for leaf in function.leaves]
    pullback = function.pull(primals, Form(wide=True))
    ones = tuple(np.ones_like(value) for value in pullback.values)
    return list(pullback.back(Weight(ones)).claims)


@pytest.mark.parametrize("theirs", REFERENCES)
@pytest.mark.parametrize("mine", FUNCTIONS)
def test_a_reference_of_each_framework_serves_functions_of_each(mine: str, theirs: str) -> None:
    function, reference = referred(FUNCTIONS[mine](), REFERENCES[theirs])
    assert [leaf.name for leaf in reference.leaves] == ["x", "w"]
    assert reference.party == "reference"
    for claim, right in zip(claims_of(reference), claims_of(function), strict=True):
        np.testing.assert_allclose(claim, right, rtol=1e-12)


def test_a_wrong_reference_has_another_gradient() -> None:
    twice = Passes(numpy_layer, lambda ct, out, x, w: numpy_layer_vjp(2 * ct, out, x, w))
    function, reference = referred(FUNCTIONS["torch"](), twice)
    assert not np.allclose(claims_of(reference)[0], claims_of(function)[0])


def test_numpy_without_a_backward_pass_has_values_and_claims_nothing() -> None:
    function, reference = referred(FUNCTIONS["jax"](), Passes(numpy_layer, None))
    assert claims_of(reference) == [None, None]
    primals = [leaf.primal for leaf in function.leaves]
    (value,), _ = reference.values(primals, wide=True)
    np.testing.assert_allclose(value, numpy_layer(*primals), rtol=1e-12)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
def test_dtypes_are_kept(dtype: str) -> None:
    kind = getattr(torch, dtype)
    given = Given(torch_layer, (torch.tensor(X, dtype=kind), torch.tensor(W, dtype=kind)), {}, None)
    of_jax = referred(given, REFERENCES["jax"])[1]
    assert {leaf.dtype for leaf in of_jax.leaves} == {dtype}
    of_numpy = referred(given, BOTH)[1]
    assert {leaf.dtype for leaf in of_numpy.leaves} == {dtype.replace("bfloat16", "float32")}


def test_leaves_keep_the_order_of_the_function_where_jax_would_sort_them() -> None:
    inputs = {"x": torch.tensor(X), "w": torch.tensor(W)}
    function, reference = referred(Given(torch_layer, inputs, {}, None), REFERENCES["jax"])
    assert [leaf.name for leaf in reference.leaves] == ["x", "w"]
    assert claims_of(reference)[0].shape == claims_of(function)[0].shape == (3, 2)


@pytest.mark.parametrize("theirs", REFERENCES)
def test_what_requires_no_gradient_is_no_leaf(theirs: str) -> None:
    inputs = (torch.tensor(X, requires_grad=True), torch.tensor(W))
    _, reference = referred(Given(torch_layer, inputs, {}, None), REFERENCES[theirs])
    assert [leaf.name for leaf in reference.leaves] == ["x"]


def test_integers_and_keywords_are_passed_on() -> None:
    def rows(x: Tensor, chosen: Tensor, scale: int = 1) -> Tensor:
        return x[chosen] * scale

    def jax_rows(x: jax.Array, chosen: jax.Array, scale: int = 1) -> jax.Array:
        return jnp.take(x, chosen, axis=0) * scale

    inputs = (torch.tensor(X), torch.tensor([2, 0, 0]))
    given = Given(rows, inputs, {"scale": 3}, None)
    function, reference = referred(given, Passes(jax_rows, None))
    np.testing.assert_array_equal(claims_of(reference)[0], claims_of(function)[0])


def test_parameters_of_a_module_are_found_under_the_name_that_the_reference_has_for_them() -> None:
    torch.manual_seed(0)
    layer = nn.Linear(2, 3).double()
    inputs = (torch.tensor(X, requires_grad=True),)

    def by_hand(x: Tensor) -> Tensor:
        return x @ layer.weight.T + layer.bias

    _, reference = referred(Given(layer, inputs, {}, None), Passes(by_hand, None))
    assert [leaf.name for leaf in reference.leaves] == ["input", "weight", "bias"]


def test_a_module_as_a_reference_keeps_its_own_parameters_still() -> None:
    layer = nn.Linear(2, 3)
    given = Given(lambda x: 2 * x, (torch.tensor(X),), {}, None)
    _, reference = referred(given, Passes(layer, None))
    assert [leaf.name for leaf in reference.leaves] == ["x"]


def test_code_that_names_numpy_for_a_number_alone_is_still_of_the_inputs_framework() -> None:
    function, reference = referred(FUNCTIONS["torch"](), Passes(lambda x, w: x @ w * np.pi, None))
    assert claims_of(reference)[0].shape == claims_of(function)[0].shape


def test_nobody_writes_to_the_users_tensors() -> None:
    x = torch.tensor(X, requires_grad=True)
    given = Given(lambda x: 2 * x, (x,), {}, None)
    _ = claims_of(referred(given, Passes(lambda x: x.mul(3), None))[1])
    assert x.grad is None
    assert torch.equal(x.detach(), torch.tensor(X))


def test_what_fits_no_framework_is_one_error_with_a_reason_each() -> None:
    def too_many(x: Any, w: Any, more: Any) -> Any:
        return x + w + more

    with pytest.raises(NoReferenceError) as caught:
        _ = referred(FUNCTIONS["numpy"](), Passes(too_many, None))
    first, *tried, last = str(caught.value).splitlines()
    assert first == "the reference too_many cannot be called with these inputs"
    assert [line.partition(":")[0] for line in tried] == ["  as numpy", "  as torch", "  as jax"]
    assert all("missing 1 required positional argument: 'more'" in line for line in tried)
    assert last.startswith("A reference takes what the function takes")


def test_parameters_that_a_reference_lacks_are_named() -> None:
    given = Given(nn.Linear(2, 3).double(), (torch.tensor(X, requires_grad=True),), {}, None)
    with pytest.raises(NoReferenceError, match="it has no leaf for each of weight"):
        _ = referred(given, Passes(lambda x: 2 * x, None))
