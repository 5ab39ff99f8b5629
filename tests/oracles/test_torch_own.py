# torch's own types are partial, and the file must also pass where torch is not installed:
# pyright: basic, reportMissingImports=false
"""Torch's own derivative stands in for hand-written ones, wherever and however these are called."""

import functools
import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.autograd import Function
from torch.utils.checkpoint import checkpoint

from gradverify.oracles.arguments import arguments
from gradverify.oracles.function import Claims, Weight
from gradverify.oracles.torch_function import TorchFunction
from gradverify.oracles.torch_own import applied, backward_place, own_gradient
from tests.oracles.torch_functions import (
    PLAIN,
    OfNumpy,
    Once,
    Sine,
    Twice,
    WithContext,
    X,
    all_same,
    function_of,
    primals,
    same,
    tensor,
)

COS: Final = np.cos(X)
KEPT: Final = Twice.apply
HERE: Final = Path(__file__)


class Reading(Twice):
    """Uses everything of the context that a forward pass may use."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, scale: float = 1.0) -> Any:
        ctx.save_for_backward(x)
        ctx.scale = scale
        ctx.set_materialize_grads(False)
        ctx.save_for_forward(x)
        (saved,) = ctx.saved_tensors
        made = saved.sin() if ctx.needs_input_grad[0] else saved
        constant = x.cos()
        ctx.mark_non_differentiable(constant)
        return made * ctx.scale, constant

    @staticmethod
    def backward(ctx: Any, ct: Tensor, _: Any) -> Any:
        (x,) = ctx.saved_tensors
        return 2 * ct * x.cos(), None


class Dirty(Function):
    """Doubles in place, with a backward pass that forgets it."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        ctx.mark_dirty(x)
        return x.mul_(2)

    @staticmethod
    def backward(ctx: Any, ct: Tensor) -> Any:
        del ctx
        return ct


class Nested(Twice):
    """Calls another hand-written function in its forward pass."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        ctx.save_for_backward(x)
        return Twice.apply(x)


class ByNumpy(Twice):
    """Runs its forward pass in numpy, on what has no graph there."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        ctx.save_for_backward(x)
        return torch.from_numpy(np.sin((x * 1).numpy()))


class InPlace(Twice):
    """Modifies its input, and does not say so."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        ctx.save_for_backward(x)
        return x.mul_(2)


class Layer(nn.Module):
    """A module that calls one."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(tensor())

    def forward(self, x: Tensor) -> Tensor:
        return Twice.apply(self.weight) + x


ONES: Final = {1: Weight((X**0,)), 2: Weight((X**0, X**0))}


def own(function: Callable[..., Any], *given: Any) -> TorchFunction:
    found = own_gradient(function, arguments(function, given, {}))
    assert found is not None
    return found


def claimed(function: TorchFunction) -> Claims:
    pullback = function.pull(primals(function), PLAIN)
    return pullback.back(ONES[len(pullback.values)]).claims


@pytest.mark.parametrize(
    "function",
    [
        Twice.apply,
        KEPT,
        lambda x: Twice.apply(x),  # noqa: PLW0108 - a lambda is another case
        lambda x: KEPT(x),  # noqa: PLW0108 - a lambda is another case
        functools.partial(Twice.apply),
        WithContext.apply,
        Reading.apply,
        Nested.apply,
    ],
)
def test_however_it_is_called_torchs_own_derivative_is_taken(function: Callable[..., Any]) -> None:
    assert not same(claimed(function_of(function, tensor()))[0], COS)
    assert same(claimed(own(function, tensor()))[0], COS)


def test_the_values_are_the_same() -> None:
    for wide in (False, True):
        for function in (Twice.apply, Reading.apply, ByNumpy.apply):
            asked = (f(function, tensor()) for f in (function_of, own))
            one, other = (found.values([X], wide=wide)[0] for found in asked)
            assert all_same(one, other)


def test_the_claim_is_hand_written_again_afterwards() -> None:
    function = function_of(Twice.apply, tensor())
    assert same(claimed(own(Twice.apply, tensor()))[0], COS)
    assert same(claimed(function)[0], 2 * COS)
    raising = own(lambda x: Twice.apply(x) @ x, tensor(X[:, :2]))
    with pytest.raises(RuntimeError, match="shapes"):
        _ = raising.pull([X], PLAIN)
    assert same(claimed(function)[0], 2 * COS)


def test_inside_of_a_module_it_is_taken_too() -> None:
    model = Layer()
    assert same(claimed(function_of(model, tensor()))[0], 2 * COS)
    assert same(claimed(own(model, tensor()))[0], COS)


def test_what_is_modified_in_place_keeps_its_own_derivative() -> None:
    def function(x: Tensor) -> Tensor:
        return Dirty.apply(x * 1)

    assert same(claimed(function_of(function, tensor()))[0], X**0)
    assert same(claimed(own(function, tensor()))[0], 2 * X**0)


@pytest.mark.parametrize("kind", [ByNumpy, InPlace])
def test_a_forward_pass_that_torch_cannot_follow_has_no_gradient(kind: type[Sine]) -> None:
    assert claimed(own(kind.apply, tensor())) == (None,)


@pytest.mark.parametrize("kind", [Sine, Once, OfNumpy])
def test_right_ones_agree_with_it(kind: type[Sine]) -> None:
    assert same(claimed(own(kind.apply, tensor()))[0], COS)


@pytest.mark.parametrize("function", [torch.sin, nn.Linear(3, 1), lambda x: Sine.apply(x.detach())])
def test_without_a_hand_written_backward_pass_there_is_nothing_to_replace(
    function: Callable[..., Any],
) -> None:
    given = arguments(function, (tensor(X, torch.float32),), {})
    assert own_gradient(function, given) is None
    assert (applied(function, given), backward_place(function, given)) == ((), "")


def test_functions_that_torch_brings_are_left_alone() -> None:
    def function(x: Tensor) -> Tensor:
        return checkpoint(torch.sin, x, use_reentrant=True)

    given = arguments(function, (tensor(),), {})
    assert applied(function, given) == ()
    assert same(
        claimed(own(lambda x: function(Twice.apply(x)), tensor()))[0], COS * np.cos(np.sin(X))
    )


def test_all_that_are_applied_are_named_once() -> None:
    def function(x: Tensor) -> Tensor:
        return Sine.apply(Twice.apply(x)) + Twice.apply(x)

    given = arguments(function, (tensor(),), {})
    assert set(applied(function, given)) == {Sine, Twice}
    assert backward_place(function, given) == ""


def test_a_function_that_raises_has_applied_nothing() -> None:
    given = arguments(Twice.apply, (tensor(),), {})
    assert applied(lambda x: Twice.apply(x) @ x, given) == ()


def line_of(kind: Any) -> int:
    lines, first = inspect.getsourcelines(inspect.unwrap(kind.backward))
    return first + next(k for k, line in enumerate(lines) if "def backward" in line)


@pytest.mark.parametrize("kind", [Dirty, Reading])
def test_the_place_is_that_of_the_backward_pass(
    kind: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def function(x: Tensor) -> Tensor:
        return kind.apply(x * 1)

    given = arguments(function, (tensor(),), {})
    monkeypatch.chdir(HERE.parent)
    assert backward_place(function, given) == f"{HERE.name}:{line_of(kind)}"
    monkeypatch.chdir(tmp_path)
    assert backward_place(function, given) == f"{HERE.as_posix()}:{line_of(kind)}"


def test_the_place_is_found_below_a_decorator() -> None:
    place = backward_place(Once.apply, arguments(Once.apply, (tensor(),), {}))
    assert place.endswith(f"torch_functions.py:{line_of(Once)}")
