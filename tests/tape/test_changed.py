# torch's own types are partial, and the file must also pass where torch is not installed:
# pyright: basic, reportMissingImports=false
"""What saved values make that were changed behind the tape's back is known, or said not to be."""

from collections.abc import Callable, Iterator, Sequence
from itertools import combinations
from typing import Any, Final

import numpy as np
import pytest
import torch
from torch import Tensor

from gradverify.arrays import Array
from gradverify.ops.table import OPS
from gradverify.program.program import Number
from gradverify.tape import tensor as tape
from gradverify.tape.engine import UNLIKE, pulled_back
from gradverify.tape.saved import OUT
from gradverify.tape.tensor import Grad, Part, Work
from tests.support import worst_error
from tests.tape.test_saved import Call, Recorded, calls, claimed

ALLOWED: Final = {"float64": 1e-9, "float32": 1e-5}
EVENT: Final = (Part(1),)
KNOWN: Final = sorted(OPS.keys() - UNLIKE)

Predict: Any = Callable[[Work, Grad], "list[Grad | None]"]


def spoken(op: str) -> list[Call]:
    """Return every case of an op that a statement can be of: norms have an order of 1, 2 or inf."""
    return [it for it in calls(op) if it.step.attributes.get("ord", 2) in (1, 2, np.inf)]


def changes(call: Call) -> Iterator[tuple[tuple[bool, ...], tuple[int, ...]]]:
    """Every choice of operands that require a gradient, and of saved tensors to be changed."""
    for needs in call.every_need():
        run = call.recorded(needs)
        if run.output.requires_grad:
            places = sorted(p for p in claimed(run) if run.tensors[p].numel())
            for count in range(1, len(places) + 1):
                yield from ((needs, chosen) for chosen in combinations(places, count))


def renewed(tensor: Tensor, rng: np.random.Generator) -> Array:
    """Return other entries: classes and indices in another order, numbers between 0 and 1."""
    if not tensor.is_floating_point():
        array = np.array(tensor.numpy())
        return ~array if array.dtype == np.bool_ else array[::-1].copy() if array.shape else array
    return rng.uniform(0.2, 0.9, tuple(tensor.shape)).astype(str(tensor.dtype)[6:])


def both(
    call: Call, needs: tuple[bool, ...], places: Sequence[int], predict: Any
) -> Iterator[tuple[Array, Array]]:
    """Return each gradient as torch has it after a change, and as it is predicted."""
    rng = np.random.default_rng(0)
    own = tuple(it if isinstance(it, Number) else it.clone() for it in call.operands)
    run = Call(call.step, own).recorded(needs)
    before = {place: np.array(it.detach().numpy()) for place, it in run.tensors.items()}
    for place in places:
        _ = run.tensors[place].data.copy_(torch.from_numpy(renewed(run.tensors[place], rng)))
    ct = rng.uniform(-1, 1, tuple(run.output.shape)).astype(str(run.output.dtype)[6:])
    found = predict(work_of(run, before), Grad(ct, EVENT))
    leaves = [place for place, need in enumerate(needs) if need]
    operands = [run.tensors[place] for place in leaves]
    grads = torch.autograd.grad(run.output, operands, torch.from_numpy(ct))
    for place, grad in zip(leaves, grads, strict=True):
        yield np.array(grad.numpy()), found[place].array


def work_of(run: Recorded, before: dict[int, Array]) -> Work:
    """Return a step as the model keeps it, its operands as torch has them by now."""
    now = {p: tape.Tensor(str(p), np.array(it.detach().numpy())) for p, it in run.tensors.items()}
    operands = tuple(it if isinstance(it, Number) else now[p] for p, it in enumerate(run.operands))
    arrays = [it.value if isinstance(it, Number) else before[p] for p, it in enumerate(operands)]
    versions = dict.fromkeys(claimed(run), 0)
    return Work(run.step, operands, now[OUT], (*arrays, before[OUT]), versions)


def wrong(op: str, predict: Any = pulled_back) -> list[str]:
    """Return every change after which a gradient is not the one that is predicted."""
    found: list[str] = []
    for call in spoken(op):
        for needs, places in changes(call):
            for true, claim in both(call, needs, places, predict):
                narrow = ALLOWED[str(true.dtype)]
                if not np.all(np.isfinite(true)) or worst_error(claim, true) > narrow:
                    found.append(f"{call.recorded(needs)}: {places} changed")
    return found


@pytest.mark.parametrize("op", KNOWN)
def test_a_gradient_by_changed_values_is_the_one_that_is_predicted(op: str) -> None:
    assert wrong(op) == []


@pytest.mark.parametrize("op", sorted(UNLIKE))
def test_an_op_whose_gradient_is_said_to_be_unsure_is_predicted_wrongly(op: str) -> None:
    assert wrong(op) != []


@pytest.mark.parametrize("op", ["multiply", "exp", "relu", "log", "matmul", "softmax", "where"])
def test_a_prediction_from_what_was_there_before_is_noticed(op: str) -> None:
    def by_memory(work: Work, ct: Grad) -> list[Grad | None]:
        still = Work(work.step, work.operands, work.out, work.arrays, {})
        return pulled_back(still, ct)

    assert wrong(op, by_memory) != []


@pytest.mark.parametrize("op", KNOWN)
def test_a_share_says_that_a_value_was_changed_and_whether_it_is_known(op: str) -> None:
    for call in spoken(op):
        for needs, places in changes(call):
            run = call.recorded(needs)
            before = {place: np.array(it.detach().numpy()) for place, it in run.tensors.items()}
            _ = run.tensors[places[0]].data.copy_(
                torch.from_numpy(renewed(run.tensors[places[0]], np.random.default_rng(0)))
            )
            found = pulled_back(work_of(run, before), Grad(np.ones(run.output.shape), EVENT))
            parts = {part for grad in found if grad is not None for part in grad.parts}
            assert parts <= {Part(1, changed=True), Part(1)}
