# jax's own types are partial, and the file must also pass where jax is not installed:
# pyright: basic, reportMissingImports=false
# the functions are the examples of by_hand_examples.py, which says what they are:
# ruff: noqa: D103
"""The gradients of the examples as one takes them in jax, compiled once an example, in float64.

An intermediate is differentiated by something that is added to it and is zero, under its name.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

import jax
import jax.numpy as jnp
import numpy as np
from by_hand_examples import Array, Example

Arrays: TypeAlias = Mapping[str, jax.Array]
Function: TypeAlias = Callable[[Arrays], jax.Array]
"""Inputs, and zeros to be added to intermediates ↦ the loss."""

jax.config.update("jax_enable_x64", val=True)


def gradients(example: Example) -> Mapping[str, Array]:
    """Return the gradients by leaves and intermediates, and `jacobian` where one is wanted."""
    function = FUNCTIONS[example.function]
    zeros: dict[str, Any] = {name: np.zeros(shape) for name, shape in example.intermediates.items()}

    def loss(moved: Arrays, fixed: Arrays) -> jax.Array:
        output = function({**moved, **fixed})
        return output if example.cotangent is None else jnp.vdot(example.cotangent, output)

    moved = {**example.leaves, **zeros}
    found = jax.jit(jax.grad(loss))(moved, example.constants)
    results = {name: np.asarray(grad) for name, grad in found.items()}
    if example.jacobian:
        jacobian = jax.jit(jax.jacobian(lambda x: function({"x": x, **zeros})))
        results["jacobian"] = np.asarray(jacobian(example.leaves["x"]))
    return results


def dot(v: Arrays) -> jax.Array:
    return jnp.dot(v["a"], v["b"])


def dot_by_matmul(v: Arrays) -> jax.Array:
    return jnp.matmul(v["a"], v["b"])


def weighed(v: Arrays, name: str, value: jax.Array) -> jax.Array:
    return jnp.sum(v["weights"] * (value + v[name]))


def mm(v: Arrays) -> jax.Array:
    return weighed(v, "product", v["a"] @ v["b"])


def mm_by_matmul(v: Arrays) -> jax.Array:
    return weighed(v, "by_matmul", jnp.matmul(v["a"], v["b"]))


def star(v: Arrays) -> jax.Array:
    return weighed(v, "product", v["a"] * v["b"])


def addmm(v: Arrays) -> jax.Array:
    return weighed(v, "total", v["m"] + v["a"] @ v["b"])


def addmm_with_factors(v: Arrays) -> jax.Array:
    return weighed(v, "total", 2 * v["m"] + 3 * (v["a"] @ v["b"]))


def addbmm(v: Arrays) -> jax.Array:
    return weighed(v, "total", v["m"] + jnp.sum(v["a"] @ v["b"], axis=0))


def squared_error(v: Arrays) -> jax.Array:
    h = v["x"] @ v["w1"] + v["h"]
    h_relu = jnp.maximum(h, 0) + v["h_relu"]
    y_pred = h_relu @ v["w2"] + v["y_pred"]
    return jnp.sum((y_pred - v["y"]) ** 2)


def half_squared_error(v: Arrays) -> jax.Array:
    return 0.5 * squared_error(v)


def squared_error_of_a_relu(v: Arrays) -> jax.Array:
    before = v["x"] @ v["w1"] + v["input"]
    after = jnp.maximum(before, 0) + v["output"]
    y_pred = after @ v["w2"] + v["y_pred"]
    return jnp.sum((y_pred - v["y"]) ** 2)


def squared_error_in_a_chain(v: Arrays) -> jax.Array:
    y_pred = jnp.maximum(v["x"] @ v["w1"], 0) @ v["w2"] + v["y_pred"]
    return jnp.sum((y_pred - v["y"]) ** 2)


def square_of_three_x(v: Arrays) -> jax.Array:
    return (3 * v["xx"] + v["yy"]) ** 2


def mean_of_three_y_squared(v: Arrays) -> jax.Array:
    y = v["x"] + 2 + v["y"]
    z = y * y * 3 + v["z"]
    return jnp.mean(z)


def cube_outside(v: Arrays) -> jax.Array:
    y1 = v["x"] ** 2 + v["y1"]
    y2 = jax.lax.stop_gradient(v["x"] ** 3)
    return y1 + y2


def view(v: Arrays) -> jax.Array:
    y = 2 * v["x"] + v["y"]
    return y.reshape(2, 2)


def weighed_view(v: Arrays) -> jax.Array:
    y = 2 * v["x"] + v["y"]
    z = y.reshape(2, 2) + v["z"]
    return jnp.sum(z * v["v"])


def squared_sigmoids(v: Arrays) -> jax.Array:
    ys = v["ws"] @ v["xs"] + v["ys"]
    a_s = 1 / (1 + jnp.exp(-ys)) + v["a_s"]
    return jnp.sum(a_s * a_s)


def half_squared_sigmoids(v: Arrays) -> jax.Array:
    ys = v["ws"] @ v["xs"] + v["ys"]
    a_s = jax.nn.sigmoid(ys) + v["a_s"]
    return jnp.sum(a_s**2) / 2


def two_inputs(v: Arrays) -> jax.Array:
    y = v["x"] + v["x2"] + v["y"]
    z = y * y * 3 + v["z"]
    return jnp.mean(z)


def mean_of_x_squared_plus_x(v: Arrays) -> jax.Array:
    return jnp.mean(v["x"] * v["x"] + v["x"] + v["y"])


def mean_of_squares(v: Arrays) -> jax.Array:
    return jnp.mean(v["x"] * v["x"] + v["y"])


def sum_of_squares(v: Arrays) -> jax.Array:
    return jnp.sum(v["x"] * v["x"] + v["y"])


def mean_and_sum(v: Arrays) -> jax.Array:
    y = v["x"] * v["x"] + v["y"]
    return jnp.stack([jnp.mean(y), jnp.sum(y)])


def both_outputs(v: Arrays) -> jax.Array:
    x = v["x"]
    y = jnp.zeros((1, 2))
    y = y.at[0, 0].set(x[0, 0] + x[0, 1])
    return y.at[0, 1].set(x[0, 0] - x[0, 1])


def one_output(v: Arrays) -> jax.Array:
    y = both_outputs(v) + v["y"]
    return y[0][1]


def sum_of_outputs(v: Arrays) -> jax.Array:
    return jnp.sum(both_outputs(v) + v["y"])


def both_products(v: Arrays) -> jax.Array:
    test0 = jnp.zeros((2, 2)).at[0, 0].set(v["one"]).at[0, 1].set(v["one"]) + v["test0"]
    test1 = jnp.zeros((2, 2)).at[0, 0].set(v["one"]).at[1, 0].set(v["one"]) + v["test1"]
    by_entry = test0 * test1 + v["by_entry"]
    by_matrix = test0 @ test1 + v["by_matrix"]
    return jnp.sum(by_entry) + jnp.sum(by_matrix)


def by_entry(v: Arrays) -> jax.Array:
    return jnp.sum(v["test0"] * v["test1"])


def by_matrix(v: Arrays) -> jax.Array:
    return jnp.sum(v["test0"] @ v["test1"])


FUNCTIONS: Final[Mapping[str, Function]] = {
    "bmm": mm,  # jax has one matrix product for matrices and for stacks of them
    "baddbmm": addmm,
} | {
    function.__name__: function
    for function in (
        dot, dot_by_matmul, mm, mm_by_matmul, star, addmm, addmm_with_factors, addbmm,
        squared_error_of_a_relu,
        squared_error, half_squared_error, squared_error_in_a_chain, square_of_three_x,
        mean_of_three_y_squared, cube_outside, view, weighed_view, squared_sigmoids,
        half_squared_sigmoids, two_inputs, mean_of_x_squared_plus_x, mean_of_squares,
        sum_of_squares, mean_and_sum, both_outputs, one_output, sum_of_outputs, both_products,
        by_entry, by_matrix,
    )
}  # fmt: skip
