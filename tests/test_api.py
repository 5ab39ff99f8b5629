# torch's own types are partial, and the file must also pass where torch is not installed:
# pyright: basic, reportMissingImports=false
"""`verify` and `assert_gradients` as users call them: each framework, any nest, and a clear no."""

import functools
import json
import pickle
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import torch
from torch import Tensor, nn

import gradverify
from gradverify.api import ExploreError, NotCallableError, SeedError

X = np.array([0.5, -1.25, 2.0, 0.75])
W = np.array([1.5, 0.25, -0.5, 3.0])


class Weights(NamedTuple):
    """Two arrays with names."""

    a: Any
    b: Any


class Scaled(torch.autograd.Function):
    """x²w, whose backward pass multiplies by `factor`."""

    factor = 1.0

    @staticmethod
    def forward(ctx: Any, x: Tensor, w: Tensor) -> Tensor:
        ctx.save_for_backward(x, w)
        return x * x * w

    @classmethod
    def backward(cls, ctx: Any, ct: Tensor) -> Any:
        x, w = ctx.saved_tensors
        return cls.factor * ct * 2 * x * w, ct * x * x


class Doubled(Scaled):
    """The same, wrong by a factor."""

    factor = 2.0


@jax.custom_vjp
def cube(x: jax.Array) -> jax.Array:
    return x**3


@jax.custom_vjp
def wrong_cube(x: jax.Array) -> jax.Array:
    return x**3


cube.defvjp(lambda x: (x**3, x), lambda x, ct: (3 * x**2 * ct,))
wrong_cube.defvjp(lambda x: (x**3, x), lambda x, ct: (3 * x * ct,))


def product(x: Any, w: Any) -> Any:
    return x * x * w


def product_vjp(ct: Any, _out: Any, x: Any, w: Any) -> Any:
    return 2 * ct * x * w, ct * x * x


def wrong_vjp(ct: Any, _out: Any, x: Any, w: Any) -> Any:
    return 2 * ct * x * w, ct * x


def tensors(*arrays: Any, **options: Any) -> tuple[Tensor, ...]:
    return tuple(torch.tensor(array, **options) for array in arrays)


def codes(report: gradverify.Report) -> list[str]:
    return [item.code for item in report.findings]


def test_numpy_with_a_backward_pass() -> None:
    report = gradverify.verify(product, (X, W), vjp=product_vjp)
    assert report
    assert (report.status, report.party, report.findings) == ("agree", "vjp", ())
    assert [row.name for row in report.inputs] == ["x", "w"]
    assert max(report.sensitivity["w"].whole, report.sensitivity["x"].entry) < 1e-8
    assert report.evaluations.forward <= 30
    assert report.evaluations.backward <= 8


def test_numpy_with_a_wrong_backward_pass() -> None:
    report = gradverify.verify(product, (X, W), vjp=wrong_vjp)
    assert not report
    assert {row.name: row.status.value for row in report.inputs}["w"] == "disagree"
    assert report.inputs[0].name == "w"
    assert "the gradient by `w`, as vjp gives it, is wrong" in str(report)


def test_a_torch_function_is_judged_and_its_wrong_twin_named() -> None:
    assert gradverify.verify(Scaled.apply, tensors(X, W))
    report = gradverify.verify(Doubled.apply, tensors(X, W))
    assert (codes(report), report.inputs[0].name) == (["off-by-factor"], "x")
    assert report.again == "gradverify.verify(Doubled.apply, inputs, seed=0)"


def test_a_jax_function_is_judged_and_its_wrong_twin_named() -> None:
    assert gradverify.verify(cube, (jnp.asarray(X),))
    report = gradverify.verify(wrong_cube, (jnp.asarray(X),))
    assert (report.status, report.party) == ("disagree", "jax")
    assert gradverify.verify(jax.jit(cube), (jnp.asarray(X),))


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
def test_every_floating_dtype_is_judged_in_its_own_places(dtype: str) -> None:
    inputs = tensors(X, W, dtype=getattr(torch, dtype))
    report = gradverify.verify(Scaled.apply, inputs)
    assert report, str(report)
    assert {row.dtype for row in report.inputs} == {dtype}
    assert not gradverify.verify(Doubled.apply, inputs)


NESTS = [
    ((X, W), ["0", "1"]),
    ([X, W], ["0", "1"]),
    ({"x": X, "w": W}, ["x", "w"]),
    (({"left": X, "right": [W, W]},), ["0.left", "0.right.0", "0.right.1"]),
    ((Weights(X, W),), ["0.a", "0.b"]),
    ((X, (W, {"deep": W})), ["0", "1.0", "1.1.deep"]),
]


def total(*parts: Any, **named: Any) -> Any:
    found = jax.tree_util.tree_leaves((parts, named))
    return sum((k + 1.0) * leaf**2 for k, leaf in enumerate(found))


def changed(nest: Any, change: Any) -> Any:
    return jax.tree_util.tree_map(change, nest)


@pytest.mark.parametrize(("inputs", "names"), NESTS)
def test_leaves_of_a_nest_are_named_by_their_path(inputs: Any, names: list[str]) -> None:
    for make in (torch.tensor, jnp.asarray):
        report = gradverify.verify(total, changed(inputs, make))
        assert report, str(report)
        assert {row.name for row in report.inputs} == {*names}


def test_a_numpy_nest_has_a_gradient_of_the_same_nest() -> None:
    def forward(layers: Any, x: Any) -> Any:
        return {"y": x * layers["w"] + layers["b"], "n": 3}

    def backward(ct: Any, _out: Any, layers: Any, x: Any) -> Any:
        return {"w": ct["y"] * x, "b": ct["y"]}, ct["y"] * layers["w"]

    report = gradverify.verify(forward, ({"w": W, "b": X}, X), vjp=backward)
    assert report, str(report)
    assert {row.name for row in report.inputs} == {"layers.w", "layers.b", "x"}


def test_every_output_of_a_nest_counts() -> None:
    def forward(x: Any) -> Any:
        return {"first": x**2, "rest": [x**3, 7]}

    def backward(ct: Any, _out: Any, x: Any) -> Any:
        return 2 * x * ct["first"] + 3 * x**2 * ct["rest"][0]

    assert gradverify.verify(forward, (X,), vjp=backward)
    assert not gradverify.verify(forward, (X,), vjp=lambda ct, _, x: 2 * x * ct["first"])
    assert gradverify.verify(forward, (torch.tensor(X),))


def test_keyword_arguments_are_passed_on() -> None:
    def power(x: Any, *, exponent: int) -> Any:
        return x**exponent

    def backward(ct: Any, _out: Any, x: Any, *, exponent: int) -> Any:
        return ct * exponent * x ** (exponent - 1)

    assert gradverify.verify(power, (X,), vjp=backward, kwargs={"exponent": 3})
    report = gradverify.verify(power, (torch.tensor(X),), kwargs={"exponent": 3})
    assert report
    assert report.again == "gradverify.verify(power, inputs, kwargs=kwargs, seed=0)"


def test_integers_and_booleans_are_passed_through() -> None:
    def chosen(x: Any, where: Any, mask: Any, count: int) -> Any:
        return x[where] * count * mask

    where, mask = np.array([2, 0, 0]), np.array([True, False, True])

    def backward(ct: Any, _out: Any, x: Any, *passed: Any) -> Any:
        where, mask, count = passed
        assert where.dtype == np.int64
        gradient = np.zeros_like(x)
        np.add.at(gradient, where, ct * count * mask)
        return gradient, None, None, None

    report = gradverify.verify(chosen, (X, where, mask, 3), vjp=backward)
    assert report, str(report)
    assert [row.name for row in report.inputs] == ["x"]
    for make in (torch.tensor, jnp.asarray):
        found = gradverify.verify(chosen, (make(X), make(where), make(mask), 3))
        assert found, str(found)
        assert [row.name for row in found.inputs] == ["x"]


def test_none_is_right_where_nothing_depends_on_an_input_and_wrong_elsewhere() -> None:
    assert gradverify.verify(lambda x, _w: x**2, tensors(X, W))
    unused = gradverify.verify(
        lambda x, _w: x**2, (X, W), vjp=lambda ct, _, x, _w: (2 * x * ct, None)
    )
    assert unused
    missing = gradverify.verify(product, (X, W), vjp=lambda ct, _, x, w: (2 * x * w * ct, None))
    assert codes(missing) == ["gradient-missing"]


def test_only_what_requires_a_gradient_is_an_input_where_something_does() -> None:
    x, w = torch.tensor(X, requires_grad=True), torch.tensor(W)
    assert [row.name for row in gradverify.verify(Scaled.apply, (x, w)).inputs] == ["x"]
    assert len(gradverify.verify(Scaled.apply, tensors(X, W)).inputs) == 2
    assert x.grad is None


def test_parameters_of_a_module_are_inputs_and_stay_as_they_are() -> None:
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(4, 3), nn.Tanh(), nn.Linear(3, 1))
    before = {name: value.clone() for name, value in net.state_dict().items()}
    report = gradverify.verify(net, (torch.tensor(X, dtype=torch.float32),))
    assert report, str(report)
    assert {row.name for row in report.inputs} == {"0.weight", "0.bias", "2.weight", "2.bias"}
    assert all(torch.equal(value, before[name]) for name, value in net.state_dict().items())
    assert all(parameter.grad is None for parameter in net.parameters())


def test_a_module_with_a_wrong_layer_is_told() -> None:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.w = nn.Parameter(torch.tensor(W))

        def forward(self, x: Tensor) -> Tensor:
            return Doubled.apply(self.w, x).sum()  # pyright: ignore[reportOptionalMemberAccess]

    report = gradverify.verify(Net(), tensors(X))
    assert (codes(report), report.inputs[0].name) == (["off-by-factor"], "w")


def test_a_partial_is_called_with_what_it_holds() -> None:
    bound = functools.partial(product, w=torch.tensor(W))
    report = gradverify.verify(bound, tensors(X))
    assert report
    assert [row.name for row in report.inputs] == ["x"]
    assert "product: the gradient by `x` agrees" in str(report)


def test_the_same_seed_gives_the_same_report_and_another_one_asks_elsewhere() -> None:
    def report(seed: int) -> gradverify.Report:
        return gradverify.verify(product, (X, W), vjp=wrong_vjp, seed=seed)

    assert report(3) == report(3)
    assert report(3).to_json() == report(3).to_json()
    assert report(3) != report(4)


def test_a_dropout_is_judged_with_its_mask_held_fast() -> None:
    report = gradverify.verify(lambda x: nn.functional.dropout(x * x, 0.5), tensors(X), seed=1)
    assert report, str(report)


@pytest.mark.parametrize(
    ("reference", "named"),
    [
        ((product, product_vjp), "reference=(product, product_vjp)"),
        (lambda x, w: x * x * w, "reference=reference"),
        (lambda x, w: jnp.square(x) * w, "reference=reference"),
        (lambda x, w: torch.square(x) * w, "reference=reference"),
    ],
)
def test_a_right_reference_takes_part(reference: Any, named: str) -> None:
    report = gradverify.verify(Scaled.apply, tensors(X, W), reference=reference)
    assert report, str(report)
    assert {row.party for row in report.inputs} == {"torch", "reference"}
    assert named in report.again


def test_a_reference_of_another_function_is_told() -> None:
    report = gradverify.verify(
        Scaled.apply, tensors(X, W), reference=lambda x, w: torch.square(x) * w * 1.01
    )
    assert report.status == "disagree"
    assert codes(report) == ["values-differ"]


def test_a_wrong_gradient_of_the_reference_is_the_references() -> None:
    report = gradverify.verify(Scaled.apply, tensors(X, W), reference=(product, wrong_vjp))
    wrong = {(row.party, row.name) for row in report.inputs if row.status == "disagree"}
    assert wrong == {("reference", "w")}


def test_numpy_alone_is_a_reference_of_values() -> None:
    right = gradverify.verify(Scaled.apply, tensors(X, W), reference=lambda x, w: np.square(x) * w)
    assert right, str(right)
    other = gradverify.verify(Scaled.apply, tensors(X, W), reference=lambda x, w: np.abs(x) * w)
    assert codes(other) == ["values-differ"]


def relu_with_a_rare_fault(x: Any) -> Any:
    return np.where(x > 50, x * x, x)


def rare_vjp(ct: Any, _out: Any, x: Any) -> Any:
    return ct * np.ones_like(x)


def test_a_fault_outside_of_the_inputs_is_found_where_one_looks() -> None:
    inputs = (np.array([0.5, 1.5, 2.5]),)
    assert gradverify.verify(relu_with_a_rare_fault, inputs, vjp=rare_vjp)
    found = gradverify.verify(relu_with_a_rare_fault, inputs, vjp=rare_vjp, explore=True)
    assert found.status == "disagree"
    assert "explore=True" in found.again


def test_a_strategy_says_where_to_look() -> None:
    hypothesis = pytest.importorskip("hypothesis")
    numbers = hypothesis.strategies.floats(0.0, 100.0)
    strategy = numbers.map(lambda number: (np.array([number]),))
    report = gradverify.verify(
        relu_with_a_rare_fault, (np.array([0.5]),), vjp=rare_vjp, explore=strategy
    )
    assert report.status == "disagree"
    assert "explore=strategy" in report.again
    calm = hypothesis.strategies.floats(1.0, 2.0).map(lambda number: (np.array([number]),))
    right = gradverify.verify(
        relu_with_a_rare_fault, (np.array([0.5]),), vjp=rare_vjp, explore=calm
    )
    assert right, str(right)


def test_assert_gradients_returns_the_report_or_raises_it() -> None:
    report = gradverify.assert_gradients(product, (X, W), vjp=product_vjp)
    assert report.status == "agree"
    with pytest.raises(gradverify.GradientMismatch) as caught:
        _ = gradverify.assert_gradients(product, (X, W), vjp=wrong_vjp, seed=5)
    assert isinstance(caught.value, AssertionError)
    assert str(caught.value) == str(caught.value.report)
    assert caught.value.report == gradverify.verify(product, (X, W), vjp=wrong_vjp, seed=5)


def test_what_could_not_be_told_has_not_passed() -> None:
    draws = np.random.default_rng(0)

    def noisy(x: Any) -> Any:
        return x + draws.normal(size=x.shape)

    with pytest.raises(gradverify.GradientMismatch, match="noisy: undecided: "):
        _ = gradverify.assert_gradients(noisy, (X,), vjp=lambda ct, *_: ct)


def test_a_report_can_be_pickled_and_written() -> None:
    report = gradverify.verify(product, (X, W), vjp=wrong_vjp)
    assert pickle.loads(pickle.dumps(report)) == report  # noqa: S301 - our own
    assert json.loads(report.to_json())["status"] == "disagree"


@pytest.mark.parametrize(
    ("given", "what"),
    [
        ({"function": 3}, "function is int"),
        ({"vjp": "backward"}, "vjp is str"),
        ({"reference": 2.0}, "reference is float"),
        ({"reference": (product, None)}, "reference[1] is NoneType"),
    ],
)
def test_what_cannot_be_called_is_named(given: dict[str, Any], what: str) -> None:
    arguments = {"function": product, "vjp": product_vjp, **given}
    with pytest.raises(NotCallableError) as caught:
        _ = gradverify.verify(arguments.pop("function"), (X, W), **arguments)
    assert str(caught.value) == (
        f"{what}, not something that can be called\n"
        "Pass the function itself and its inputs beside it: gradverify.verify(function, inputs)."
    )


@pytest.mark.parametrize("seed", [-1, 0.5, "7", None])
def test_a_seed_is_a_whole_number(seed: Any) -> None:
    with pytest.raises(SeedError) as caught:
        _ = gradverify.verify(product, (X, W), vjp=product_vjp, seed=seed)
    assert str(caught.value) == f"seed is {seed!r}, not a whole number from 0 up"


def test_where_to_look_is_yes_no_or_a_strategy() -> None:
    with pytest.raises(ExploreError) as caught:
        _ = gradverify.verify(product, (X, W), vjp=product_vjp, explore=3)  # pyright: ignore[reportArgumentType]
    assert str(caught.value) == "explore is 3, not a bool or a hypothesis strategy of inputs"
