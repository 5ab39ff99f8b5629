"""What a number that is claimed of a `.grad` is instead: a share of it, or another gradient."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final, TypeAlias, final

import numpy as np

from gradverify.arrays import Array
from gradverify.oracles.oracle import Gradients, Wanted
from gradverify.oracles.rules import Rules
from gradverify.program.evaluate import BARRIERS
from gradverify.program.program import Number, Step
from gradverify.tape.event import Event
from gradverify.tape.tensor import Grad
from gradverify.verdict.tape_ground import Sitting, true_part
from gradverify.verdict.verdict import Detail

Told: TypeAlias = tuple[str, str, Mapping[str, Detail]]
"""A code, the sentence for this case, and its numbers."""


@final
@dataclass(frozen=True, slots=True)
class Claim:
    """A claimed number, how far it may be off, and the true gradients of every pass it sums."""

    sitting: Sitting
    key: str
    array: Array
    excused: Array
    grad: Grad
    trues: tuple[Array, ...]

    @property
    def total(self) -> Array:
        """The sum of the true gradients."""
        return np.sum(self.trues, axis=0)

    def fits(self, array: Array) -> bool:
        """Whether this is what is claimed."""
        return bool(np.all(np.abs(self.array - array) <= self.excused))


def explained(sitting: Sitting, key: str, claim: tuple[Array, Array], grad: Grad) -> Told | None:
    """Return what the tape itself explains, None where some pass's gradient is not known."""
    parts = [true_part(sitting, part, key) for part in grad.parts]
    trues = tuple(part.array for part in parts if part is not None)
    if len(trues) != len(parts) or not trues:
        return None
    found = Claim(sitting, key, *claim, grad, trues)
    return next((told for test in TESTS if (told := test(found)) is not None), None)


def _random(claim: Claim) -> Told | None:
    """A multiple of the true gradient, by a number that was in memory."""
    true = claim.total
    if not any(part.random for part in claim.grad.parts) or not np.any(true):
        return None
    peak = np.unravel_index(int(np.argmax(np.abs(true))), true.shape)
    factor = float(claim.array[peak] / true[peak])
    slack = claim.excused + np.abs(true) * float(claim.excused[peak] / abs(true[peak]))
    if not np.all(np.abs(claim.array - factor * true) <= slack):
        return None
    message = (
        f"this is the gradient times {factor:.5g}, in every entry: the cotangent was memory that "
        f"nobody had written to; with a cotangent of 1 the gradient is {true[peak]:.6g}"
    )
    return "cotangent-uninitialised", message, {"factor": factor, "true": float(true[peak])}


def _hooked(claim: Claim) -> Told | None:
    """The gradient as it is without hooks."""
    if not any(part.hooked for part in claim.grad.parts) or not claim.fits(claim.total):
        return None
    message = "this is the gradient as it is without hooks; one put something else in its place"
    return "mismatch", message, {}


def _changed(claim: Claim) -> Told | None:
    """The gradient of what was computed, before somebody wrote to it."""
    if not any(part.changed for part in claim.grad.parts) or not claim.fits(claim.total):
        return None
    message = "this is the gradient of what was computed; by `.data` the tape has other values"
    return "value-changed-behind-tape", message, {}


def _detached(claim: Claim) -> Told | None:
    """The gradient of the function as it reads, past what cuts it off."""
    events = [claim.sitting.events[part.event] for part in claim.grad.parts]
    if not any(_is_barrier(step) for event in events for step in event.program.steps):
        return None
    if not claim.fits(np.sum([_opened(claim, event) for event in events], axis=0)):
        return None
    message = "this is the gradient with `detach` and `no_grad` left out; they cut it off"
    return "path-detached", message, {}


def _is_barrier(step: Step) -> bool:
    """Whether a person, and not the trace, wrote a step that nothing passes."""
    return step.op in BARRIERS and bool(step.mark.file)


def _opened(claim: Claim, event: Event) -> Array:
    """Return a backward pass's gradient by the rules, as if nothing had been detached."""
    program, value = event.program, event.program.names.get(claim.key)
    if value is None:
        return np.zeros(claim.array.shape)
    steps = tuple(
        replace(step, op="multiply", operands=(*step.operands, Number(1)))
        if _is_barrier(step)
        else step
        for step in program.steps
    )
    primals = {**claim.sitting.values[0], **event.primals}
    question = Wanted((), (value,), program.cotangent)
    found = Rules().differentiate(replace(program, steps=steps), primals, question)
    return found.wrt[value] if isinstance(found, Gradients) else np.zeros(claim.array.shape)


def _one_of_several(claim: Claim) -> Told | None:
    """One backward pass's gradient, where there were several."""
    if len(claim.trues) < len(("this", "another")) or not any(map(claim.fits, claim.trues)):
        return None
    message = f"this is one backward pass's gradient; `.grad` is the sum of {len(claim.trues)}"
    return "grad-accumulated", message, {"passes": len(claim.trues)}


TESTS: Final[tuple[Callable[[Claim], Told | None], ...]] = (
    _random,
    _hooked,
    _changed,
    _detached,
    _one_of_several,
)
