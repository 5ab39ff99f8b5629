"""One training loop as it went, and what its updates read."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, final

import numpy as np

from gradverify.arrays import EPS, Array, largest
from gradverify.tape.script import Entry, Repeat, Variable
from gradverify.tape.shown import Trained
from gradverify.tape.tensor import Grad
from gradverify.verdict.findings import finding
from gradverify.verdict.tape_ground import (
    MARGIN,
    TAPE,
    TELLING,
    Sitting,
    TrueGrad,
    about,
    at,
    coarsest,
    true_part,
)
from gradverify.verdict.tolerance import PLACES
from gradverify.verdict.verdict import Finding, Status, Verdict, Worst

UPDATE: Final = "update"
HOOKED: Final = "a hook put this in the place of the gradient"


@final
@dataclass(frozen=True, slots=True)
class Loop:
    """One loop as it went: by the witness, by the model, and where rounding fell otherwise."""

    entry: Entry
    act: Repeat
    really: Trained
    predicted: Trained
    aside: tuple[Trained, ...]
    eps: float
    least: float

    @property
    def of(self) -> str:
        """The loss, as its author calls it."""
        return self.act.backward.variable.of

    @property
    def where(self) -> str:
        """The place in the script."""
        return at(self.entry.position)

    def drift(self) -> Array:
        """Return by how much of the loss rounding may have moved each step's, so far."""
        if not self.aside:  # nobody knows
            return np.full(len(self.predicted.losses), np.inf)
        runs = [self.predicted.losses, *(other.losses for other in self.aside)]
        count = min(map(len, runs))
        mine, *others = (np.array(losses[:count]) for losses in runs)
        moved = np.array([gaps(other, mine, self.least) for other in others or [mine]])
        return MARGIN * (np.maximum.accumulate(moved.max(axis=0)) + EPS) + PLACES * self.eps


def gaps(theirs: Array, mine: Array, least: float) -> Array:
    """Return by how much of its size each loss differs; infinite where one is no number.

    What is less than the least normal number some take for zero, as XLA does.
    """
    with np.errstate(all="ignore"):
        gaps = np.nan_to_num(np.abs(theirs - mine) / sizes(mine), nan=np.inf)
        gaps[(theirs == mine) | (np.abs(theirs - mine) <= least)] = 0.0
    return gaps


def sizes(losses: Array) -> Array:
    """Return the size of each loss; one that is zero is held against the largest before it."""
    sizes = np.abs(losses)
    largest_yet = np.maximum.accumulate(sizes)
    return np.where(sizes > 0, sizes, np.where(largest_yet > 0, largest_yet, 1.0))


def loop_of(sitting: Sitting, entry: Entry) -> Loop | None:
    """Return a loop that was begun, None for all other entries."""
    position = entry.position
    if not isinstance(entry.act, Repeat) or position not in sitting.witness:
        return None
    really, predicted = sitting.witness[position].trained, sitting.predicted[position].trained
    if really is None or predicted is None:
        return None
    aside = tuple(it.trained for it in sitting.aside.get(position, ()) if it.trained is not None)
    key = entry.act.backward.variable.key
    dtype, eps = sitting.script.kinds[key].dtype, coarsest(sitting.script, key)
    least = float(np.finfo(dtype).tiny) if dtype.kind == "f" else 0.0
    return Loop(entry, entry.act, really, predicted, aside, eps, least)


def judge_updates(sitting: Sitting, loop: Loop, step: int) -> Iterator[Verdict | Finding]:
    """Hold the gradients that an update read against the true ones at the same weights."""
    if loop.act.by_hand:
        return
    for item in loop.act.update.variables:
        grad = sitting.origins.get((loop.entry.position, step, item.key))
        if grad is None or not grad.parts:
            continue
        true = true_part(sitting, grad.parts[-1], item.key)
        if true is None and len(grad.parts) == 1:
            continue
        verdict = _update(loop, item, step, (grad, true))
        yield verdict
        if verdict.status is Status.DISAGREE:
            yield _wrong_update(loop, item, step, len(grad.parts))
        elif true is not None:
            yield from _torch_update(loop, item, step, true.allowed)


def _update(loop: Loop, item: Variable, step: int, read: tuple[Grad, TrueGrad | None]) -> Verdict:
    """Return the verdict on the gradient that an update read, which is to be one pass's."""
    grad, true = read
    where, count = at(loop.entry.position, step), len(grad.parts)
    if true is None:
        because = f"the sum of {count} backward passes"
        return Verdict(TAPE, UPDATE, item.of, Status.DISAGREE, np.inf, 0.0, because, None, where)
    if count == 1 and grad.parts[0].hooked:
        return Verdict(TAPE, UPDATE, item.of, Status.AGREE, 0.0, 0.0, HOOKED, None, where)
    gap = np.abs(grad.array - true.array)
    fits = count == 1 and bool(np.all(gap <= true.allowed))
    index = np.unravel_index(int(np.argmax(gap)), gap.shape) if gap.size else ()
    place = tuple(int(k) for k in index)
    worst = Worst(place, float(grad.array[place]), float(true.array[place])) if gap.size else None
    scale = largest(true.array) or 1.0
    numbers = (largest(gap) / scale, largest(true.allowed) / scale)
    status = Status.AGREE if fits else Status.DISAGREE
    because = "the gradient that the update read, at the same weights"
    return Verdict(TAPE, UPDATE, item.of, status, *numbers, because, worst, where)


def _wrong_update(loop: Loop, item: Variable, step: int, passes: int) -> Finding:
    whom = about(TAPE, item.of, loop.entry, step)
    if passes > 1:
        never = f"the loop never zeroes `{item.of}.grad`; add `zero: {item.of}`"
        early = f"nobody zeroed `{item.of}.grad` before the loop"
        message = (
            f"at step {step} of the loop the update of `{item.of}` reads the sum of {passes} "
            f"backward passes: {early if step == 0 else never}"
        )
        details = {"kind": UPDATE, "step": step, "passes": passes}
        return finding("grad-accumulated", whom, message, details)
    message = f"at step {step} of the loop the update of `{item.of}` reads another gradient"
    return finding("mismatch", whom, message, {"kind": UPDATE, "step": step})


def _torch_update(
    loop: Loop, item: Variable, step: int, allowed: Array
) -> Iterator[Verdict | Finding]:
    """Hold what torch's update read against the model's, whose weights are a rounding away."""
    runs = (loop.really, loop.predicted, *loop.aside)
    shots = [run.snapshots.get(step) for run in runs]
    grads = [shot.grads.get(item.of) if shot else None for shot in shots]
    drift = loop.drift()
    told = step < drift.size and drift[step] <= TELLING
    if loop.really is loop.predicted or not told or any(grad is None for grad in grads):
        return
    really, mine, *aside = (np.asarray(grad, np.float64) for grad in grads)
    slack = allowed + MARGIN * max((largest(other - mine) for other in aside), default=0.0)
    scale = largest(mine) or 1.0
    gap = np.abs(really - mine)
    fits = bool(np.all(gap <= slack))
    numbers = (largest(gap) / scale, largest(slack) / scale)
    status = Status.AGREE if fits else Status.DISAGREE
    where = at(loop.entry.position, step)
    because = "rounding since the loop began"
    yield Verdict("torch", UPDATE, item.of, status, *numbers, because, None, where)
    if not fits:
        message = f"at step {step} of the loop torch's `{item.of}.grad` is not what the tape gives"
        whom = about("torch", item.of, loop.entry, step)
        yield finding("mismatch", whom, message, {"kind": UPDATE, "step": step})
