# torch's own types are partial, and the file must also pass where torch is not installed:
# pyright: basic, reportMissingImports=false
"""A torch function answers with the gradient that torch claims, and leaves what is given alone."""

import warnings
from collections.abc import Callable
from itertools import starmap
from typing import Any, Final

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.autograd import Function
from torch.utils.checkpoint import checkpoint

from gradverify.oracles.function import Form, Layout, Weight
from gradverify.oracles.function_errors import NoOutputError
from gradverify.oracles.oracle import Unsupported
from tests.oracles.torch_functions import (
    PLAIN,
    WIDE,
    IntoEmpty,
    OfData,
    OfNumpy,
    Once,
    Sine,
    Twice,
    WithContext,
    WithoutGraph,
    X,
    all_same,
    function_of,
    gradient,
    gradients,
    ones,
    primals,
    same,
    tensor,
)

COS: Final = np.cos(X)
FORMATS: Final = (torch.float64, torch.float32, torch.bfloat16, torch.float16)
every_format = pytest.mark.parametrize("dtype", FORMATS, ids=str)
every_layout = pytest.mark.parametrize(
    "layout", [Layout.PLAIN, Layout.TRANSPOSED, Layout.SPACED], ids=str
)


def test_values_are_those_of_every_floating_output_in_the_order_of_the_nest() -> None:
    def function(x: Tensor) -> Any:
        return {"b": [x.sin(), x > 0], "a": (x.sum(), 2.5, None, "text", np.ones(3))}

    found, eps = function_of(function, tensor()).values([X], wide=False)
    assert all_same(found, [np.sin(X), X.sum()])
    assert [array.shape for array in found] == [(2, 3), ()]
    assert eps == np.finfo(np.float64).eps


def test_eps_is_that_of_the_coarsest_output() -> None:
    function = function_of(lambda x: (x.half(), x.double()), tensor(X, torch.float32))
    assert function.values([X], wide=False)[1] == torch.finfo(torch.float16).eps


@pytest.mark.parametrize(
    "out", [None, 3.0, torch.ones(2) > 0, torch.ones(2, dtype=torch.complex64)]
)
def test_an_output_without_floating_tensors_is_refused(out: Any) -> None:
    with pytest.raises(NoOutputError):
        _ = function_of(lambda x: (x, out)[1], tensor()).values([X], wide=False)


@pytest.mark.parametrize(
    "function",
    [torch.sin, Sine.apply, lambda x: Sine.apply(x), OfNumpy.apply, WithoutGraph.apply],  # noqa: PLW0108 - a lambda is another case
)
@every_layout
def test_a_right_gradient_is_claimed_in_every_layout(
    function: Callable[..., Any], layout: Layout
) -> None:
    assert same(gradient(function_of(function, tensor()), Form(layout=layout)), COS)


def test_a_wrong_gradient_is_claimed_as_it_is() -> None:
    assert same(gradient(function_of(Twice.apply, tensor())), 2 * COS)


@every_format
def test_a_narrow_function_runs_in_its_own_format_or_in_float64(dtype: torch.dtype) -> None:
    function = function_of(Sine.apply, tensor(X, dtype))
    eps = torch.finfo(dtype).eps
    narrow = function.pull([X], PLAIN).back(ones(function))
    assert narrow.dtypes == (str(dtype).removeprefix("torch."),)
    assert narrow.claims[0] is not None
    assert np.abs(narrow.claims[0] - COS).max() <= 2 * eps
    assert same(gradient(function, WIDE), COS)
    assert dtype is torch.float64 or not same(narrow.claims[0], COS)


@pytest.mark.parametrize("layout", list(Layout), ids=str)
def test_a_cotangent_comes_in_the_layout_that_is_asked_for(layout: Layout) -> None:
    strides: list[tuple[int, ...]] = []

    class Seen(Sine):
        @staticmethod
        def backward(ctx: Any, ct: Tensor) -> Any:
            strides.append(ct.stride())
            return Sine.backward(ctx, ct)

    pulled = function_of(Seen.apply, tensor()).pull([X], PLAIN).back(Weight((2 * X**0,), layout))
    assert all_same(pulled.claims, [2 * COS])
    expected = {
        "contiguous": (3, 1),
        "transposed": (1, 2),
        "with gaps": (6, 2),
        "transposed, with gaps": (2, 4),
        "expanded": (0, 0),
    }
    assert strides == [expected[layout]]
    assert not pulled.cotangent_modified


def test_the_way_back_can_be_taken_repeatedly() -> None:
    back = function_of(Sine.apply, tensor()).pull([X], PLAIN).back
    claims = [back(Weight((factor * X**0,))).claims[0] for factor in (1.0, 2.0, 1.0)]
    assert all_same(claims, [COS, 2 * COS, COS])


def test_a_claim_is_not_overwritten_by_the_next_pass() -> None:
    kept = torch.zeros(2, 3, dtype=torch.float64)

    class Adding(Sine):
        @staticmethod
        def backward(ctx: Any, ct: Tensor) -> Any:
            return kept.add_(Sine.backward(ctx, ct))

    back = function_of(Adding.apply, tensor()).pull([X], PLAIN).back
    weight = Weight((X**0,))
    assert all_same([back(weight).claims[0], back(weight).claims[0]], [COS, 2 * COS])


def test_a_leaf_without_a_path_has_no_gradient() -> None:
    found = gradients(function_of(lambda x, y: (x.sin(), y.detach()), tensor(), tensor()))
    assert same(found[0], COS)
    assert found[1] is None


def test_an_output_without_a_graph_has_no_gradient() -> None:
    function = function_of(lambda x: x.detach().sin(), tensor())
    pulled = function.pull([X], PLAIN).back(Weight((X,)))
    assert (pulled.claims, pulled.dtypes) == ((None,), ("",))


@pytest.mark.parametrize("function", [lambda x: x, lambda x: x.T, lambda x: (x, x)])
def test_an_output_may_be_the_input_itself(function: Callable[..., Any]) -> None:
    asked = function_of(function, tensor())
    claim = gradient(asked)
    assert same(claim, claim[0, 0] * X**0)
    assert asked.pull([X], PLAIN).input_modified is False


def test_a_sparse_gradient_is_made_dense() -> None:
    index = torch.tensor([1, 1, 0])
    function = function_of(
        lambda w: nn.functional.embedding(index, w, sparse=True), tensor(X[:, :2])
    )
    assert same(gradient(function), [[1, 1], [2, 2]])


def test_what_is_modified_in_place_is_noticed() -> None:
    class Modifying(Sine):
        @staticmethod
        def forward(ctx: Any, x: Tensor) -> Tensor:
            ctx.save_for_backward(x.clone())
            _ = x.data.mul_(2)
            return x / 2

        @staticmethod
        def backward(ctx: Any, ct: Tensor) -> Any:
            found = Sine.backward(ctx, ct)
            _ = ct.neg_()
            return found

    mine, weight = tensor(), Weight((X**0,))
    function = function_of(Modifying.apply, mine)
    _ = function.values(primals(function), wide=False)
    pullback = function.pull(primals(function), PLAIN)
    pulled = pullback.back(weight)
    assert pullback.input_modified
    assert pulled.cotangent_modified
    assert same(mine.numpy(), X)
    assert same(function.leaves[0].primal, X)
    assert same(weight.arrays[0], X**0)


@pytest.mark.parametrize("kind", [Sine, Twice, OfNumpy])
def test_what_is_left_alone_is_not_called_modified(kind: type[Sine]) -> None:
    nan = np.where(X > 2, np.nan, X)
    for dtype in FORMATS[: 1 if kind is OfNumpy else None]:
        pullback = function_of(kind.apply, tensor(nan, dtype)).pull([nan], PLAIN)
        pulled = pullback.back(Weight((X,)))
        assert (pullback.input_modified, pulled.input_modified) == (False, False)
        assert not pulled.cotangent_modified


def test_a_leaf_that_is_modified_in_place_raises_as_in_torch() -> None:
    function = function_of(lambda x: x.mul_(2), tensor())
    with pytest.raises(RuntimeError, match="in-place"):
        _ = function.pull([X], PLAIN)


def test_a_function_may_take_gradients_itself() -> None:
    def function(x: Tensor) -> Tensor:
        return torch.autograd.grad(x.sin().sum(), x, create_graph=True)[0]

    asked = function_of(function, tensor())
    assert all_same(asked.values([X], wide=False)[0], [COS])
    assert same(gradient(asked), -np.sin(X))


def test_a_function_that_raises_raises_here() -> None:
    function = function_of(lambda x: x @ x, tensor())
    with pytest.raises(RuntimeError, match="shapes"):
        _ = function.values([X], wide=False)


@pytest.mark.parametrize("function", [torch.sin, WithContext.apply])
def test_forward_mode_gives_the_tangents(function: Callable[..., Any]) -> None:
    narrow = tensor(X, torch.float32)
    found = function_of(function, narrow).push([X], [X])
    assert isinstance(found, tuple)
    assert all_same(found, [COS * X])


def test_an_output_that_nothing_moves_has_a_tangent_of_zeros() -> None:
    found = function_of(lambda x: (x.sin(), torch.ones(2)), tensor()).push([X], [X])
    assert isinstance(found, tuple)
    assert all_same(found, [COS * X, np.zeros(2)])


def test_forward_mode_that_nobody_wrote_is_unsupported() -> None:
    found = function_of(Sine.apply, tensor()).push([X], [X])
    assert isinstance(found, Unsupported)
    assert "You must implement the jvp function" in found.reason


WEIGHTS: Final = (Weight((X**0,)), Weight((2 * X,)))


@pytest.mark.parametrize("function", [torch.sin, Sine.apply, WithoutGraph.apply, Once.apply])
def test_several_cotangents_go_at_once(function: Callable[..., Any]) -> None:
    found = function_of(function, tensor()).batched([X], WEIGHTS, wide=True)
    assert isinstance(found, tuple)
    assert all_same([claims[0] for claims in found], [COS, 2 * X * COS])


def test_a_wrong_gradient_is_wrong_for_several_cotangents_too() -> None:
    found = function_of(Twice.apply, tensor()).batched([X], WEIGHTS, wide=True)
    assert isinstance(found, tuple)
    assert all_same([claims[0] for claims in found], [2 * COS, 4 * X * COS])


@pytest.mark.parametrize("kind", [OfNumpy, OfData, IntoEmpty])
def test_what_vmap_cannot_run_is_unsupported(kind: type[Sine]) -> None:
    assert isinstance(
        function_of(kind.apply, tensor()).batched([X], WEIGHTS, wide=True), Unsupported
    )


def test_a_leaf_without_a_gradient_has_none_for_several_cotangents() -> None:
    found = function_of(lambda x, y: x.sin() + y.detach(), tensor(), tensor()).batched(
        [X, X], WEIGHTS, wide=True
    )
    assert isinstance(found, tuple)
    assert [claims[1] for claims in found] == [None, None]


def everything(function: Callable[..., Any], *inputs: Any) -> None:
    asked = function_of(function, *inputs)
    weight = ones(asked)
    _ = gradients(asked)
    _ = asked.push(primals(asked), primals(asked))
    _ = asked.batched(primals(asked), [weight, weight], wide=True)
    _ = asked.curve(primals(asked), weight, primals(asked))


def test_nothing_warns_but_the_function_itself() -> None:
    def warning(x: Tensor) -> Tensor:
        warnings.warn("mine", UserWarning, stacklevel=1)
        return x.sin()

    for function in (Sine.apply, OfNumpy.apply, Once.apply, torch.linalg.svd):
        everything(lambda x, f=function: f(x), tensor())
    with pytest.warns(UserWarning, match="mine"):
        _ = function_of(warning, tensor()).values([X], wide=False)


def test_a_module_is_the_same_afterwards() -> None:
    torch.manual_seed(3)
    model = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Dropout(0.5), nn.Linear(4, 1))
    _ = model.train()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    own = [*model.parameters()]
    everything(model, tensor(X, torch.float32))
    after = model.state_dict()
    assert [name for name in before if not torch.equal(before[name], after[name])] == []
    assert [id(p) for p in own] == [id(p) for p in model.parameters()]
    assert all(p.grad is None and p.requires_grad and p.is_leaf for p in own)
    assert model.training


def test_a_module_is_the_same_after_its_forward_pass_raised() -> None:
    model = nn.Linear(3, 4)
    before = [*model.parameters()]
    function = function_of(model, torch.ones(2, 5))
    with pytest.raises(RuntimeError, match="shapes"):
        _ = function.pull(primals(function), PLAIN)
    assert [id(p) for p in before] == [id(p) for p in model.parameters()]


def test_statistics_begin_anew_in_every_call() -> None:
    norm = nn.BatchNorm1d(3, momentum=0.5)
    function = function_of(lambda x: norm(x) + norm.running_mean, tensor(X, torch.float32))
    calls = [function.values(primals(function), wide=True)[0] for _ in range(2)]
    assert all_same(*calls)


def test_a_module_in_float32_is_differentiated_in_float64() -> None:
    torch.manual_seed(3)
    model = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Tanh(), nn.Linear(4, 1))
    narrow = function_of(model, tensor(X, torch.float32))
    asked = gradients(narrow, WIDE)
    expected = gradients(function_of(model.double(), tensor()), PLAIN)
    assert all(starmap(same, zip(asked, expected, strict=True)))
    assert narrow.leaves[0].dtype == "float32"


def test_parameters_lie_in_order_whatever_the_layout() -> None:
    class Strides(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.weight = nn.Parameter(torch.ones(2, 3))

        def forward(self, x: Tensor) -> Tensor:
            seen.append((x.stride(), self.weight.stride()))
            return (x * self.weight).sum()

    seen: list[Any] = []
    function = function_of(Strides(), tensor(X, torch.float32).requires_grad_())
    _ = function.pull(primals(function), Form(layout=Layout.TRANSPOSED))
    assert seen == [((1, 2), (3, 1))]


def test_an_array_that_can_be_written_to_is_lent_and_another_is_copied() -> None:
    function = function_of(lambda x: x.mul_(2), tensor())
    mine = X.copy()
    _ = function.values([mine], wide=False)
    assert same(mine, 2 * X)
    mine = X.copy()
    mine.flags.writeable = False
    _ = function.values([mine], wide=False)
    assert same(mine, X)


def test_a_name_and_a_party_are_there_for_messages() -> None:
    function = function_of(Sine.apply, tensor())
    assert (function.name, function.party) == ("Sine", "torch")


def test_a_backward_pass_that_raises_raises_there() -> None:
    class Raising(Function):
        @staticmethod
        def forward(ctx: Any, x: Tensor) -> Tensor:
            del ctx
            return x * 1

        @staticmethod
        def backward(ctx: Any, ct: Tensor) -> Any:
            del ctx, ct
            raise ZeroDivisionError

    back = function_of(Raising.apply, tensor()).pull([X], PLAIN).back
    with pytest.raises(ZeroDivisionError):
        _ = back(Weight((X,)))


@pytest.mark.parametrize("reentrant", [False, True])
@pytest.mark.parametrize("form", [PLAIN, WIDE])
def test_what_is_computed_again_in_the_backward_pass_sees_the_same_parameters(
    reentrant: bool,  # noqa: FBT001
    form: Form,
) -> None:
    torch.manual_seed(3)
    model = nn.Linear(3, 4)

    def again(x: Tensor) -> Tensor:
        return checkpoint(lambda y: model(y).tanh(), x, use_reentrant=reentrant)

    given = tensor(X, torch.float32).requires_grad_()
    found = gradients(function_of(again, given), form)
    expected = gradients(function_of(lambda x: model(x).tanh(), given), form)
    assert all(starmap(same, zip(found, expected, strict=True)))
    assert model.weight.grad is None
