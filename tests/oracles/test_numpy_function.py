# what users hand over is of any type, which a strict checker does not let pass:
# pyright: basic
"""A function of numpy answers with what its backward pass claims, and modifies nothing."""

from typing import Any

import numpy as np
import pytest

from gradverify.arrays import Array
from gradverify.oracles.arguments import arguments
from gradverify.oracles.function import Form, Layout, Pulled, Weight
from gradverify.oracles.function_errors import (
    ComplexInputError,
    NoInputError,
    NoOutputError,
    NotNumbersError,
    ReturnedError,
)
from gradverify.oracles.numpy_function import NumpyFunction, numpy_function
from gradverify.oracles.oracle import Unsupported

X, W = np.array([[1.0, -2.0], [3.0, 0.5]]), np.array([2.0, 5.0])
ONES, PLAIN = Weight((np.ones((2, 2)),)), Form()


def product(x: Any, w: Any) -> Any:
    return x * w


def product_vjp(ct: Any, _: Any, x: Any, w: Any) -> Any:
    return ct * w, (ct * x).sum(0)


def function_of(forward: Any, vjp: Any, *inputs: Any, **keywords: Any) -> NumpyFunction:
    return numpy_function(forward, arguments(forward, inputs, keywords), vjp)


def pulled(function: NumpyFunction, weight: Weight = ONES, form: Form = PLAIN) -> Pulled:
    primals = [leaf.primal for leaf in function.leaves]
    return function.pull(primals, form).back(weight)


def claims_of(function: NumpyFunction, weight: Weight = ONES, form: Form = PLAIN) -> Any:
    return pulled(function, weight, form).claims


def claims(vjp: Any) -> Any:
    return claims_of(function_of(product, vjp, X, W))


RIGHT = (np.broadcast_to(W, (2, 2)), X.sum(0))


@pytest.mark.parametrize(
    "returned",
    [
        tuple,
        list,
        lambda pair: {"x": pair[0], "w": pair[1]},
        lambda pair: {"w": pair[1], 0: pair[0]},
    ],
)
def test_gradients_may_come_as_a_tuple_a_list_or_a_mapping(returned: Any) -> None:
    found = claims(lambda *given: returned(product_vjp(*given)))
    for claim, right in zip(found, RIGHT, strict=True):
        np.testing.assert_array_equal(claim, right)


def test_a_missing_gradient_is_none() -> None:
    by_x, by_w = claims(lambda *given: (None, product_vjp(*given)[1]))
    assert by_x is None
    np.testing.assert_array_equal(by_w, RIGHT[1])
    assert claims(lambda *given: {"w": given[-1]})[0] is None


@pytest.mark.parametrize(
    ("returned", "said"),
    [
        ((X,), "a tuple of 1 for 2 inputs"),
        ([X, W, W], "a list of 3 for 2 inputs"),
        (X, "one ndarray for 2 inputs"),
        (None, "one NoneType for 2 inputs"),
    ],
)
def test_too_few_or_too_many_are_one_error(returned: Any, said: str) -> None:
    with pytest.raises(ReturnedError) as caught:
        _ = claims(lambda *_: returned)
    assert str(caught.value) == f"the backward pass returned {said}"


@pytest.mark.parametrize("bad", ["text", 1j, [object()]])
def test_what_is_no_number_is_one_error(bad: Any) -> None:
    with pytest.raises(NotNumbersError):
        _ = claims(lambda *_: (bad, W))


def test_gradients_of_a_nest_are_a_nest() -> None:
    def forward(both: Any, scale: float) -> Any:
        return {"out": both["a"] * both["b"][0] * scale, "whole": 3}

    def vjp(ct: Any, _out: Any, both: Any, scale: float) -> Any:
        ct = ct["out"]
        by_b = [ct * both["a"] * scale]
        return {"a": ct * both["b"][0] * scale, "b": by_b}, 7.0

    function = function_of(forward, vjp, {"a": W, "b": [2 * W]}, 2.0)
    assert [leaf.name for leaf in function.leaves] == ["both.a", "both.b.0", "scale"]
    by_a, by_b, by_scale = claims_of(function, Weight((np.ones(2),)))
    np.testing.assert_array_equal(by_a, 4 * W)
    np.testing.assert_array_equal(by_b, 2 * W)
    assert by_scale == 7.0


def test_integers_and_keywords_are_passed_on() -> None:
    def forward(x: Any, index: Any, *, power: int) -> Any:
        return x[index] ** power

    def vjp(ct: Any, _out: Any, x: Any, index: Any, *, power: int) -> Any:
        found = np.zeros_like(x)
        np.add.at(found, index, power * ct * x[index] ** (power - 1))
        return found, None, None

    function = function_of(forward, vjp, W, np.array([1, 1]), power=2)
    assert [leaf.name for leaf in function.leaves] == ["x"]
    (claim,) = claims_of(function, Weight((np.ones(2),)))
    np.testing.assert_array_equal(claim, [0.0, 20.0])


@pytest.mark.parametrize("layout", Layout)
def test_a_cotangent_lies_as_is_asked(layout: Layout) -> None:
    seen: list[Array] = []

    def vjp(ct: Any, *given: Any) -> Any:
        seen.append(ct)
        return product_vjp(ct, *given)

    _ = pulled(function_of(product, vjp, X, W), Weight(ONES.arrays, layout))
    np.testing.assert_array_equal(seen[0], np.ones((2, 2)))
    assert seen[0].flags.c_contiguous is (layout is Layout.PLAIN)


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_a_narrow_function_runs_in_its_own_format_or_in_float64(dtype: Any) -> None:
    function = function_of(product, product_vjp, X.astype(dtype), W.astype(dtype))
    eps = float(np.finfo(dtype).eps)
    assert [leaf.eps for leaf in function.leaves] == [eps, eps]
    assert pulled(function).dtypes == (np.dtype(dtype).name,) * 2
    assert pulled(function, form=Form(wide=True)).dtypes == ("float64",) * 2
    primals = [leaf.primal for leaf in function.leaves]
    assert function.values(primals, wide=False)[1] == eps
    assert function.values(primals, wide=True)[1] == np.finfo(np.float64).eps


def test_what_is_modified_in_place_is_noticed_and_nobodys_own() -> None:
    def forward(x: Any, w: Any) -> Any:
        out = x * w
        x -= 1.0
        return out

    def vjp(ct: Any, _: Any, x: Any, w: Any) -> Any:
        found = ct * w, (ct * (x + 1)).sum(0)
        ct *= 2.0
        return found

    x, weight = X.copy(), Weight((np.ones((2, 2)),))
    function = function_of(forward, vjp, x, W)
    pullback = function.pull([x, W], Form())
    found = pullback.back(weight)
    assert (pullback.input_modified, found.cotangent_modified) == (True, True)
    np.testing.assert_array_equal(x, X)
    np.testing.assert_array_equal(weight.arrays[0], np.ones((2, 2)))


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_what_is_left_alone_is_not_called_modified(dtype: Any) -> None:
    x = np.where(X > 2, np.nan, X).astype(dtype)
    function = function_of(product, product_vjp, x, W.astype(dtype))
    pullback = function.pull([leaf.primal for leaf in function.leaves], Form())
    found = pullback.back(Weight((np.full((2, 2), 0.5),)))
    modified = pullback.input_modified, found.input_modified, found.cotangent_modified
    assert modified == (False, False, False)


def test_a_jitter_moves_a_last_place_of_what_the_backward_pass_is_handed() -> None:
    def vjp(ct: Any, out: Any, x: Any, w: Any) -> Any:
        return ct * out / x, (ct * out / w).sum(0)

    function = function_of(product, vjp, X, W)
    plain, moved = (claims_of(function, form=Form(jitter=k))[0] for k in (0, 1))
    np.testing.assert_allclose(moved, plain, rtol=1e-15)
    assert not np.array_equal(moved, plain)
    np.testing.assert_array_equal(moved, claims_of(function, form=Form(jitter=1))[0])


def test_there_is_no_graph_to_go_on_with() -> None:
    function = function_of(product, product_vjp, X, W)
    assert isinstance(function.push([X, W], [X, W]), Unsupported)
    assert isinstance(function.batched([X, W], [ONES], wide=True), Unsupported)
    assert isinstance(function.curve([X, W], ONES, [X, W]), Unsupported)


@pytest.mark.parametrize(
    ("inputs", "error"),
    [((np.arange(3), 2), NoInputError), ((X + 1j, W), ComplexInputError), ((), NoInputError)],
)
def test_inputs_without_a_gradient_are_refused(inputs: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        _ = function_of(product, product_vjp, *inputs)


@pytest.mark.parametrize("out", [None, 3, "text", np.arange(2), {}])
def test_an_output_without_floating_numbers_is_refused(out: Any) -> None:
    with pytest.raises(NoOutputError):
        _ = function_of(lambda _: out, product_vjp, X).values([X], wide=True)
