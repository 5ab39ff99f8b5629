# torch's own types are partial, and the file must also pass where torch is not installed:
# pyright: basic, reportMissingImports=false
# the functions are the examples of by_hand_examples.py, which says what they are:
# ruff: noqa: D103
"""The gradients of the examples as one takes them in torch, with autograd."""

from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

import torch
from by_hand_examples import Array, Example
from torch import Tensor

Tensors: TypeAlias = Mapping[str, Tensor]
Function: TypeAlias = Callable[[Tensors], tuple[Tensor, Tensors]]
"""Inputs ↦ the loss, and the intermediates by which a gradient is wanted."""


def gradients(example: Example) -> Mapping[str, Array]:
    """Return the gradients by leaves and intermediates, and `jacobian` where one is wanted."""
    function = FUNCTIONS[example.function]
    leaves = {name: torch.tensor(a, requires_grad=True) for name, a in example.leaves.items()}
    constants = {name: torch.tensor(a) for name, a in example.constants.items()}
    loss, intermediates = function({**leaves, **constants})
    wanted = {**leaves, **intermediates}
    cotangent = None if example.cotangent is None else torch.tensor(example.cotangent)
    found = torch.autograd.grad(loss, tuple(wanted.values()), cotangent)
    results = {name: grad.numpy() for name, grad in zip(wanted, found, strict=True)}
    if example.jacobian:
        jacobian = torch.autograd.functional.jacobian(lambda x: function({"x": x})[0], leaves["x"])
        results["jacobian"] = jacobian.numpy()
    return results


def dot(v: Tensors) -> tuple[Tensor, Tensors]:
    return torch.dot(v["a"], v["b"]), {}


def dot_by_matmul(v: Tensors) -> tuple[Tensor, Tensors]:
    return torch.matmul(v["a"], v["b"]), {}


def weighed(v: Tensors, name: str, value: Tensor) -> tuple[Tensor, Tensors]:
    return (v["weights"] * value).sum(), {name: value}


def mm(v: Tensors) -> tuple[Tensor, Tensors]:
    return weighed(v, "product", torch.mm(v["a"], v["b"]))


def mm_by_matmul(v: Tensors) -> tuple[Tensor, Tensors]:
    return weighed(v, "by_matmul", torch.matmul(v["a"], v["b"]))


def star(v: Tensors) -> tuple[Tensor, Tensors]:
    return weighed(v, "product", v["a"] * v["b"])


def bmm(v: Tensors) -> tuple[Tensor, Tensors]:
    return weighed(v, "product", torch.bmm(v["a"], v["b"]))


def addmm(v: Tensors) -> tuple[Tensor, Tensors]:
    return weighed(v, "total", torch.addmm(v["m"], v["a"], v["b"]))


def addmm_with_factors(v: Tensors) -> tuple[Tensor, Tensors]:
    return weighed(v, "total", torch.addmm(v["m"], v["a"], v["b"], beta=2, alpha=3))


def addbmm(v: Tensors) -> tuple[Tensor, Tensors]:
    return weighed(v, "total", torch.addbmm(v["m"], v["a"], v["b"]))


def baddbmm(v: Tensors) -> tuple[Tensor, Tensors]:
    return weighed(v, "total", torch.baddbmm(v["m"], v["a"], v["b"]))


def network(v: Tensors) -> Tensors:
    h = v["x"].mm(v["w1"])
    h_relu = h.clamp(min=0)
    return {"h": h, "h_relu": h_relu, "y_pred": h_relu.mm(v["w2"])}


def squared_error(v: Tensors) -> tuple[Tensor, Tensors]:
    values = network(v)
    return (values["y_pred"] - v["y"]).pow(2).sum(), values


def half_squared_error(v: Tensors) -> tuple[Tensor, Tensors]:
    loss, values = squared_error(v)
    return 0.5 * loss, values


def squared_error_of_a_relu(v: Tensors) -> tuple[Tensor, Tensors]:
    before = v["x"].mm(v["w1"])
    after = before.clamp(min=0)
    y_pred = after.mm(v["w2"])
    values = {"input": before, "output": after, "y_pred": y_pred}
    return (y_pred - v["y"]).pow(2).sum(), values


def squared_error_in_a_chain(v: Tensors) -> tuple[Tensor, Tensors]:
    y_pred = v["x"].mm(v["w1"]).clamp(min=0).mm(v["w2"])
    return (y_pred - v["y"]).pow(2).sum(), {"y_pred": y_pred}


def square_of_three_x(v: Tensors) -> tuple[Tensor, Tensors]:
    yy = 3 * v["xx"]
    return yy**2, {"yy": yy}


def mean_of_three_y_squared(v: Tensors) -> tuple[Tensor, Tensors]:
    y = v["x"] + 2
    z = y * y * 3
    return z.mean(), {"y": y, "z": z}


def cube_outside(v: Tensors) -> tuple[Tensor, Tensors]:
    y1 = v["x"] ** 2
    with torch.no_grad():
        y2 = v["x"] ** 3
    return y1 + y2, {"y1": y1}


def view(v: Tensors) -> tuple[Tensor, Tensors]:
    y = 2 * v["x"]
    return y.view(2, 2), {"y": y}


def weighed_view(v: Tensors) -> tuple[Tensor, Tensors]:
    y = 2 * v["x"]
    z = y.view(2, 2)
    return (z * v["v"]).sum(), {"y": y, "z": z}


def squared_sigmoids(v: Tensors) -> tuple[Tensor, Tensors]:
    ys = torch.mm(v["ws"], v["xs"])
    a_s = 1 / (1 + torch.exp(-ys))
    return (a_s * a_s).sum(), {"ys": ys, "a_s": a_s}


def half_squared_sigmoids(v: Tensors) -> tuple[Tensor, Tensors]:
    ys = torch.mm(v["ws"], v["xs"])
    a_s = torch.sigmoid(ys)
    return (a_s**2).sum() / 2, {"ys": ys, "a_s": a_s}


def two_inputs(v: Tensors) -> tuple[Tensor, Tensors]:
    y = v["x"] + v["x2"]
    z = y * y * 3
    return z.mean(), {"y": y, "z": z}


def mean_of_x_squared_plus_x(v: Tensors) -> tuple[Tensor, Tensors]:
    y = v["x"] * v["x"] + v["x"]
    return y.mean(), {"y": y}


def mean_of_squares(v: Tensors) -> tuple[Tensor, Tensors]:
    y = v["x"] * v["x"]
    return y.mean(), {"y": y}


def sum_of_squares(v: Tensors) -> tuple[Tensor, Tensors]:
    y = v["x"] * v["x"]
    return y.sum(), {"y": y}


def mean_and_sum(v: Tensors) -> tuple[Tensor, Tensors]:
    y = v["x"] * v["x"]
    return torch.stack([y.mean(), y.sum()]), {"y": y}


def both_outputs(v: Tensors) -> tuple[Tensor, Tensors]:
    x = v["x"]
    y = torch.zeros(1, 2, dtype=x.dtype)
    y[0, 0] = x[0, 0] + x[0, 1]
    y[0, 1] = x[0, 0] - x[0, 1]
    return y, {}


def one_output(v: Tensors) -> tuple[Tensor, Tensors]:
    y, _ = both_outputs(v)
    return y[0][1], {"y": y}


def sum_of_outputs(v: Tensors) -> tuple[Tensor, Tensors]:
    y, _ = both_outputs(v)
    return y.sum(), {"y": y}


def both_products(v: Tensors) -> tuple[Tensor, Tensors]:
    test0 = torch.zeros(2, 2, dtype=v["one"].dtype)
    test0[0, 0] = test0[0, 1] = v["one"]
    test1 = torch.zeros(2, 2, dtype=v["one"].dtype)
    test1[0, 0] = test1[1, 0] = v["one"]
    by_entry, by_matrix = test0 * test1, test0.mm(test1)
    values = {"test0": test0, "test1": test1, "by_entry": by_entry, "by_matrix": by_matrix}
    return by_entry.sum() + by_matrix.sum(), values


def by_entry(v: Tensors) -> tuple[Tensor, Tensors]:
    return (v["test0"] * v["test1"]).sum(), {}


def by_matrix(v: Tensors) -> tuple[Tensor, Tensors]:
    return v["test0"].mm(v["test1"]).sum(), {}


FUNCTIONS: Final[Mapping[str, Function]] = {
    function.__name__: function
    for function in (
        dot, dot_by_matmul, mm, mm_by_matmul, star, bmm, addmm, addmm_with_factors, addbmm, baddbmm,
        squared_error_of_a_relu, squared_error, half_squared_error, squared_error_in_a_chain,
        square_of_three_x, mean_of_three_y_squared, cube_outside, view, weighed_view,
        squared_sigmoids, half_squared_sigmoids, two_inputs, mean_of_x_squared_plus_x,
        mean_of_squares, sum_of_squares, mean_and_sum, both_outputs, one_output, sum_of_outputs,
        both_products, by_entry, by_matrix,
    )
}  # fmt: skip
