"""The backward pass of an eager tape: in which order nodes run, and what stops them.

The order is that of PyTorch's engine: the youngest node that is ready runs first, and a leaf takes
its gradient as soon as it has all of it. https://docs.pytorch.org/docs/stable/notes/autograd.html
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Final, final

import numpy as np

from gradverify.arrays import Array
from gradverify.ops.broadcasting import unbroadcast
from gradverify.ops.table import OPS
from gradverify.program.evaluate import run_steps
from gradverify.program.program import Number
from gradverify.tape.noise import rounded_at_random
from gradverify.tape.saved import MATRIX, OUT
from gradverify.tape.script import GRAD, Computed
from gradverify.tape.tape import TapeError, Trouble
from gradverify.tape.tensor import Grad, Graph, Node, Part, Tensor, Work

BY_OUTPUT: Final = frozenset({"relu"})
"""Ops whose rule reads the operand where torch's own formula reads the output alike."""

UNLIKE: Final = frozenset({"expm1", "max", "min", "prod", "vector_norm"})
"""Ops whose rule, of saved values that belong to no one step, makes something else than torch."""


@final
@dataclass(slots=True)
class Pass:
    """One backward pass, within what the hooks read of `env`.

    `wanted` are where the gradients of autograd.grad arrive, by name; it is None of `.backward()`.
    """

    keep: bool
    wanted: Mapping[str, Graph | None] | None
    env: Mapping[str, Any]
    noise: np.random.Generator | None = None
    captured: dict[str, Grad] = field(default_factory=dict[str, Grad])
    arrived: dict[Graph, Grad] = field(default_factory=dict[Graph, Grad])

    def run(self, first: Graph, ct: Grad) -> None:
        """Pass a cotangent back; raises TapeError where a node cannot run."""
        waiting = _dependencies(first)
        needed = _needed(waiting, self.wanted)
        self.arrived[first] = ct
        seen = {first, *needed, *(self.wanted or {}).values()}
        ready = [first]
        while ready:
            at = max(ready, key=_priority)
            ready.remove(at)
            if at in seen and at in self.arrived:
                self._visit(at, self.arrived.pop(at), needed)
            for target in _targets(at):
                waiting[target] -= 1
                if not waiting[target]:
                    ready.append(target)

    def _visit(self, at: Graph, before: Grad, needed: Collection[Graph]) -> None:
        ct = self._hooked(at, before)
        names = [name for name, place in (self.wanted or {}).items() if place is at]
        for name in names:
            # torch notes what arrives before it runs a node, and its hooks with it
            self.captured[name] = before if at in needed else ct
        if isinstance(at, Node):
            if at in needed:
                self._pass_on(at, ct)
        elif self.wanted is None and at.requires_grad:
            at.grad = ct if at.grad is None else at.grad.plus(ct)

    def _hooked(self, at: Graph, ct: Grad) -> Grad:
        """Show a gradient to the hooks, and keep it where that was asked for."""
        tensor = at.out if isinstance(at, Node) else at
        for change in at.hooks:
            tensor.seen = ct
            if change is not None:
                ct = self._changed(tensor, change, ct)
        if isinstance(at, Node) and at.retains:
            tensor.grad = ct if tensor.grad is None else tensor.grad.plus(ct)
        return ct

    def _changed(self, tensor: Tensor, change: Computed, ct: Grad) -> Grad:
        """Return what a hook puts in a gradient's place."""
        array = worked_out(change, self.env, {tensor.key + GRAD: ct.array})
        (part,) = ct.parts
        return Grad(array, (replace(part, hooked=True),))

    def _pass_on(self, node: Node, ct: Grad) -> None:
        if node.keeps and node.freed:
            raise TapeError(Trouble.FREED)
        if node.work is not None and node.work.moved:
            raise TapeError(Trouble.MODIFIED)
        found = [_by_views(node, ct)] if node.work is None else pulled_back(node.work, ct)
        node.freed = not self.keep
        for edge, part in zip(node.edges, found, strict=True):
            if edge is not None and part is not None:
                self._arrive(edge, self._rounded(part))

    def _rounded(self, ct: Grad) -> Grad:
        """Return a gradient rounded at random, where that is asked for."""
        return ct if self.noise is None else Grad(rounded_at_random(ct.array, self.noise), ct.parts)

    def _arrive(self, at: Graph, ct: Grad) -> None:
        before = self.arrived.get(at)
        # two ways to one tensor are one backward pass's one share
        self.arrived[at] = (
            ct if before is None else Grad(before.array + ct.array, _joined(before, ct))
        )


def _joined(one: Grad, other: Grad) -> tuple[Part, ...]:
    (first,), (second,) = one.parts, other.parts
    return (first.with_all_of(second),)


def _targets(at: Graph) -> Sequence[Graph]:
    return () if isinstance(at, Tensor) else [edge for edge in at.edges if edge is not None]


def _priority(at: Graph) -> tuple[bool, int]:
    return (True, 0) if isinstance(at, Tensor) else (False, at.order)


def _dependencies(first: Graph) -> dict[Graph, int]:
    """Return how many cotangents each place waits for."""
    waiting: dict[Graph, int] = {first: 0}
    todo = [first]
    while todo:
        for target in _targets(todo.pop()):
            if target not in waiting:
                waiting[target] = 0
                todo.append(target)
            waiting[target] += 1
    return waiting


def _needed(
    every: Collection[Graph], wanted: Mapping[str, Graph | None] | None
) -> Collection[Graph]:
    """Return the places whose own work is needed: all, or those on a way to what is wanted."""
    if wanted is None:
        return every
    goals, needed = set(wanted.values()), set[Graph]()
    for at in sorted(every, key=lambda at: at.order if isinstance(at, Node) else -1):
        if any(target in goals or target in needed for target in _targets(at)):
            needed.add(at)
    return needed


def pulled_back(work: Work, ct: Grad) -> list[Grad | None]:
    """Return what a step passes on to each operand, by the rule and by what the tape saved."""
    changed, op, step = work.changed, OPS[work.step.op], work.step
    operands = [
        work.tensor(k).array if k in changed else array for k, array in enumerate(work.arrays[:-1])
    ]
    with np.errstate(all="ignore"):
        out = work.arrays[-1]
        if OUT in changed:
            out = work.out.array
            operands = [out] if step.op in BY_OUTPUT else operands
        elif changed and OUT not in work.versions:
            out = op.primal(*operands, **step.attributes)
        assert op.vjp is not None  # noqa: S101 - or it had no node
        passed = op.vjp(ct.array, out, *operands, **step.attributes)
    (tag,) = ct.parts
    unsure = bool(changed) and (step.op in UNLIKE or _may_be_copied(work))
    tag = tag.with_all_of(Part(tag.event, changed=bool(changed), unsure=unsure))
    arrays = [_shaped(work, k, part) for k, part in enumerate(passed)]
    return [None if array is None else Grad(array, (tag,)) for array in arrays]


def _may_be_copied(work: Work) -> bool:
    """Whether torch may have multiplied a copy, which no change of the operand reaches.

    It arranges stacks as matrices, or as one stack, and copies what does not lie so in memory.
    """
    if work.step.op != "matmul":
        return False
    left, right, _ = work.arrays
    has_stack = max(left.ndim, right.ndim) > MATRIX
    return has_stack and not (left.flags.c_contiguous and right.flags.c_contiguous)


def _shaped(work: Work, position: int, part: Any) -> Array | None:
    operand = work.arrays[position]
    if part is None or isinstance(work.operands[position], Number):
        return None
    array = np.asarray(part)
    if OPS[work.step.op].broadcasts:
        array = np.asarray(unbroadcast(array, operand.shape))
    return array.astype(operand.dtype, copy=False)


def _by_views(node: Node, ct: Grad) -> Grad:
    """Return what a view passes on to the first of its bases, past those between."""
    array, shown = ct.array, node.out.array
    for view in node.out.way:
        rule = OPS[view.step.op].vjp
        assert rule is not None  # noqa: S101 - or it were no view to the tape
        (passed, *_) = rule(array, shown, view.base.array, **view.step.attributes)
        array, shown = np.asarray(passed), view.base.array
    return Grad(array, ct.parts)


NOTHING: Final[Mapping[str, Array]] = MappingProxyType({})


def worked_out(
    given: Computed, env: Mapping[str, Any], extra: Mapping[str, Array] = NOTHING
) -> Array:
    """Return what an expression comes to off the tape; `extra` goes before `env`."""
    made = {step.output for step in given.steps}
    read = {given.output, *(name for step in given.steps for name in step.reads)} - made
    found = {name: extra[name] if name in extra else env[name] for name in read}
    run_steps(given.steps, found)
    return np.asarray(found[given.output])
