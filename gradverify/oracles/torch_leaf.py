# torch's own types are partial, and the file must also pass where torch is not installed:
# pyright: basic, reportMissingImports=false
"""The history of one leaf's `.grad`: what was added to it, what used it, what was not finite."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final, final
from zlib import crc32

import torch
from torch import Tensor
from torch.utils.weak import TensorWeakRef

from gradverify.oracles.grad_state import Accumulated, Name, NotFinite

_READABLE: Final = frozenset({torch.strided, torch.sparse_coo})


@final
@dataclass(slots=True)
class Passes:
    """The number of the latest backward pass, from 1."""

    number: int = 0
    _running: bool = False
    _task: int = -1

    @contextmanager
    def one(self) -> Iterator[None]:
        """Count as one pass whatever runs, checkpoints' passes inside of it included."""
        self.number += 1
        self._running = True
        try:
            yield
        finally:
            self._running = False

    def current(self) -> int:
        """Return the number of the pass that runs a hook.

        One that nobody saw begin, in another thread for instance, is known by autograd's task.
        """
        if not self._running:
            task = torch._C._current_graph_task_id()  # noqa: SLF001 -- checkpointing uses it, too
            self.number += task != self._task
            self._task = task
        return self.number


@final
@dataclass(slots=True)
class Leaf:
    """A leaf that requires a gradient, and what is known of its `.grad`.

    An update is a write to the leaf of something computed from gradients. That a pass added to a
    gradient which an update had used is not yet wrong: a GAN's discriminator collects the
    generator's passes so, and zeroes them before it steps. It is wrong once an update uses the sum
    -- unless the first update was taken back before, as adversarial training does.
    """

    name: Name
    tensor: Tensor
    passes: Passes
    coming: bool = False
    arrived: bool = False
    updated: bool = False
    terms: int = 0  # passes that `.grad` sums
    before: bool = False  # one of them is no pass, but what was there before
    latest: int = 0  # the pass that added last
    held: TensorWeakRef | None = None  # `.grad` as backward left it, and its print
    print: int | None = None
    value: int | None = None  # print of the leaf at that time
    used: bool = False  # by an update, since when it has not changed
    origin: int | None = None  # print of the leaf before that update
    stale: int = 0  # the pass that added to a used gradient
    counted: int = 0  # the pass whose sum was last found used
    summed: Accumulated | None = None
    bad: NotFinite | None = None
    finite: int = 0  # passes after which `.grad` was finite

    def incoming(self, arriving: Tensor | None) -> None:
        """Look at what the gradient on its way will be added to; None where an op passed none."""
        self.coming = arriving is not None
        grad = self.tensor.grad
        if grad is None or _is_zero(grad):
            self._forget()
        elif not self._holds(grad):
            self._forget()
            self.terms, self.before = 1, True
        elif _print(grad) != self.print:
            self.used = False  # momentum kept in `.grad`, say: what was used is not in it as such

    def added(self) -> None:
        """Look at `.grad` after a gradient, if there was one, was added to it."""
        if not self.coming:
            return
        self.arrived = True
        number, grad = self.passes.current(), self.tensor.grad
        if number != self.latest or not self.terms:
            self.terms += 1
        self.latest = number
        if grad is None or not _readable(grad):
            return  # a hook of the user's has consumed it
        if self.terms > 1:
            self._sums(number)
        self.held, self.print = TensorWeakRef(grad), _print(grad)
        self.value = _print(self.tensor)
        self.used = False
        self._look_for_not_finite(grad, number)

    def about_to_update(self) -> None:
        """Take note that the leaf is about to change by something computed from gradients."""
        self.updated = True
        grad = self.tensor.grad
        if grad is None or _is_zero(grad):
            self._forget()
        if grad is None or not self._holds(grad):
            return
        self.was_written()
        if self.stale and self.counted != self.latest:
            self.counted = self.latest
            self._uses()
        if not self.used:
            self.origin = self.value
        self.used, self.print = True, _print(grad)

    def was_written(self) -> None:
        """Forget about an update that was taken back."""
        if self.stale and not self.counted and _print(self.tensor) == self.origin:
            self.stale = 0

    def _holds(self, grad: Tensor) -> bool:
        return self.held is not None and self.held() is grad

    def _forget(self) -> None:
        self.terms, self.stale, self.used, self.before, self.held = 0, 0, False, False, None

    def _sums(self, number: int) -> None:
        self.stale = self.stale or (number if self.used else 0)
        if self.summed is None:
            self.summed = Accumulated(self.name, number, self.terms, 0, self.before)
        elif self.terms > self.summed.sum_of:
            self.summed = self._said(self.summed.backward, self.summed.updates)

    def _uses(self) -> None:
        known = self.summed.updates if self.summed else 0
        first = self.summed.backward if self.summed and known else self.stale
        self.summed = self._said(first, known + 1)

    def _said(self, first: int, updates: int) -> Accumulated:
        known = self.summed
        if known is None or self.terms >= known.sum_of:
            return Accumulated(self.name, first, self.terms, updates, self.before)
        return Accumulated(self.name, first, known.sum_of, updates, known.before)

    def _look_for_not_finite(self, grad: Tensor, number: int) -> None:
        values = _parts(grad)[-1]
        bad = ~torch.isfinite(values)
        count = int(bad.sum())
        self.finite += count == 0
        if count and self.bad is None:
            first = tuple(int(k) for k in bad.nonzero()[0])
            if grad.layout is torch.sparse_coo:
                first = (*(int(k) for k in _parts(grad)[0][:, first[0]]), *first[1:])
            self.bad = NotFinite(self.name, number, first, count, values.numel(), dropped=False)

    def not_finite(self, *, scaled: bool) -> NotFinite | None:
        """Return what was not finite, unless a loss scaler must have seen and dropped it.

        Dropped is what left no trace in a leaf that other gradients changed: nothing takes in NaN
        without becoming NaN.
        """
        if self.bad is None:
            return None
        sound = _readable(self.tensor) and bool(torch.isfinite(self.tensor.detach()).all())
        if scaled and sound and self.finite:
            return None
        bad = self.bad
        dropped = sound and (self.updated or scaled)
        return NotFinite(bad.name, bad.backward, bad.index, bad.count, bad.size, dropped=dropped)


def _readable(tensor: Tensor) -> bool:
    return tensor.layout in _READABLE and tensor.device.type != "meta" and _is_plain(tensor)


def _is_plain(tensor: Tensor) -> bool:
    """Whether the bytes are here: what torch fakes or shards has a dispatch of its own."""
    name = "__torch_dispatch__"
    return getattr(type(tensor), name) is getattr(Tensor, name)


def _parts(tensor: Tensor) -> tuple[Tensor, ...]:
    """Return the dense tensors that hold what a readable tensor is made of, its values last."""
    tensor = tensor.detach()
    if tensor.layout is torch.strided:
        return (tensor.resolve_conj().resolve_neg(),)
    tensor = tensor.coalesce()
    return tensor.indices(), tensor.values().resolve_conj().resolve_neg()


def _is_zero(grad: Tensor) -> bool:
    return _readable(grad) and not bool(_parts(grad)[-1].any())


def _print(tensor: Tensor) -> int | None:
    """Return a checksum of the bits. Versions do not tell: a write to `.data` leaves them alone."""
    return _checksum(_parts(tensor)) if _readable(tensor) else None


def _checksum(parts: Iterable[Tensor]) -> int:
    total = 0
    for part in parts:
        flat = part.contiguous().reshape(-1)
        total = crc32(flat.view(torch.uint8).cpu().numpy().data, total)
    return total
