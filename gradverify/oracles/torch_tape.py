# torch's own types are partial, and the file must also pass where torch is not installed:
# pyright: basic, reportMissingImports=false
"""A tape script done for real: torch's own tensors, its own tape, its own errors."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Any, Final, final

import numpy as np
import torch
from torch import Tensor

from gradverify.arrays import Array, Values
from gradverify.oracles.torch_autograd import one_thread, stepped
from gradverify.program.program import Step
from gradverify.tape.perform import Advance, perform
from gradverify.tape.script import GRAD, Computed, Cotangent, Flag, Script, Uninitialised
from gradverify.tape.shown import Shown
from gradverify.tape.tape import TapeError, Trouble

KINDS: Final = (
    # a part of torch's message → the kind of error
    ("implicitly created only for scalar", Trouble.NEEDS_SCALAR),
    ("Mismatch in shape", Trouble.COTANGENT_SHAPE),
    ("a second time", Trouble.FREED),
    ("modified by an inplace operation", Trouble.MODIFIED),
    ("only Tensors of floating point", Trouble.NOT_FLOATING),
    ("not have been used in the graph", Trouble.UNUSED),
    ("change requires_grad flags of leaf", Trouble.NOT_A_LEAF),
    ("does not require grad", Trouble.DETACHED),
    ("doesn't require gradient", Trouble.DETACHED),
    ("has requires_grad=False", Trouble.DETACHED),
)


def show(script: Script, primals: Values, advance: Advance) -> tuple[Shown, ...]:
    """Return what torch shows at every entry; what is no TapeError is raised as it is."""
    with one_thread():
        return perform(tape_of(script, primals), script, advance)


def tape_of(script: Script, primals: Values) -> "TorchTape":
    """Return a tape with the inputs on it and nothing else."""
    env: dict[str, Tensor] = {}
    for name, item in script.inputs.items():
        env[name] = torch.from_numpy(np.array(primals[name], order="C"))
        _ = env[name].requires_grad_(item.requires_grad)
    return TorchTape(env)


@final
@dataclass(slots=True)
class TorchTape:
    """Tensors by their keys, and what the hooks on them saw last."""

    env: dict[str, Tensor]
    seen: dict[str, Tensor] = field(default_factory=dict)

    def turn(self, position: int, step: int | None, *, snapshot: bool) -> None:
        """Nothing: torch notes by itself what it needs."""

    def record(self, steps: Sequence[Step], *, on_tape: bool) -> None:
        """Run statements."""
        with nullcontext() if on_tape else torch.no_grad():
            for step in steps:
                self.env[step.output] = stepped(step, self.env)

    def backward(self, key: str, cotangent: Cotangent, *, retain_graph: bool) -> None:
        """Go backward."""
        weights = self._weights(key, cotangent)
        _asked(lambda: self.env[key].backward(weights, retain_graph=retain_graph))

    def differentiate(
        self, goal: str, by: Sequence[str], cotangent: Cotangent, *, keep: bool, unused: bool
    ) -> Mapping[str, Array | None]:
        """Return what torch.autograd.grad gives."""
        weights = self._weights(goal, cotangent)
        tensors = [self.env[key] for key in by]
        found = _asked(
            lambda: torch.autograd.grad(
                self.env[goal], tensors, weights, retain_graph=keep, allow_unused=unused
            )
        )
        return {key: _array(grad) for key, grad in zip(by, found, strict=True)}

    def _weights(self, key: str, cotangent: Cotangent) -> Tensor | None:
        match cotangent:
            case None:
                return None
            case Uninitialised():
                return torch.empty(cotangent.shape, dtype=self.env[key].dtype)
            case Computed():
                return self._worked_out(cotangent)
            case _:
                return torch.from_numpy(np.array(cotangent, order="C"))

    def _worked_out(self, given: Computed, extra: Mapping[str, Tensor] | None = None) -> Tensor:
        found: dict[str, Any] = _Reader(self.env, dict(extra or {}))
        with torch.no_grad():
            for step in given.steps:
                found[step.output] = stepped(step, found)
            return found[given.output].detach()

    def number(self, what: str, key: str) -> Array | None:
        """Return what one reads, as an array of its own."""
        tensor = self.env[key]
        if what == "value":
            return _array(tensor)
        return _array(_grad(tensor) if what == "grad" else self.seen.get(key))

    def flag(self, what: str, key: str) -> Flag:
        """Return what one reads."""
        tensor = self.env[key]
        if what == "grad_fn":
            return None if tensor.grad_fn is None else tensor.grad_fn.name()
        return tensor.requires_grad if what == "requires_grad" else tensor.is_leaf

    def retain_grad(self, key: str) -> None:
        """Keep the gradient of a non-leaf."""
        _asked(self.env[key].retain_grad)

    def hook(self, key: str, change: Computed | None) -> None:
        """Note what passes, and change it."""

        def note(grad: Tensor) -> Tensor | None:
            self.seen[key] = grad.clone()
            return None if change is None else self._worked_out(change, {key + GRAD: grad})

        # The first hook of a view whose base was written to ends the process (torch 2.13), unless
        # somebody has looked at its grad_fn since.
        _ = self.env[key].grad_fn
        _asked(lambda: self.env[key].register_hook(note))

    def zero(self, key: str, *, set_to_none: bool) -> None:
        """Set `.grad` to zeros, or to None."""
        grad = _grad(self.env[key])
        if grad is None:
            return
        if set_to_none:
            self.env[key].grad = None
        else:
            _ = grad.detach_().zero_()

    def track(self, key: str, *, flag: bool) -> None:
        """Set `requires_grad`."""
        _asked(lambda: self.env[key].requires_grad_(flag))

    def put(self, key: str, value: Computed, *, no_grad: bool) -> None:
        """Put new entries in place, by `.data` or under `no_grad`."""
        new = self._worked_out(value)
        if no_grad:
            with torch.no_grad():
                _ = self.env[key].copy_(new)
        else:
            _ = self.env[key].data.copy_(new)


@final
class _Reader(dict[str, Any]):
    """Tensors by key, gradients by key.grad, and what is worked out from them."""

    def __init__(self, env: Mapping[str, Tensor], found: Mapping[str, Tensor]) -> None:
        super().__init__(found)
        self.env = env

    def __missing__(self, key: str) -> Tensor:
        if not key.endswith(GRAD):
            return self.env[key]
        grad = _grad(self.env[key.removesuffix(GRAD)])
        if grad is None:
            raise TapeError(Trouble.NO_GRADIENT, key=key)
        return grad


def _asked(act: Callable[[], Any]) -> Any:
    """Return what torch returns, or raise what it raises as a TapeError of a known kind."""
    try:
        return act()
    except RuntimeError as error:
        message = str(error)
        kind = next((kind for part, kind in KINDS if part in message), None)
        if kind is None:
            raise
        raise TapeError(kind, message.strip().partition("\n")[0]) from error


def _grad(tensor: Tensor) -> Tensor | None:
    """Return `.grad`; of a non-leaf without one torch would warn, and here that is the question."""
    return tensor.grad if tensor.is_leaf or tensor.retains_grad else None


def _array(tensor: Tensor | None) -> Array | None:
    return None if tensor is None else np.array(tensor.detach().numpy(), order="C")
