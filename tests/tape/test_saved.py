# torch's own types are partial, and the file must also pass where torch is not installed:
# pyright: basic, reportMissingImports=false
"""What the table of saved tensors says is what torch keeps, and what its backward pass misses."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import product
from typing import Any, Final, TypeAlias, final

import numpy as np
import pytest
import torch
from torch import Tensor

from gradverify.ops.op import Slot
from gradverify.ops.table import OPS
from gradverify.oracles.torch_autograd import stepped
from gradverify.program.program import Kind, Number, Step
from gradverify.tape.saved import OUT, ROWS, VIEWS, saved
from tests.oracles.lowering_cases import subject_of
from tests.support import step

Places: TypeAlias = frozenset[int]
Claim: TypeAlias = "Callable[[Recorded], Places]"

every_op = pytest.mark.parametrize("op", OPS)


@final
@dataclass(frozen=True, slots=True)
class Call:
    """A step, and what it reads: tensors without a history, one storage each."""

    step: Step
    operands: tuple[Tensor | Number, ...]

    def recorded(self, needs: tuple[bool, ...]) -> "Recorded":
        """Run the step on leaves, of which some require a gradient."""
        operands = tuple(
            item if isinstance(item, Number) else item.detach().requires_grad_(needed)
            for item, needed in zip(self.operands, needs, strict=True)
        )
        env = {
            name: item
            for name, item in zip(self.step.operands, operands, strict=True)
            if isinstance(name, str) and isinstance(item, Tensor)
        }
        return Recorded(self.step, needs, operands, stepped(self.step, env))

    def every_need(self) -> Iterator[tuple[bool, ...]]:
        """Every choice of floating operands that require a gradient, none among them."""
        floating = [isinstance(x, Tensor) and x.is_floating_point() for x in self.operands]
        return product(*((False, True) if able else (False,) for able in floating))


@final
@dataclass(frozen=True, slots=True)
class Recorded:
    """A step that ran on torch's tape."""

    step: Step
    needs: tuple[bool, ...]
    operands: tuple[Tensor | Number, ...]
    output: Tensor

    @property
    def tensors(self) -> dict[int, Tensor]:
        """The tensors by place, the output's among them."""
        operands = {n: item for n, item in enumerate(self.operands) if isinstance(item, Tensor)}
        return operands | {OUT: self.output}

    @property
    def kinds(self) -> tuple[Kind | None, ...]:
        """What each operand is, None of a number."""
        return tuple(
            None if isinstance(item, Number) else Kind(tuple(item.shape), dtype_of(item))
            for item in self.operands
        )

    @property
    def graph(self) -> list[Any]:
        """The nodes that the output's grad_fn leads to, itself first."""
        found: list[Any] = []
        ahead = [self.output.grad_fn]
        while ahead:
            node = ahead.pop()
            if node is not None and node not in found:
                found.append(node)
                ahead += [following for following, _ in node.next_functions]
        return found

    def __str__(self) -> str:
        kinds = ", ".join("number" if k is None else f"{k.dtype}{k.shape}" for k in self.kinds)
        return f"{self.step.op}({kinds}) {dict(self.step.attributes)} needs {self.needs}"


def dtype_of(tensor: Tensor) -> np.dtype[Any]:
    return np.dtype(str(tensor.dtype).removeprefix("torch."))


def more(op: str, *operands: Tensor | float, **attributes: Any) -> Call:
    named = (f"x{n}" if isinstance(item, Tensor) else item for n, item in enumerate(operands))
    items = (item if isinstance(item, Tensor) else Number(item) for item in operands)
    return Call(step("out", op, *named, **attributes), tuple(items))


def some(*shape: int) -> Tensor:
    return torch.full(shape, 0.5, dtype=torch.float64)


LABELS: Final = torch.tensor([1, 0])
ONE: Final = torch.tensor(1)
CONVERTED: Final = (LABELS.to(torch.int32), LABELS.to(torch.uint8))
PRODUCTS: Final = (
    *(((2, 3), (5, 3, 4)), ((2, 3), (5, 3, 1)), ((2, 3), (1, 3, 4)), ((3,), (2, 2, 3, 4))),
    *(((5, 2, 3), (5, 3, 4)), ((1, 2, 3), (5, 3, 4)), ((1, 2, 3), (5, 3, 1))),
    *(((5, 2, 3), (1, 3, 4)), ((1, 1, 2, 3), (5, 3, 4)), ((1, 2, 3), (2, 5, 3, 4))),
    *(((2, 5, 2, 3), (5, 3, 4)), ((2, 5, 2, 3), (2, 1, 3, 4)), ((0,), (2, 2, 0, 3))),
    *(((2, 1, 2, 3), (2, 3, 4)), ((2, 3), (5, 3, 0))),
)
MORE: Final = (
    *(more("matmul", some(*left), some(*right)) for left, right in PRODUCTS),
    *(more("power", some(3), exponent) for exponent in (0, 1, 0.5)),
    more("divide", 1, some(3)),
    *(more("multiply", some(2, 1), other) for other in (some(2).float(), LABELS)),
    *(more("mse_loss", some(2), other) for other in (some(2).float(), LABELS)),
    more("clip", some(3)),
    *(more("addmm", some(2, 2), some(2, 3), some(3, 2), beta=beta, alpha=0) for beta in (0, 1)),
    *(more(op, some(2, 3), axis=()) for op in ("prod", "max", "std", "sum")),
    *(more("vector_norm", some(2, 3), ord=ord_, axis=1) for ord_ in (0, 0.5, 3)),
    *(more("cross_entropy", some(2, 4), target) for target in CONVERTED),
    *(more("reshape", some(3, 2).mT, shape=shape) for shape in ((6,), (2, 3))),
    *(more("flatten", x) for x in (some(3, 2).mT, some(4, 6)[:, 1:2])),
    *(more(op, some(3), axis=()) for op in ("squeeze", "expand_dims")),
    more("squeeze", some(1, 3)),
    *(more("index", some(4, 3), index=index) for index in ((), (slice(None),), (None,))),
    *(more("index", some(4, 3), slot, index=(Slot(1),)) for slot in (ONE, *CONVERTED)),
    more("index", some(4, 3), ONE, LABELS, index=(Slot(1), Slot(2))),
    more("index", some(4, 3), LABELS, index=(None, Slot(1))),
    *(more("index_update", some(4, 3), value, index=(Ellipsis,)) for value in (some(3), 0.5)),
    *(more("index_update", some(4, 3), 0.5, slot, index=(Slot(2),)) for slot in (ONE, LABELS)),
    more("index_update", some(4, 3), some(2), ONE, LABELS, index=(Slot(2), Slot(3))),
    more("index_update", some(4, 3), some(2, 1), LABELS, index=(slice(2), Slot(2))),
    more("astype", some(3), dtype=np.dtype(np.int64)),
)
"""What the lowerings' cases leave out: layouts, other whole numbers, and stacks of all shapes."""

READ_KINDS: Final = {"divide", "power", "matmul", "index", "index_update", "cross_entropy"}
ALTERED: Final = [(op, n) for op in OPS for n in (OUT, 0) if n < len(OPS[op].operands)]


@cache
def calls(op: str) -> tuple[Call, ...]:
    subject = subject_of(op)
    tensors = {name: torch.from_numpy(np.array(x)) for name, x in subject.primals.items()}
    steps = [one for one in subject.program.steps if one.output.startswith("out")]
    return tuple(
        Call(one, tuple(x if isinstance(x, Number) else tensors[x] for x in one.operands))
        for one in steps
    ) + tuple(call for call in MORE if call.step.op == op)


def runs(op: str) -> Iterator[Recorded]:
    """Every case of an op, with every choice of operands that require a gradient."""
    return (call.recorded(needs) for call in calls(op) for needs in call.every_need())


def claimed(run: Recorded) -> Places:
    return saved(run.step.op, run.needs, run.step.attributes, run.kinds)


def storage(tensor: Tensor) -> int:
    return tensor.untyped_storage().data_ptr()


def tensors_in(value: object) -> list[Tensor]:
    if isinstance(value, list | tuple):
        return [tensor for item in value for tensor in tensors_in(item)]
    return [value] if isinstance(value, Tensor) else []


def kept(run: Recorded) -> Places:
    """Return the places whose storage the nodes of the graph hold; of nothing there is none."""
    names = [(node, name) for node in run.graph for name in dir(node) if name.startswith("_saved_")]
    tensors = [x for node, name in names for x in tensors_in(getattr(node, name))]
    held = {storage(tensor) for tensor in tensors if tensor.numel()}
    return frozenset(n for n, x in run.tensors.items() if x.numel() and storage(x) in held)


def wrong_about_storage(op: str, claim: Claim) -> list[str]:
    """Return every run of which a claim says something else than the graph."""
    wrong: list[str] = []
    for run in runs(op):
        found = kept(run)
        said = claim(run) - {n for n, tensor in run.tensors.items() if not tensor.numel()}
        if any(node.name().endswith("CopySlices") for node in run.graph):
            said &= found  # it holds a node of its own, of which Python sees nothing
        if said != found:
            wrong.append(f"{run}: claimed {set(said)}, kept {set(found)}")
    return wrong


def notices(run: Recorded, place: int) -> bool:
    """Whether the backward pass complains of a tensor that was written to after the step."""
    tensor = run.tensors[place]
    with torch.no_grad():
        # one entry, since those of an expanded tensor stand in one place of memory
        part = tensor[(0,) * tensor.ndim] if tensor.numel() else tensor
        _ = part.copy_(part.clone())
    try:
        run.output.sum().backward()
    except RuntimeError as error:
        if "modified by an inplace operation" not in str(error):
            raise
        return True
    return False


def wrong_about_changes(op: str, claim: Claim) -> list[str]:
    """Return every run and place of which a claim says something else than the backward pass."""
    wrong: list[str] = []
    for call in calls(op):
        for needs in call.every_need():
            run = call.recorded(needs)
            if run.output.requires_grad:
                places = run.tensors
                seen = {place for place in places if notices(call.recorded(needs), place)}
                wrong += [f"{run}: {place}" for place in seen ^ claim(run)]
    return wrong


def test_every_op_has_a_row() -> None:
    assert ROWS.keys() == OPS.keys()


@every_op
def test_what_a_row_claims_is_what_the_graph_keeps(op: str) -> None:
    assert wrong_about_storage(op, claimed) == []


@pytest.mark.parametrize(("op", "place"), ALTERED)
def test_a_row_with_one_place_more_or_less_is_noticed(op: str, place: int) -> None:
    assert wrong_about_storage(op, lambda run: claimed(run) ^ {place}) != []


@every_op
def test_a_tensor_that_is_kept_and_no_other_must_not_change(op: str) -> None:
    assert wrong_about_changes(op, claimed) == []


@pytest.mark.parametrize("op", ["exp", "log", "multiply", "add", "index_update"])
def test_a_claim_that_the_backward_pass_contradicts_is_noticed(op: str) -> None:
    assert wrong_about_changes(op, lambda run: claimed(run) ^ {0}) != []


def test_what_operands_are_matters_to_few_ops() -> None:
    def unknown(run: Recorded) -> Places:
        return saved(run.step.op, run.needs, run.step.attributes) & run.tensors.keys()

    assert {op for op in OPS for run in runs(op) if unknown(run) != claimed(run)} == READ_KINDS


def test_a_number_on_the_left_of_a_quotient_leaves_nothing_to_be_kept() -> None:
    y = Kind((3,), np.dtype(np.float64))
    assert saved("divide", (False, True), {}, (None, y)) == frozenset()
    assert saved("divide", (False, True), {}, (y, y)) == {0, 1}


def test_views_are_the_ops_whose_output_shares_storage_with_the_first_operand() -> None:
    def shares(run: Recorded) -> bool:
        first = run.tensors.get(0)
        return first is not None and first.numel() > 0 and storage(first) == storage(run.output)

    assert {op for op in OPS if any(shares(run) for run in runs(op))} == VIEWS


@every_op
def test_no_op_shares_storage_with_a_later_operand(op: str) -> None:
    shared = [
        str(run)
        for run in runs(op)
        for place, tensor in run.tensors.items()
        if place > 0 and tensor.numel() and storage(tensor) == storage(run.output)
    ]
    assert shared == []
