# torch's own types are partial, and the file must also pass where torch is not installed:
# pyright: basic, reportMissingImports=false
"""Whatever training loop is right, nothing is seen; whatever is wrong in one is seen as it is."""

import copy
import io
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from inspect import currentframe
from typing import Final

import pytest
import torch
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from gradverify.oracles.grad_state import (
    Accumulated,
    Detached,
    Name,
    NoBackward,
    NotFinite,
    NotRetained,
    Observation,
    Path,
    Unread,
)
from gradverify.oracles.torch_watch import (
    LazyParameterError,
    NothingToWatchError,
    NotWatchableError,
    watching,
)

SEEDED: Final = torch.Generator().manual_seed(7)
BATCHES: Final = tuple(torch.randn(5, 4, generator=SEEDED) for _ in range(3))


class Seen(list[Observation]):
    """What was observed in a block, once it has ended."""


@contextmanager
def watched(subject: object) -> Iterator[Seen]:
    seen = Seen()
    with watching(subject) as watch:
        yield seen
    seen.extend(watch.observations())


def model() -> nn.Sequential:
    _ = torch.manual_seed(7)
    return nn.Sequential(nn.Linear(4, 3), nn.Tanh(), nn.Linear(3, 1))


def loss_of(module: Callable[[Tensor], Tensor], batch: Tensor) -> Tensor:
    return module(batch).pow(2).sum()


def grad_of(tensor: Tensor) -> Tensor:
    assert tensor.grad is not None
    return tensor.grad


def line(offset: int = 0) -> int:
    """Return the line of the caller, plus an offset."""
    frame = currentframe()
    assert frame is not None
    assert frame.f_back is not None
    return frame.f_back.f_lineno + offset


OPTIMIZERS: Final = {
    "sgd": lambda p: torch.optim.SGD(p, lr=0.1),
    "momentum": lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9, weight_decay=0.1),
    "foreach": lambda p: torch.optim.AdamW(p, foreach=True),
    "fused": lambda p: torch.optim.AdamW(p, fused=True),
    "adam": lambda p: torch.optim.Adam(p, foreach=False),
    "rprop": torch.optim.Rprop,
    "adagrad": torch.optim.Adagrad,
    "adafactor": torch.optim.Adafactor,
}
every_optimizer = pytest.mark.parametrize("optimizer", OPTIMIZERS.values(), ids=OPTIMIZERS.keys())


@every_optimizer
@pytest.mark.parametrize("set_to_none", [True, False])
def test_a_loop_that_zeroes_is_right(
    optimizer: Callable[..., torch.optim.Optimizer], *, set_to_none: bool
) -> None:
    net = model()
    steps = optimizer(net.parameters())
    with watched(net) as seen:
        for batch in BATCHES:
            steps.zero_grad(set_to_none=set_to_none)
            loss_of(net, batch).backward()
            _ = nn.utils.clip_grad_norm_(net.parameters(), 0.5)
            _ = steps.step()
    assert seen == []


@every_optimizer
@pytest.mark.parametrize("clipped", [True, False])
def test_a_loop_that_does_not_zero_sums_over_steps(
    optimizer: Callable[..., torch.optim.Optimizer], *, clipped: bool
) -> None:
    net = model()
    steps = optimizer(net.parameters())
    with watched(net) as seen:
        for batch in BATCHES:
            loss_of(net, batch).backward()
            if clipped:
                _ = nn.utils.clip_grad_norm_(net.parameters(), 0.5)
            _ = steps.step()
    assert seen == [
        Accumulated(Name(path), backward=2, sum_of=3, updates=2, before=False)
        for path in ("0.weight", "0.bias", "2.weight", "2.bias")
    ]


def in_place(weight: Tensor) -> None:
    with torch.no_grad():
        weight -= 0.01 * grad_of(weight)


def in_data(weight: Tensor) -> None:
    weight.data.add_(grad_of(weight).data, alpha=-0.01)


def data_replaced(weight: Tensor) -> None:
    weight.data = weight.data - 0.01 * grad_of(weight)


def zeroed(weight: Tensor) -> None:
    _ = grad_of(weight).zero_()


def removed(weight: Tensor) -> None:
    weight.grad = None


def replaced(weight: Tensor) -> None:
    weight.grad = torch.zeros_like(weight)


@pytest.mark.parametrize("update", [in_place, in_data, data_replaced])
@pytest.mark.parametrize("zero", [zeroed, removed, replaced, None])
def test_updates_by_hand_are_seen(
    update: Callable[[Tensor], None], zero: Callable[[Tensor], None] | None
) -> None:
    weight = nn.Parameter(torch.tensor([1.0, 2.0]))
    with watched(weight) as seen:
        for _ in range(3):
            weight.pow(2).sum().backward()
            update(weight)
            if zero is not None:
                zero(weight)
    sums = [Accumulated(Name("tensor"), backward=2, sum_of=3, updates=2, before=False)]
    assert seen == ([] if zero is not None else sums)


@pytest.mark.parametrize("zeroing", [True, False])
def test_lbfgs_calls_backward_several_times_a_step(*, zeroing: bool) -> None:
    net = model()
    steps = torch.optim.LBFGS(net.parameters(), max_iter=4)

    def closure() -> Tensor:
        if zeroing:
            steps.zero_grad()
        loss = loss_of(net, BATCHES[0])
        loss.backward()
        return loss

    with watched(net) as seen:
        _ = steps.step(closure)
    assert {type(item) for item in seen} == (set() if zeroing else {Accumulated})
    assert all(isinstance(item, Accumulated) and item.updates for item in seen)


def test_micro_batches_are_a_sum_that_no_update_used_in_part() -> None:
    net = nn.Linear(4, 1, bias=False)
    steps = torch.optim.AdamW(net.parameters())
    with watched(net) as seen:
        for _ in range(2):
            steps.zero_grad()
            for batch in BATCHES:
                loss_of(net, batch).backward()
            _ = steps.step()
    assert seen == [Accumulated(Name("weight"), backward=2, sum_of=3, updates=0, before=False)]


def test_what_was_there_before_the_block_is_said_to_be() -> None:
    net = nn.Linear(4, 1, bias=False)
    loss_of(net, BATCHES[0]).backward()
    with watched(net) as seen:
        loss_of(net, BATCHES[0]).backward()
    assert seen == [Accumulated(Name("weight"), backward=1, sum_of=2, updates=0, before=True)]


def test_a_gan_may_collect_gradients_that_it_zeroes_before_the_next_update() -> None:
    maker, critic = nn.Linear(4, 4), nn.Linear(4, 1)
    makes, judges = (torch.optim.Adam(m.parameters()) for m in (maker, critic))
    with watched({"maker": maker, "critic": critic}) as seen:
        for batch in BATCHES:
            judges.zero_grad()
            critic(maker(batch).detach()).sum().backward()
            _ = judges.step()
            makes.zero_grad()
            critic(maker(batch)).sum().backward()  # adds to what the critic's update has used
            _ = makes.step()
    assert [(item.name.path, item.updates) for item in seen if isinstance(item, Accumulated)] == [
        ("critic.weight", 0),
        ("critic.bias", 0),
    ]


@every_optimizer
def test_an_adversarial_step_that_is_taken_back_is_no_update(
    optimizer: Callable[..., torch.optim.Optimizer],
) -> None:
    net = nn.Linear(4, 1, bias=False)
    steps = optimizer(net.parameters())
    with watched(net) as seen:
        for batch in BATCHES:
            steps.zero_grad()
            loss_of(net, batch).backward()
            backup = net.weight.data.clone()
            net.weight.data.add_(0.1 * grad_of(net.weight))
            loss_of(net, batch).backward()
            net.weight.data = backup
            _ = steps.step()
    assert seen == [Accumulated(Name("weight"), backward=2, sum_of=2, updates=0, before=False)]


def test_momentum_kept_in_grad_is_no_forgotten_zero() -> None:
    weight = nn.Parameter(torch.tensor([1.0, 2.0]))
    with watched(weight) as seen:
        for _ in range(3):
            weight.pow(2).sum().backward()
            in_place(weight)
            _ = grad_of(weight).mul_(0.9)
    assert seen == [Accumulated(Name("tensor"), backward=2, sum_of=3, updates=0, before=False)]


def test_an_optimizer_within_backward_leaves_nothing_to_add_to() -> None:
    net = model()

    def step_now(weight: Tensor) -> None:
        in_place(weight)
        weight.grad = None

    hooks = [p.register_post_accumulate_grad_hook(step_now) for p in net.parameters()]
    with watched(net) as seen:
        for batch in BATCHES:
            loss_of(net, batch).backward()
    assert seen == []
    assert len(hooks) == 4


@pytest.mark.parametrize("reentrant", [True, False])
def test_a_layer_used_in_several_checkpoints_gets_one_gradient_a_pass(*, reentrant: bool) -> None:
    layer = nn.Linear(4, 4)
    steps = torch.optim.SGD(layer.parameters(), lr=0.1)
    with watched(layer) as seen:
        for batch in BATCHES:
            steps.zero_grad()
            h = batch.clone().requires_grad_()
            for _ in range(3):
                h = checkpoint(layer, h, use_reentrant=reentrant)
            h.sum().backward()
            _ = steps.step()
    assert seen == []


def test_a_loss_scaler_may_drop_what_overflows() -> None:
    net = nn.Linear(4, 1)
    steps = torch.optim.SGD(net.parameters(), lr=1e-3)
    scaler = torch.amp.GradScaler("cpu", init_scale=2.0**30)
    overflown = []
    with watched(net) as seen:
        for batch in BATCHES * 6:
            steps.zero_grad()
            scaler.scale(net(batch).half().sum()).backward()
            overflown.append(not grad_of(net.weight).isfinite().all())
            _ = scaler.step(steps)
            scaler.update()
    assert {True, False} == set(overflown)
    assert seen == []


def test_every_kind_of_tensor_can_be_watched() -> None:
    weights = {
        "complex": nn.Parameter(torch.tensor([1 + 2j, 3j])),
        "empty": nn.Parameter(torch.zeros(0, 3)),
        "scalar": nn.Parameter(torch.tensor(2.0)),
        "bfloat16": nn.Parameter(torch.ones(3, dtype=torch.bfloat16)),
        "conjugate": torch.tensor([1 + 2j]).conj().requires_grad_(),
        "strided": torch.ones(4, 4)[::2, 1:].requires_grad_(),
        "meta": nn.Parameter(torch.ones(2, device="meta")),
    }
    with watched(weights) as seen:
        for _ in range(2):
            for weight in weights.values():
                weight.grad = None
            for weight in weights.values():
                (weight * weight.conj()).real.sum().backward()
    assert seen == []


@pytest.mark.parametrize("zeroing", [True, False])
def test_sparse_gradients_are_read(*, zeroing: bool) -> None:
    table = nn.Embedding(6, 2, sparse=True)
    steps = torch.optim.SparseAdam(table.parameters())
    with watched(table) as seen:
        for k in range(3):
            if zeroing:
                steps.zero_grad()
            table(torch.tensor([k, k, 1])).pow(2).sum().backward()
            _ = steps.step()
    sums = [Accumulated(Name("weight"), backward=2, sum_of=3, updates=2, before=False)]
    assert seen == ([] if zeroing else sums)


def test_housekeeping_is_no_use_of_a_parameter() -> None:
    net, mean = model(), model()
    spare = nn.Linear(2, 2, bias=False)
    steps = torch.optim.Adam(net.parameters())
    with watched([net, spare]) as seen:
        for batch in BATCHES:
            steps.zero_grad()
            loss_of(net, batch).backward()
            _ = steps.step()
            with torch.no_grad():
                for old, new in zip(mean.parameters(), net.parameters(), strict=True):
                    _ = old.lerp_(new, 0.1)
            torch.save((net, spare.state_dict()), io.BytesIO())
            _ = copy.deepcopy(spare), str(spare), spare.weight.shape, spare.to("cpu")
    assert seen == [Unread(Name("1.weight"))]


def test_what_another_thread_or_a_functional_call_does_is_no_fault() -> None:
    net = model()
    weights: dict[str, Tensor] = dict(net.named_parameters())

    def step_once() -> None:
        loss_of(net, BATCHES[0]).backward()
        net.zero_grad()

    with watched(net) as seen:
        thread = threading.Thread(target=step_once)
        thread.start()
        thread.join()
        run = torch.func.vmap(lambda row: torch.func.functional_call(net, weights, (row,)))
        run(BATCHES[1]).sum().backward()
    assert seen == []


def test_a_compiled_module_compiles_as_before() -> None:
    net = model()
    compiled = torch.compile(net, backend="eager", fullgraph=True)
    with watched(net) as seen:
        for batch in BATCHES[:2]:
            net.zero_grad()
            loss_of(compiled, batch).backward()
    assert seen == []


class ReLU(torch.autograd.Function):
    """As PyTorch's tutorial builds it; `deaf` forgets the gradient."""

    @staticmethod
    def forward(ctx, x: Tensor, deaf: bool) -> Tensor:  # noqa: FBT001 -- torch's way
        ctx.save_for_backward(x)
        ctx.deaf = deaf
        return x.clamp(min=0)

    @staticmethod
    def backward(ctx, grad: Tensor) -> tuple[Tensor | None, None]:
        (x,) = ctx.saved_tensors
        grad = grad.clone()
        grad[x < 0] = 0
        return None if ctx.deaf else grad, None


@pytest.mark.parametrize("deaf", [True, False])
def test_a_function_of_the_users_own_is_no_cut_unless_it_passes_nothing(*, deaf: bool) -> None:
    w1, w2 = torch.randn(4, 3, requires_grad=True), torch.randn(3, 2, requires_grad=True)
    with watched({"w1": w1, "w2": w2}) as seen:
        ReLU.apply(BATCHES[0] @ w1, deaf).mm(w2).pow(2).sum().backward()
    assert seen == ([Detached(Name("w1"), Path.SILENT, None)] if deaf else [])


def by_detach(h: Tensor) -> tuple[Tensor, int]:
    return h.detach(), line()


def by_data(h: Tensor) -> tuple[Tensor, int]:
    out = torch.zeros(5, 3)
    out[:] = h.data
    return out, line(-1)


def by_no_grad(h: Tensor) -> tuple[Tensor, int]:
    with torch.no_grad():
        return h * 2, line()


def by_inference_mode(h: Tensor) -> tuple[Tensor, int]:
    with torch.inference_mode():
        cut, where = h * 2, line()
    return cut.clone(), where


def by_argmax(h: Tensor) -> tuple[Tensor, int]:
    best, where = h.argmax(1), line()
    return nn.functional.one_hot(best, 3).float(), where


@pytest.mark.parametrize(
    ("cut", "op"),
    [
        (by_detach, "detach"),
        (by_data, "data"),
        (by_no_grad, "mul"),
        (by_inference_mode, "mul"),
        (by_argmax, "argmax"),
    ],
)
def test_the_place_of_a_cut_is_named(cut: Callable[[Tensor], tuple[Tensor, int]], op: str) -> None:
    net = model()
    with watched(net) as seen:
        h = net[0](BATCHES[0])
        assert h.norm().item() > 0  # a logger's detach is not what cuts
        assert h.detach().shape == (5, 3)
        shapes = torch.zeros_like(h)
        h, number = cut(h)
        net[2](net[1](h + shapes)).sum().backward()
    assert [type(item) for item in seen] == [Detached, Detached]
    for item, path in zip(seen, ("0.weight", "0.bias"), strict=True):
        assert isinstance(item, Detached)
        assert (item.name.path, item.path) == (path, Path.CUT)
        assert item.place is not None
        assert (item.place.file, item.place.line, item.place.op) == (__file__, number, op)


def test_nothing_is_cut_where_a_gradient_arrives_another_way() -> None:
    net = model()
    with watched(net) as seen:
        h = net[0](BATCHES[0])
        net[2](net[1](h) * (h > 0) * h.detach()).sum().backward()
    assert seen == []


def out_by_numpy(scale: Tensor) -> float:
    return float((2 * scale).detach().numpy())


def out_by_item(scale: Tensor) -> float:
    return (2 * scale).item()


@pytest.mark.parametrize(("leave", "op"), [(out_by_numpy, "numpy"), (out_by_item, "item")])
def test_the_only_place_where_values_leave_torch_is_named(
    leave: Callable[[Tensor], float], op: str
) -> None:
    scale, weight = nn.Parameter(torch.tensor(2.0)), nn.Parameter(torch.ones(3))
    with watched([scale, weight]) as seen:
        loss = (weight * leave(scale)).sum()
        loss.backward()
        assert loss.item() == 12
    (item,) = seen
    assert isinstance(item, Detached)
    assert (item.name.path, item.path) == ("0", Path.LEFT)
    assert item.place is not None
    assert (item.place.line, item.place.op) == (leave.__code__.co_firstlineno + 1, op)


def test_where_values_leave_torch_twice_no_place_is_named() -> None:
    scale, weight = nn.Parameter(torch.tensor(2.0)), nn.Parameter(torch.ones(3))
    with watched([scale, weight]) as seen:
        factor = out_by_item(scale)
        _ = out_by_numpy(scale)
        (weight * factor).sum().backward()
    assert seen == [Detached(Name("0"), Path.LOST, None)]


def test_a_result_that_is_dropped_is_lost() -> None:
    net, spare = model(), nn.Linear(4, 1, bias=False)
    with watched([spare, net]) as seen:
        _ = spare(BATCHES[0])
        loss_of(net, BATCHES[0]).backward()
    assert seen == [Detached(Name("0.weight"), Path.LOST, None)]


def test_a_parameter_that_is_only_evaluated_is_said_to_be() -> None:
    net, spare = model(), nn.Linear(4, 1, bias=False)
    with watched([spare, net]) as seen:
        with torch.no_grad():
            _, number = spare(BATCHES[0]), line()
        loss_of(net, BATCHES[0]).backward()
    (item,) = seen
    assert isinstance(item, Detached)
    assert item.path is Path.UNRECORDED
    assert item.place is not None
    assert (item.place.line, item.place.op) == (number, "linear")


def test_what_backward_was_told_to_leave_out_is_said_to_be() -> None:
    weights = {"a": torch.ones(2, requires_grad=True), "b": torch.ones(2, requires_grad=True)}
    with watched(weights) as seen:
        (weights["a"] * weights["b"]).sum().backward(inputs=[weights["a"]])
    assert seen == [Detached(Name("b"), Path.LEFT_OUT, None)]


def test_shared_parameters_have_one_gradient_and_several_names() -> None:
    first, second = nn.Linear(3, 3, bias=False), nn.Linear(3, 3, bias=False)
    second.weight = first.weight
    net, other = nn.Sequential(first, second), nn.Parameter(torch.ones(2))
    with watched(net) as seen:
        net(torch.ones(3)).sum().backward()
    assert seen == []
    net.zero_grad()
    with watched([net, other]) as seen:
        other.sum().backward()
    assert seen == [Unread(Name("0.0.weight", ("0.1.weight",)))]


def test_frozen_layers_and_layers_taken_out_are_nobodys_fault() -> None:
    net = model()
    _ = net[0].requires_grad_(requires_grad=False)
    with watched(net) as seen:
        loss_of(net, BATCHES[0]).backward()
    assert seen == []
    head = nn.Sequential(nn.Linear(4, 2), nn.Linear(2, 1))
    with watched(head) as seen:
        head[1] = nn.Linear(2, 3)
        loss_of(head, BATCHES[0]).backward()
    assert seen == []


def test_a_non_leaf_keeps_no_gradient_unless_it_is_told_to() -> None:
    inner, kept, asked = (torch.ones(3, requires_grad=True) * 1 for _ in range(3))
    kept.retain_grad()
    with watched({"inner": inner, "kept": kept, "asked": asked}) as seen:
        _ = torch.autograd.grad(asked.sum(), asked)
        (inner.sum() + kept.sum()).backward()
    assert seen == [NotRetained(Name("inner"))]


def test_autograd_grad_is_no_backward_pass() -> None:
    net = model()
    with watched(net) as seen:
        _ = torch.autograd.grad(loss_of(net, BATCHES[0]), list(net.parameters()))
    assert seen == [NoBackward()]
    with watched(net) as seen:
        torch.autograd.backward(loss_of(net, BATCHES[0]))
    assert seen == []


def test_entries_that_are_not_finite_are_counted() -> None:
    root = nn.Parameter(torch.tensor([[4.0, 0.0], [1.0, 0.0]]))
    with watched(root) as seen:
        root.pow(2).sum().backward()
        root.grad = None
        root.sqrt().sum().backward()
    assert seen == [NotFinite(Name("tensor"), 2, (0, 1), count=2, size=4, dropped=False)]


def test_a_parameter_that_no_gradient_changed_has_dropped_none() -> None:
    root = nn.Parameter(torch.tensor([2.0, 2.0]))
    with watched(root) as seen:
        _ = nn.init.zeros_(root)
        root.sqrt().sum().backward()
    assert seen == [NotFinite(Name("tensor"), 1, (0,), count=2, size=2, dropped=False)]


def test_what_is_copied_from_elsewhere_is_no_update() -> None:
    weight, other = nn.Parameter(torch.ones(2)), torch.ones(2)
    with watched(weight) as seen:
        for k in range(3):
            weight.pow(2).sum().backward()
            assert other.grad is None
            weight.data.copy_(other + k)
    assert seen == [Accumulated(Name("tensor"), backward=2, sum_of=3, updates=0, before=False)]


def test_entries_of_a_sparse_gradient_are_named_by_the_index_in_the_parameter() -> None:
    table = nn.Embedding(10, 2, sparse=True)
    with watched(table) as seen:
        factor = torch.tensor([[1.0, 1.0], [1.0, float("inf")]])
        (table(torch.tensor([3, 7])) * factor).sum().backward()
    assert seen == [NotFinite(Name("weight"), 1, (7, 1), count=1, size=4, dropped=False)]


@pytest.mark.parametrize("skipping", [True, False])
def test_a_gradient_that_is_not_finite_may_be_dropped(*, skipping: bool) -> None:
    root = nn.Parameter(torch.tensor([1.0, 4.0]))
    steps = torch.optim.SGD([root], lr=0.01)
    with watched(root) as seen:
        for factor in (1.0, 0.0, 1.0):
            steps.zero_grad()
            (root * factor).sqrt().sum().backward()
            if not skipping or grad_of(root).isfinite().all():
                _ = steps.step()
    assert seen == [NotFinite(Name("tensor"), 2, (0,), count=2, size=2, dropped=skipping)]


def hooks_of(tensor: Tensor) -> int:
    return len(tensor._backward_hooks or ()) + len(tensor._post_accumulate_grad_hooks or ())


def test_a_hook_that_raises_leaves_no_hook_and_no_mode() -> None:
    net = model()
    first, last = net[0], net[2]
    assert isinstance(first, nn.Linear)
    assert isinstance(last, nn.Linear)
    inner = first.weight * 1

    def fails(_: Tensor) -> None:
        raise ZeroDivisionError

    handle = last.weight.register_hook(fails)
    loss = loss_of(net, BATCHES[0])
    with pytest.raises(ZeroDivisionError), watched([net, inner]):
        loss.backward()
    assert [hooks_of(p) for p in net.parameters()] == [0, 0, 1, 0]
    assert hooks_of(inner) == 0
    assert torch.overrides._get_current_function_mode_stack() == []
    assert [vars(p) for p in net.parameters()] == [{}] * 4
    handle.remove()
    with watched(net) as seen:
        loss_of(net, BATCHES[0]).backward()
    assert all(isinstance(item, Accumulated) for item in seen)


@pytest.mark.parametrize("subject", [iter(()), 1.0, {"w"}, None])
def test_what_names_no_tensors_cannot_be_watched(subject: object) -> None:
    with pytest.raises(NotWatchableError) as caught, watched(subject):
        pass
    assert str(caught.value) == (
        "gradverify.watch takes a torch.nn.Module, a tensor, or mappings and sequences of them, "
        f"not {type(subject).__name__}; instead of `model.parameters()` pass `model`"
    )


def test_there_must_be_something_that_requires_a_gradient() -> None:
    with pytest.raises(NothingToWatchError) as caught, watched({"a": [None, 3]}):
        pass
    assert str(caught.value) == "gradverify.watch was given nothing to watch: no tensors"
    with pytest.raises(NothingToWatchError) as caught, watched([torch.ones(2), torch.ones(2)]):
        pass
    assert str(caught.value).endswith("none of the 2 tensors requires a gradient")


def test_a_lazy_parameter_cannot_be_watched_yet() -> None:
    with pytest.raises(LazyParameterError) as caught, watched(nn.LazyLinear(3)):
        pass
    assert str(caught.value) == (
        "gradverify.watch cannot watch 'weight', a lazy parameter without a shape yet; "
        "call the module once on an example first"
    )
