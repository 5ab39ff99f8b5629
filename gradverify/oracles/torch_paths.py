# torch's own types are partial, and the file must also pass where torch is not installed:
# pyright: basic, reportMissingImports=false
"""What becomes of the values of leaves that wait for a gradient: who reads them, who cuts them off.

Sets of leaves and of cuts are the bits of an int. Which leaves a tensor depends on is read off
autograd's graph; which cuts its value depends on is carried from the operands of every op to its
results, and is therefore only known where the values stay in torch.
"""

import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path as FilePath
from types import FrameType
from typing import Any, Final, final

import torch
from torch import Tensor
from torch.autograd.graph import Node

from gradverify.oracles.grad_state import Path, Place

_EXITS: Final = frozenset({"item", "tolist", "numpy", "__array__", "__float__", "__dlpack__"})
ALIASES: Final = frozenset({"detach", "data"})
_TORCH: Final = f"{FilePath(torch.__file__).parent}{os.sep}"
_OURS: Final = f"{FilePath(__file__).parents[1]}{os.sep}"
_FUNCTION: Final = str(FilePath(torch.autograd.__file__).parent / "function.py")
_MOST_NODES: Final = 50_000
"""Graphs beyond that are not searched: a place is then not named."""


@final
@dataclass(frozen=True, slots=True)
class _Cut:
    place: Place
    leaves: int
    floating: bool


@final
@dataclass(slots=True)
class Paths:
    """The leaves without a gradient so far, `silent`, and what was seen of their values."""

    leaves: Mapping[int, int]  # id of a leaf to its bit
    silent: int
    tracked: int = 0  # an op that records for backward read them
    reached: int = 0  # the graph of a loss leads to them
    left_out: int = 0  # likewise, but backward was told to fill other tensors
    cuts: dict[_Cut, int] = field(default_factory=dict)  # to its bit
    arrived_cuts: int = 0  # a loss depends on their values
    unrecorded: dict[int, Place] = field(default_factory=dict)  # bit to the first such read
    exits: dict[Place, int] = field(default_factory=dict)  # to the leaves whose values left torch
    left: dict[Place, int] = field(default_factory=dict)  # those of `exits` before a backward pass

    def see(
        self, op: str, operands: Sequence[Tensor], results: Sequence[Tensor], carried: int
    ) -> int:
        """Return the cuts that the results depend on, given those of the operands."""
        if not self.silent or op.startswith("new_") or op.endswith("_like"):
            return carried  # zeros_like, new_zeros: a shape is not a value
        made = {id(result) for result in results}  # in place: no read of what it writes to
        direct = self._direct(operand for operand in operands if id(operand) not in made)
        if any(result.requires_grad for result in results):
            self.tracked |= direct
        elif results:
            carried |= self._cut(op, operands, results, direct)
        elif op in _EXITS:
            self._leave(op, operands, carried)
        return carried

    def backward(self, roots: Iterable[Any], inputs: Sequence[Tensor] | None, carried: int) -> None:
        """Take note of what a backward pass that has just run started from."""
        self.arrived_cuts |= carried
        self.left = dict(self.exits)
        below = self._below(roots) if self.silent else 0
        asked = below if inputs is None else self._direct(inputs)
        self.reached |= below & asked
        self.left_out |= below & ~asked

    def read(self, bit: int) -> tuple[Path, Place | None] | None:
        """Return how far the values of a leaf came, None if no op was seen to read it."""
        if bit & self.reached:
            return Path.SILENT, None
        if bit & self.left_out:
            return Path.LEFT_OUT, None
        if cuts := [cut for cut in self._arrived() if cut.leaves & bit]:
            return Path.CUT, min(cuts, key=lambda cut: not cut.floating).place
        exits = [place for place, leaves in self.left.items() if leaves & bit]
        if len(exits) == 1:
            return Path.LEFT, exits[0]
        if bit & self.tracked or exits:
            return Path.LOST, None
        return (Path.UNRECORDED, self.unrecorded[bit]) if bit in self.unrecorded else None

    def _arrived(self) -> Iterator[_Cut]:
        return (cut for cut, bit in self.cuts.items() if bit & self.arrived_cuts)

    def _cut(
        self, op: str, operands: Sequence[Tensor], results: Sequence[Tensor], direct: int
    ) -> int:
        """Take note that an op has results that record nothing, and return the cut's bit."""
        leaves = self._below(operands)
        if not leaves:
            return 0
        place, custom = _caller(op)
        if custom:  # the forward of a torch.autograd.Function, which has its own backward
            self.tracked |= direct
            return 0
        if place is None or (op in ALIASES and _from_torch()):
            return 0  # state_dict and the like
        for bit in _bits(direct):
            _ = self.unrecorded.setdefault(bit, place)
        cut = _Cut(place, leaves, any(result.is_floating_point() for result in results))
        return self.cuts.setdefault(cut, 2 << len(self.cuts))

    def _leave(self, op: str, operands: Sequence[Tensor], carried: int) -> None:
        cuts = (cut.leaves for cut, bit in self.cuts.items() if bit & carried)
        leaves = self._below(operands)
        for more in cuts:
            leaves |= more
        place, custom = _caller(op)
        if leaves and place is not None and not custom:
            self.exits[place] = self.exits.get(place, 0) | leaves

    def _direct(self, tensors: Iterable[Tensor]) -> int:
        """Return the silent leaves among the tensors."""
        found = 0
        for tensor in tensors:
            found |= self.leaves.get(id(tensor), 0)
        return found & self.silent

    def _below(self, roots: Iterable[Any]) -> int:
        """Return the silent leaves that the graph leads to; none where it is too large."""
        todo, found = [], 0
        for root in roots:
            if isinstance(root, Tensor):
                found |= self._direct((root,)) if root.requires_grad else 0
                todo.append(root.grad_fn)
            else:
                todo.append(root.node)  # a GradientEdge
        return found | self._search(todo)

    def _search(self, todo: list[Node | None]) -> int:
        found, seen = 0, set[Node]()
        while todo:
            node = todo.pop()
            if node is None or node in seen:
                continue
            if len(seen) == _MOST_NODES:
                return 0
            seen.add(node)
            found |= self.leaves.get(id(getattr(node, "variable", None)), 0)
            todo.extend(following for following, _ in node.next_functions)
        return found & self.silent


def _bits(mask: int) -> Iterator[int]:
    while mask:
        yield mask & -mask
        mask &= mask - 1


def _frames() -> Iterator[FrameType]:
    """Yield the frames from the caller of the torch function outwards."""
    frame: FrameType | None = sys._getframe()  # noqa: SLF001 -- the documented way to a frame
    while frame is not None:
        if not frame.f_code.co_filename.startswith(_OURS):
            yield frame
        frame = frame.f_back


def _from_torch() -> bool:
    """Whether it is torch itself that calls."""
    return next(_frames()).f_code.co_filename.startswith(_TORCH)


def _caller(op: str) -> tuple[Place | None, bool]:
    """Return where the user calls, and whether from the forward of an autograd.Function."""
    place, custom = None, False
    for frame in _frames():
        code = frame.f_code
        custom = custom or (code.co_filename == _FUNCTION and code.co_name == "apply")
        if place is None and not code.co_filename.startswith(_TORCH):
            place = Place(code.co_filename, frame.f_lineno, op)
    return place, custom
