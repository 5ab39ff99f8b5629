"""Tensor and Node: what a tape keeps of a value, and of the step that made it.

Arrays are never written to: a new value is a new array, so that whoever kept the old one still
has it. What the tape saved is read through the tensor, and so is seen to change.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias, final
from weakref import WeakKeyDictionary

import numpy as np

from gradverify.arrays import Array
from gradverify.ops.table import OPS
from gradverify.program.evaluate import BARRIERS
from gradverify.program.program import Number, Step
from gradverify.tape.saved import OUT
from gradverify.tape.script import Computed


@final
@dataclass(frozen=True, slots=True)
class Part:
    """One backward pass's share of a gradient.

    `event` counts the backward passes; `changed` says that a saved value was another by then,
    `unsure` that the number is then not known; `random` that the cotangent was uninitialised;
    `hooked` that a hook put something else in its place.
    """

    event: int
    changed: bool = False
    unsure: bool = False
    random: bool = False
    hooked: bool = False

    def with_all_of(self, other: "Part") -> "Part":
        """Return the share of one backward pass that came by two ways."""
        return Part(
            self.event,
            self.changed or other.changed,
            self.unsure or other.unsure,
            self.random or other.random,
            self.hooked or other.hooked,
        )


@final
@dataclass(frozen=True, slots=True)
class Grad:
    """A gradient, and the backward passes that it is the sum of."""

    array: Array
    parts: tuple[Part, ...]

    def plus(self, other: "Grad") -> "Grad":
        """Return the sum."""
        return Grad(self.array + other.array, (*self.parts, *other.parts))


@final
@dataclass(frozen=True, slots=True)
class View:
    """A tensor whose memory is another's, and the step by which it shows that."""

    base: "Tensor"
    step: Step


@final
@dataclass(slots=True, eq=False, weakref_slot=True)
class Tensor:
    """A value on the tape. One without a node is a leaf.

    `flagged` says that its own gradient was asked for, `since` is the version of the memory that
    `node` belongs to. `hooks` are those of a leaf; `hooked` is where the tensor's hooks are, which
    it may have left behind.
    """

    key: str
    array: Array
    flagged: bool = False
    node: "Node | None" = None
    view: View | None = None
    views: "WeakKeyDictionary[Tensor, Step]" = field(
        default_factory=WeakKeyDictionary["Tensor", Step]
    )
    version: int = 0
    since: int = 0
    grad: Grad | None = None
    retains: bool = False
    hooks: list[Computed | None] = field(default_factory=list[Computed | None])
    hooked: "Graph | None" = None
    seen: Grad | None = None

    @property
    def requires_grad(self) -> bool:
        """What `.requires_grad` reads; of a view also where its base has come to require one."""
        own = self.flagged or self.node is not None
        return own or (self.source is not self and self.source.requires_grad)

    @property
    def place(self) -> "Graph | None":
        """Where its gradient arrives, if it arrives anywhere."""
        return (self if self.flagged else None) if self.node is None else self.node

    @property
    def root(self) -> "Tensor":
        """The tensor whose memory this is."""
        return self if self.view is None else self.view.base.root

    @property
    def way(self) -> tuple[View, ...]:
        """The views that lead to its source, its own first; detached is no view to the tape."""
        if self.view is None or self.view.step.op in BARRIERS:
            return ()
        return (self.view, *self.view.base.way)

    @property
    def source(self) -> "Tensor":
        """The tensor at the end of its way, which is itself where there is none."""
        return self.way[-1].base if self.way else self

    @property
    def family(self) -> "Iterator[Tensor]":
        """Every tensor on the same memory, bases before their views."""
        yield from _with_views(self.root)

    def put(self, new: Array, *, noticed: bool) -> None:
        """Write new entries in place; the tape notices by the version, which `.data` hides."""
        root = self.root
        memory = root.array.copy(order="K")
        window = _window(self, memory)
        window[...] = new
        _refresh(root, memory)
        root.version += noticed


def _with_views(tensor: Tensor) -> Iterator[Tensor]:
    yield tensor
    for view in tensor.views:
        yield from _with_views(view)


def _window(tensor: Tensor, memory: Array) -> Array:
    """Return the part of the root's memory that a tensor shows, to be written to."""
    if tensor.view is None:
        return memory
    return view_of(tensor.view.step, _window(tensor.view.base, memory))


def _refresh(tensor: Tensor, array: Array) -> None:
    tensor.array = array
    for other, step in tensor.views.items():
        _refresh(other, view_of(step, array))


def view_of(step: Step, array: Array) -> Array:
    """Return what a step makes of its first operand, on the same memory where that can be."""
    if step.op == "index":
        index = step.attributes["index"]
        return array[(*index, ...)] if ... not in index else array[index]
    if step.op == "astype":
        return array
    return OPS[step.op].primal(array, **step.attributes)


@final
@dataclass(frozen=True, slots=True)
class Work:
    """A step's own backward pass: its operands, and what is kept of them.

    `arrays` are the operands as they were, the output last; of what is `saved` the tensor itself
    is read, whose version must be the one noted.
    """

    step: Step
    operands: tuple[Tensor | Number, ...]
    out: Tensor
    arrays: tuple[Any, ...]
    versions: Mapping[int, int]

    def tensor(self, position: int) -> Tensor:
        """Return a saved tensor by its position."""
        found = self.out if position == OUT else self.operands[position]
        assert isinstance(found, Tensor)  # noqa: S101 - numbers are not saved
        return found

    @property
    def moved(self) -> bool:
        """Whether a saved tensor's version is another than when it was saved."""
        return any(self.tensor(p).root.version != v for p, v in self.versions.items())

    @property
    def changed(self) -> frozenset[int]:
        """The saved tensors that hold other entries than they did."""
        recorded = {OUT: self.arrays[-1], **dict(enumerate(self.arrays[:-1]))}
        return frozenset(p for p in self.versions if _differs(self.tensor(p).array, recorded[p]))


@final
@dataclass(slots=True, eq=False)
class Node:
    """A step on the tape, whose output is `out`; `edges` are where its gradients are passed on to.

    A view whose base was written to has a node of its own with `work` None: it passes a gradient
    to the first of its bases by the views in between. `keeps` says that there is anything to be
    freed; `retains` that `out` is to keep its gradient.
    """

    order: int
    out: Tensor
    edges: "Sequence[Graph | None]"
    work: Work | None
    keeps: bool
    freed: bool = False
    retains: bool = False
    hooks: list[Computed | None] = field(default_factory=list[Computed | None])


def _differs(array: Array, other: Array) -> bool:
    return array is not other and not np.array_equal(array, other, equal_nan=True)


Graph: TypeAlias = Node | Tensor
"""Where a gradient goes: to the node that made a tensor, or to a leaf itself."""
