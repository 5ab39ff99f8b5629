# torch's own types are partial, and the file must also pass where torch is not installed:
# pyright: basic, reportMissingImports=false
"""Forward mode and second order are held against the differences that were taken for the first."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from gradverify.function.orders import forward_mode, second_order
from gradverify.oracles.function import Function
from gradverify.verdict.verdict import Finding
from tests.function.conduct_examples import sine_in_torch
from tests.function.functions import begun, function_of, made_of, normal, square, square_vjp

X = normal(4, 3)
Slope = Callable[[Tensor, Tensor], Tensor]


def right(ct: Tensor, x: Tensor) -> Tensor:
    return ct * x.cos()


def asked(test: Callable[..., Finding | None], function: Function) -> Finding | None:
    trial, first = begun(function)
    lines = trial.lines()
    for line in lines:
        _ = line.slope()
    return test(trial, first, lines)


@pytest.mark.parametrize("test", [forward_mode, second_order])
def test_a_right_function_is_right_in_both(test: Callable[..., Finding | None]) -> None:
    assert asked(test, sine_in_torch()) is None
    assert asked(test, made_of(torch.tanh, torch.tensor(X))) is None


@pytest.mark.parametrize("factor", [0.0, 1 + 1e-6, 2.0, -1.0])
def test_wrong_tangents_are_noticed(factor: float) -> None:
    found = asked(forward_mode, sine_in_torch(jvp=lambda t, x: factor * right(t, x)))
    assert found is not None
    assert found.code == "forward-mode-differs"
    assert asked(second_order, sine_in_torch(jvp=lambda t, x: factor * right(t, x))) is None


WRONG_SECOND: dict[str, Slope] = {
    "input detached": lambda ct, x: ct * x.detach().cos(),
    "cotangent detached": lambda ct, x: ct.detach() * x.cos(),
    "all detached": lambda ct, x: (ct * x.cos()).detach(),
    "half detached": lambda ct, x: ct * (x.cos() + x.detach().cos()) / 2,
}


@pytest.mark.parametrize("name", WRONG_SECOND)
def test_a_wrong_second_order_is_noticed(name: str) -> None:
    found = asked(second_order, sine_in_torch(WRONG_SECOND[name]))
    assert found is not None
    assert found.code == "second-order-differs"
    assert asked(forward_mode, sine_in_torch(WRONG_SECOND[name])) is None


def test_where_there_is_no_graph_the_silence_is_said() -> None:
    found = asked(second_order, sine_in_torch(WRONG_SECOND["all detached"]))
    assert found is not None
    assert "runs without a graph" in found.message


@pytest.mark.parametrize("test", [forward_mode, second_order])
def test_what_has_neither_is_not_blamed(test: Callable[..., Finding | None]) -> None:
    assert asked(test, function_of(square, square_vjp, X)) is None


def test_a_second_derivative_that_jumps_is_nobodys_fault() -> None:
    def function(x: Tensor) -> Tensor:
        return torch.relu(x) ** 2

    assert asked(second_order, made_of(function, torch.zeros(3, dtype=torch.float64))) is None
