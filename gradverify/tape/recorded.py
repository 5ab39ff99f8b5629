"""What becomes of a step on the tape: its value, whose memory that is, and its node."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, final

import numpy as np

from gradverify.arrays import Array
from gradverify.ops.op import Slot
from gradverify.ops.table import OPS
from gradverify.program.evaluate import BARRIERS
from gradverify.program.program import Kind, Number, Step
from gradverify.tape.saved import OUT, VIEWS, keeps, saved
from gradverify.tape.tensor import Node, Tensor, View, Work, view_of

AS_STRIDED: Final = "AsStrided"
"""The kind of the node of a view whose base was written to."""


@final
@dataclass(frozen=True, slots=True)
class Ran:
    """A step that ran: its operands, their arrays and numbers, and the output's."""

    step: Step
    operands: tuple[Tensor | Number, ...]
    arrays: tuple[Any, ...]
    out: Array
    view: Step | None

    @property
    def is_differentiable(self) -> bool:
        """Whether a gradient may pass it."""
        known = OPS[self.step.op].vjp is not None and self.step.op not in BARRIERS
        return known and self.out.dtype.kind == "f"

    @property
    def tensors(self) -> tuple[Tensor, ...]:
        """The operands that are no numbers."""
        return tuple(item for item in self.operands if isinstance(item, Tensor))


def ran(step: Step, tensors: Mapping[str, Tensor]) -> Ran:
    """Run a step on what tensors hold now."""
    operands = tuple(it if isinstance(it, Number) else tensors[it] for it in step.operands)
    arrays: tuple[Any, ...] = tuple(
        it.value if isinstance(it, Number) else it.array for it in operands
    )
    view = _view(step, arrays)
    with np.errstate(all="ignore"):
        if view is None:
            out = np.asarray(OPS[step.op].primal(*arrays, **step.attributes))
        else:
            first: Array = arrays[0]
            out = np.asarray(view_of(view, first))
            view = view if shares_memory(first, out) else None
    return Ran(step, operands, arrays, out, view)


def _view(step: Step, arrays: Sequence[Any]) -> Step | None:
    """Return a step that may be a view of its first operand, with the numbers of its index."""
    if step.op not in VIEWS or isinstance(step.operands[0], Number):
        return None
    if step.op == "astype":
        first: Array = arrays[0]
        return step if np.dtype(step.attributes["dtype"]) == first.dtype else None
    if step.op != "index":
        return step
    # torch reads an array without axes as a number
    index = tuple(
        _number(arrays[it.operand]) if isinstance(it, Slot) else it
        for it in step.attributes["index"]
    )
    if any(isinstance(item, np.ndarray) for item in index):
        return None
    return replace(step, attributes={"index": index})


def _number(array: Array) -> int | Array:
    return array if array.shape else int(array)


def shares_memory(first: Array, out: Array) -> bool:
    """Whether an array is a view of another; of nothing, every array of its dtype is."""
    return np.may_share_memory(first, out) or (out.size == 0 and out.dtype == first.dtype)


def tensor_of(done: Ran) -> Tensor:
    """Return a step's output, not yet on the tape."""
    out = Tensor(done.step.output, done.out)
    if done.view is not None:
        (base, *_) = done.tensors
        out.view = View(base, done.view)
        out.since = out.root.version
        base.views[out] = done.view
    return out


def node_of(done: Ran, out: Tensor, order: int) -> Node:
    """Return a step's node."""
    edges = tuple(it.place if isinstance(it, Tensor) else None for it in done.operands)
    needs = [edge is not None for edge in edges]
    known = [_kind(it) for it in done.operands]
    call = (done.step.op, needs, done.step.attributes, known)
    tensors = {place: out if place == OUT else done.operands[place] for place in saved(*call)}
    versions = {p: t.root.version for p, t in tensors.items() if isinstance(t, Tensor)}
    work = Work(done.step, done.operands, out, (*done.arrays, done.out), versions)
    return Node(order, out, edges, work, keeps(*call))


def _kind(operand: Tensor | Number) -> Kind | None:
    if isinstance(operand, Number):
        return None
    return Kind(operand.array.shape, operand.array.dtype)


def renew(tensor: Tensor, order: int) -> bool:
    """Give a view whose memory was written to a node that leads to its base, as torch does.

    Its hooks stay with the node that it had, and so does whatever was computed from it before; the
    gradient that it retains is now the new node's. Returns whether there is a new node.
    """
    version, source = tensor.root.version, tensor.source
    if source is tensor or tensor.since == version:
        return False
    if tensor.node is None and not source.requires_grad:
        return False
    if tensor.node is not None:
        tensor.node.retains = False
    tensor.node = Node(order, tensor, (source.place,), None, keeps=False, retains=tensor.retains)
    tensor.since, tensor.hooked = version, None
    return True
