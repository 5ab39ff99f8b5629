# jax's own types are partial, and the file must also pass where jax is not installed:
# pyright: basic, reportMissingImports=false
"""A jax function answers with jax's own gradient or its custom rule's, in its format or float64."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, TypeAlias

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.core import Tracer

from gradverify.arrays import Array
from gradverify.oracles.arguments import arguments
from gradverify.oracles.function import Claims, Form, Layout, Weight
from gradverify.oracles.function_errors import ComplexInputError, NoInputError, NoOutputError
from gradverify.oracles.jax_function import (
    ComplexOutputError,
    JaxFunction,
    jax_function,
    own_gradient,
)
from gradverify.oracles.oracle import Unsupported

Rule: TypeAlias = Callable[[Any, Any], tuple[Any, ...]]

WIDE: Final = Form(wide=True)
X: Final = np.array([0.5, 1.25, -2.0])
ONES: Final = Weight((np.ones(3),))


def function_of(function: Callable[..., Any], *inputs: Any, **keywords: Any) -> JaxFunction:
    return jax_function(function, arguments(function, inputs, keywords))


def primals(function: JaxFunction) -> list[Array]:
    return [leaf.primal for leaf in function.leaves]


def listed(claims: Claims) -> list[Any]:
    return [None if claim is None else claim.tolist() for claim in claims]


def gradients(function: JaxFunction, weight: Weight = ONES, form: Form = WIDE) -> list[Any]:
    return listed(function.pull(primals(function), form).back(weight).claims)


def cube(rule: Rule = lambda x, ct: (3 * x**2 * ct,)) -> Any:
    """Return x³ with a backward pass of its own."""
    made = jax.custom_vjp(lambda x: x**3)
    made.defvjp(lambda x: (x**3, x), rule)
    return made


CUBE: Final = (3 * X**2).tolist()


# what the leaves are


def test_arrays_and_floats_are_leaves_and_everything_else_is_passed_on() -> None:
    def layer(params: Any, x: Any, *others: Any, rate: float, on: bool) -> Any:
        kind, n, key = others
        assert (kind, n, on, key.shape) == ("tanh", 3, True, ())
        return rate * (params["w"][0] @ x + params["b"]), None

    params = {"w": (jnp.ones((2, 3)), None), "b": jnp.ones(2, jnp.bfloat16)}
    found = function_of(layer, params, jnp.ones(3), "tanh", 3, jax.random.key(0), rate=2.0, on=True)
    assert [(leaf.name, leaf.dtype) for leaf in found.leaves] == [
        ("params.b", "bfloat16"),
        ("params.w.0", "float32"),
        ("x", "float32"),
        ("rate", "float32"),
    ]
    weight = Weight((np.array([1.0, 2.0]),))
    assert gradients(found, weight) == [
        [2.0, 4.0],
        [[2.0] * 3, [4.0] * 3],
        [6.0] * 3,
        12.0,
    ]


@jax.tree_util.register_dataclass
@dataclass
class Linear:
    weight: Any
    bias: Any

    def __call__(self, x: Any) -> Any:
        return self.weight * x + self.bias


@dataclass
class Unregistered:
    weight: Any
    rate: float = 0.5


def test_the_arrays_of_a_callable_that_is_a_pytree_are_inputs_too() -> None:
    found = function_of(Linear(jnp.full(3, 2.0), jnp.zeros(3)), jnp.asarray(X))
    assert [leaf.name for leaf in found.leaves] == ["self.weight", "self.bias", "x"]
    assert gradients(found) == [X.tolist(), [1.0] * 3, [2.0] * 3]


def test_arrays_in_a_class_that_jax_does_not_know_are_inputs_and_its_settings_are_not() -> None:
    found = function_of(lambda p: p.weight * float(p.rate), Unregistered(jnp.asarray(X)))
    assert [leaf.name for leaf in found.leaves] == ["p.weight"]
    assert gradients(found) == [[0.5] * 3]


def test_what_a_custom_rule_does_not_differentiate_by_is_passed_on() -> None:
    @partial(jax.custom_vjp, nondiff_argnums=(1,))
    def scaled(n: int, a: float, x: Any) -> Any:
        return n * a * x

    scaled.defvjp(lambda n, a, x: (n * a * x, n), lambda a, n, ct: (None, n * a * ct))
    x = jnp.asarray(X)
    for found in (
        function_of(scaled, 2, 3.0, x),
        function_of(scaled, 2, x=x, a=3.0),
        function_of(partial(scaled, 2), 3.0, x),
        function_of(jax.jit(scaled, static_argnums=1), 2, 3.0, x),
    ):
        assert [leaf.name.replace("1", "x") for leaf in found.leaves] == ["x"]
        assert gradients(found) == [[6.0] * 3]


def test_inputs_without_a_floating_one_are_refused() -> None:
    with pytest.raises(NoInputError):
        _ = function_of(lambda x: x, jnp.arange(3))


def test_complex_numbers_are_refused_with_their_name() -> None:
    with pytest.raises(ComplexInputError, match=r"^z is complex64"):
        _ = function_of(lambda z: z.real, jnp.ones(2, jnp.complex64))
    found = function_of(lambda x: x * 1j, jnp.ones(2))
    with pytest.raises(ComplexOutputError, match="returned complex64"):
        _ = found.values(primals(found), wide=False)


# values


def test_values_are_float64_where_asked_although_jax_has_not_enabled_it() -> None:
    found = function_of(lambda x: jnp.sin(x) + jnp.zeros(3), jnp.asarray(X))
    (wide,), eps = found.values([X], wide=True)
    assert eps == 2.0**-52
    np.testing.assert_array_max_ulp(wide, np.sin(X), 2)
    (narrow,), narrow_eps = found.values([X], wide=False)
    assert narrow_eps == 2.0**-23
    assert narrow.tolist() == narrow.astype(np.float32).tolist()
    assert 0 < np.max(np.abs(narrow - wide)) < 1e-6
    assert jnp.asarray(X).dtype == np.float32


def test_the_coarsest_format_of_several_outputs_is_told() -> None:
    found = function_of(lambda x: {"a": x, "b": [x.astype(jnp.bfloat16), 3]}, jnp.asarray(X))
    values, eps = found.values([X], wide=True)
    assert (len(values), eps) == (2, 2.0**-7)


def test_arrays_made_with_64_bits_are_differentiated_with_64_bits() -> None:
    with jax.enable_x64(new_val=True):
        x = jnp.asarray(X)
    found = function_of(lambda x: x * 0.3, x)
    assert found.values([X], wide=False)[0][0].tolist() == (X * 0.3).tolist()


def test_python_numbers_and_own_classes_are_outputs_too() -> None:
    found = function_of(lambda x: (x, 3.0, "name", Unregistered(2 * x)), jnp.asarray(X))
    values, _ = found.values([X], wide=True)
    assert [value.tolist() for value in values] == [X.tolist(), 3.0, (2 * X).tolist()]
    assert gradients(found, Weight((np.ones(3), np.ones(()), np.ones(3)))) == [[3.0] * 3]


@pytest.mark.parametrize(("returned", "kind"), [(None, "None"), (3, "int"), ([], "list")])
def test_a_function_without_floating_outputs_is_refused(returned: Any, kind: str) -> None:
    found = function_of(lambda _: returned, jnp.asarray(X))
    with pytest.raises(NoOutputError, match=f"returned {kind}: nothing"):
        _ = found.values([X], wide=False)


def test_the_function_is_run_each_time_and_never_compiled() -> None:
    calls: list[float] = []

    def counted(x: Any) -> Any:
        calls.append(float(x[0]) if not isinstance(x, Tracer) else 0.0)
        return x

    found = function_of(counted, jnp.asarray(X))
    for _ in range(3):
        _ = found.values([X], wide=False)
        _ = found.pull([X], WIDE)
    assert calls == [0.5, 0.0] * 3


def test_a_call_that_donates_its_inputs_leaves_those_of_the_user_alone() -> None:
    x, n = jnp.asarray(X), jnp.arange(3)
    donating = jax.jit(lambda x, n: (x + 1, n + 1), donate_argnums=(0, 1))
    found = function_of(donating, x, n)
    before = X.copy()
    for wide in (False, True):
        _ = found.values([before], wide=wide)
    assert (x.is_deleted(), n.is_deleted()) == (False, False)
    assert before.tolist() == X.tolist()


# gradients


def test_a_custom_rule_is_what_is_claimed() -> None:
    assert gradients(function_of(cube(), jnp.asarray(X))) == [CUBE]
    twice = cube(lambda x, ct: (6 * x**2 * ct,))
    assert gradients(function_of(twice, jnp.asarray(X))) == [(6 * X**2).tolist()]


def test_the_value_comes_from_the_rule_where_gradients_are_on() -> None:
    other = jax.custom_vjp(lambda x: x)
    other.defvjp(lambda x: (2 * x, None), lambda _, ct: (ct,))
    found = function_of(other, jnp.asarray(X))
    assert found.values([X], wide=True)[0][0].tolist() == X.tolist()
    assert found.pull([X], WIDE).values[0].tolist() == (2 * X).tolist()


def test_the_way_back_can_be_taken_again_and_shows_what_it_remembers() -> None:
    calls: list[int] = []

    def remembering(x: Any, ct: Any) -> tuple[Any]:
        calls.append(1)
        return (3 * x**2 * ct * len(calls),)

    for rule, later in ((lambda x, ct: (3 * x**2 * ct,), 1.0), (remembering, 2.0)):
        back = function_of(cube(rule), jnp.asarray(X)).pull([X], WIDE).back
        assert listed(back(ONES).claims) == [CUBE]
        assert listed(back(ONES).claims) == [[later * entry for entry in CUBE]]


def test_gradients_have_their_formats_told_and_cotangents_are_rounded_to_the_outputs() -> None:
    found = function_of(lambda x, y: x * y, jnp.asarray(X, jnp.bfloat16), 2.0)
    pulled = found.pull(primals(found), Form()).back(Weight((np.full(3, 1.001),)))
    assert pulled.dtypes == ("bfloat16", "float32")
    assert listed(pulled.claims) == [[2.0] * 3, pytest.approx(np.sum(primals(found)[0]))]
    assert [claim.dtype for claim in pulled.claims if claim is not None] == [np.float64] * 2
    assert found.pull(primals(found), WIDE).back(ONES).dtypes == ("float64", "float64")


def test_a_layout_changes_nothing() -> None:
    expanded = np.broadcast_to(1.0, 3)
    found = function_of(cube(), jnp.asarray(X))
    form = Form(wide=True, layout=Layout.TRANSPOSED)
    assert gradients(found, Weight((expanded,), Layout.EXPANDED), form) == [CUBE]


def test_what_a_backward_pass_raises_is_raised() -> None:
    found = function_of(cube(lambda x, ct: (x, ct)), jnp.asarray(X))
    pullback = found.pull([X], WIDE)
    with pytest.raises(TypeError, match="Custom VJP bwd rule must"):
        _ = pullback.back(ONES)


def test_a_gradient_by_nothing_is_zero() -> None:
    found = function_of(lambda x, _: x, jnp.asarray(X), jnp.asarray(X))
    assert gradients(found) == [[1.0] * 3, [0.0] * 3]


# forward mode, batches, second order


def test_forward_mode_answers_in_float64() -> None:
    found = function_of(lambda x, a: jnp.sin(x) * a, jnp.asarray(X), 2.0)
    pushed = found.push([X, np.array(2.0)], [np.ones(3), np.array(0.0)])
    assert not isinstance(pushed, Unsupported)
    np.testing.assert_allclose(pushed[0], 2 * np.cos(X), rtol=1e-15)


def test_a_custom_vjp_has_no_forward_mode() -> None:
    pushed = function_of(cube(), jnp.asarray(X)).push([X], [X])
    assert isinstance(pushed, Unsupported)
    assert pushed.reason.startswith("TypeError: can't apply forward-mode")


def test_a_wrong_custom_jvp_shows_in_forward_mode() -> None:
    wrong = jax.custom_jvp(lambda x: x**2)
    wrong.defjvp(lambda x, t: (x[0] ** 2, 3 * x[0] * t[0]))
    pushed = function_of(wrong, jnp.asarray(X)).push([X], [np.ones(3)])
    assert not isinstance(pushed, Unsupported)
    assert pushed[0].tolist() == (3 * X).tolist()


def test_several_cotangents_at_once_give_what_each_gives() -> None:
    found = function_of(lambda x, a: (a * x**3, jnp.sum(x)), jnp.asarray(X), 2.0)
    weights = [Weight((np.ones(3), np.array(1.0))), Weight((X, np.array(-2.0)))]
    rows = found.batched(primals(found), weights, wide=True)
    assert not isinstance(rows, Unsupported)
    for weight, row in zip(weights, rows, strict=True):
        assert listed(row) == gradients(found, weight)


def test_a_rule_that_is_wrong_in_a_batch_shows() -> None:
    def batch_blind(x: Any, ct: Any) -> tuple[Any]:
        batched = type(ct).__name__ == "BatchTracer"
        return (3 * x**2 * (-ct if batched else ct),)

    found = function_of(cube(batch_blind), jnp.asarray(X))
    rows = found.batched([X], [ONES, ONES], wide=True)
    assert not isinstance(rows, Unsupported)
    assert list(map(listed, rows)) == [[(-3 * X**2).tolist()]] * 2
    assert gradients(found) == [CUBE]


def test_a_rule_that_cannot_be_batched_is_unsupported() -> None:
    found = function_of(cube(lambda x, ct: (ct if ct[0] > 0 else x,)), jnp.asarray(X))
    assert isinstance(found.batched([X], [ONES, ONES], wide=True), Unsupported)
    assert gradients(found) == [[1.0] * 3]


def test_the_second_derivative_is_the_one_of_the_rule() -> None:
    tangent = np.array([1.0, -1.0, 2.0])
    frozen = cube(lambda x, ct: (3 * jax.lax.stop_gradient(x) ** 2 * ct,))
    plain = lambda x: x**3  # noqa: E731 - one of three functions of the same kind
    for function, size in ((plain, 6.0), (cube(), 6.0), (frozen, 0.0)):
        found = function_of(function, jnp.asarray(X)).curve([X], ONES, [tangent])
        assert not isinstance(found, Unsupported)
        assert listed(found.by_primals) == [(size * X * tangent).tolist()]
        assert listed(found.by_cotangents) == [(3 * X**2 * tangent).tolist()]
        assert listed(found.claims) == [CUBE]
        assert not found.cut


def test_a_backward_pass_outside_of_jax_has_no_second_derivative() -> None:
    def outside(x: Any, ct: Any) -> tuple[Any]:
        return (jax.pure_callback(lambda x, ct: 3 * x**2 * ct, x, x, ct),)

    found = function_of(cube(outside), jnp.asarray(X))
    curved = found.curve([X], ONES, [X])
    assert isinstance(curved, Unsupported)
    assert "Pure callbacks do not support JVP" in curved.reason
    assert gradients(found) == [CUBE]


# without the rule


def ruled() -> list[Callable[..., Any]]:
    """Return x³ with rules that are wrong, in all the ways in which a rule can be had."""
    wrong = cube(lambda x, ct: (x * ct,))
    forward = jax.custom_jvp(lambda x: x**3)
    forward.defjvp(lambda x, t: (x[0] ** 3, x[0] * t[0]))
    return [wrong, forward, partial(wrong), jax.jit(wrong), partial(jax.jit(forward))]


@pytest.mark.parametrize("function", ruled(), ids=["vjp", "jvp", "partial", "jit", "both"])
def test_without_its_rule_a_function_has_the_gradient_of_jax(function: Any) -> None:
    given = arguments(function, (jnp.asarray(X),), {})
    own = own_gradient(function, given)
    assert isinstance(own, JaxFunction)
    assert gradients(own) == [CUBE]
    assert gradients(jax_function(function, given)) == [X.tolist()]


def test_without_its_rule_a_function_has_the_same_leaves() -> None:
    @partial(jax.custom_vjp, nondiff_argnums=(0,))
    def scaled(a: float, x: Any, b: float) -> Any:
        return a * b * x

    scaled.defvjp(lambda a, x, b: (a * b * x, None), lambda _a, _r, ct: (ct, 0.0))
    for function, inputs in (
        (scaled, (2.0, jnp.asarray(X), 3.0)),
        (partial(scaled, 2.0), (X, 3.0)),
    ):
        given = arguments(function, inputs, {})
        own = own_gradient(function, given)
        assert own is not None
        claimed = jax_function(function, given)
        assert [leaf.name for leaf in own.leaves] == [leaf.name for leaf in claimed.leaves]
        assert len(own.leaves) == 2


def test_a_function_without_a_rule_of_its_own_has_no_other_gradient() -> None:
    def calling(x: Any) -> Any:
        return cube()(x)

    for function in (jnp.sin, jax.jit(jnp.sin), calling, partial(jnp.sin)):
        assert own_gradient(function, arguments(function, (jnp.asarray(X),), {})) is None
