# torch's own types are partial, and the file must also pass where torch is not installed:
# pyright: basic, reportMissingImports=false
"""A script done by torch and by the model, and every difference between what the two show."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, cast, final

import numpy as np

from gradverify.arrays import Array
from gradverify.oracles.torch_autograd import one_thread
from gradverify.oracles.torch_tape import TorchTape, tape_of
from gradverify.tape.grad_fns import kind_of
from gradverify.tape.model import OR, TapeModel, model_of
from gradverify.tape.perform import perform, unwatched
from gradverify.tape.script import Computed, Cotangent, Differentiate, Entry, Read
from gradverify.tape.shown import Shown, Trained
from gradverify.tape.tape import Tape
from gradverify.tape.tensor import Grad
from tests.tape.scripts import script_of

TAME: Final = 1e6
"""Beyond, two right formulas part, and the comparison ends."""

ROUNDING: Final = {"float16": 3e-2, "float32": 1e-4, "": 1e-9}
"""What the narrowest dtype of a script excuses."""


@final
@dataclass(slots=True)
class Known:
    """A tape model that notes until where every number in it is known."""

    model: TapeModel
    until: float = np.inf

    def __getattr__(self, name: str) -> Any:
        return getattr(self.model, name)

    def put(self, key: str, value: Computed, *, no_grad: bool) -> None:
        """Put new entries, which are unknown where they come from unknown gradients."""
        reads = {value.output, *(name for step in value.steps for name in step.reads)}
        grads = [self.model.tensors[it[:-5]].grad for it in reads if it.endswith(".grad")]
        if not all(is_known(grad) for grad in grads):
            self.until = min(self.until, self.model.position)
        self.model.put(key, value, no_grad=no_grad)


@final
@dataclass(slots=True)
class Unshared:
    """Torch's tape, which notes until where no two gradients are one place in memory.

    A leaf takes the array that arrives for its own where it can. Where two leaves get views of one
    array, both take it (torch 2.13), and whatever is added to one gradient is added to the other.
    """

    tape: TorchTape
    position: int = 0
    until: float = np.inf

    def __getattr__(self, name: str) -> Any:
        return getattr(self.tape, name)

    def turn(self, position: int, step: int | None, *, snapshot: bool) -> None:
        """Note where the script is."""
        self.position = position
        self.tape.turn(position, step, snapshot=snapshot)

    def backward(self, key: str, cotangent: Cotangent, *, retain_graph: bool) -> None:
        """Go backward, and look at all gradients."""
        try:
            self.tape.backward(key, cotangent, retain_graph=retain_graph)
        finally:
            # to look at a view would change it
            found = [it for it in self.tape.env.values() if not it._is_view() and it.is_leaf]
            places = [it.grad.data_ptr() for it in found if it.grad is not None and it.numel()]
            if len(places) != len(set(places)):
                self.until = min(self.until, self.position)


def is_known(grad: Grad | None) -> bool:
    return grad is None or not any(part.unsure or part.random for part in grad.parts)


def differences(text: str) -> list[str]:
    """Return every difference, in the order of the script."""
    script, primals = script_of(text)
    model, tape = Known(model_of(script, primals)), Unshared(tape_of(script, primals))
    predicted = perform(cast("Tape", model), script, unwatched)
    with one_thread():
        real = perform(cast("Tape", tape), script, unwatched)
    rtol = next(rtol for dtype, rtol in ROUNDING.items() if dtype in text)
    found: list[str] = []
    for entry, one, other in zip(script.entries, predicted, real, strict=False):
        if not _is_tame(one) or one.position >= min(model.until, tape.until):
            return found
        sides = Sides(entry, model.model.origins, one, other, rtol)
        found += [f"step {entry.position}, {entry.verb}: {line}" for line in sides.differences()]
    if len(predicted) != len(real):
        found.append(f"{len(predicted)} steps, and {len(real)} of torch")
    return found


def _is_tame(shown: Shown) -> bool:
    arrays: list[Any] = [array for array in shown.numbers.values() if array is not None]
    if shown.trained:
        arrays += shown.trained.losses
    return all(np.all(np.abs(np.asarray(array, np.float64)) < TAME) for array in arrays)


@final
@dataclass(frozen=True, slots=True)
class Sides:
    """One entry as the model predicts it, and as torch shows it."""

    entry: Entry
    origins: Mapping[tuple[int, int | None, str], Grad | None]
    one: Shown
    other: Shown
    rtol: float

    def differences(self) -> Iterator[str]:
        """Every difference."""
        one, other = self.one, self.other
        if one.error != other.error:
            yield f"error {one.error!r}, of torch {other.error!r} ({other.message})"
        for name, flag in other.flags.items():
            if not same_flag(one.flags.get(name), flag):
                yield f"{name} {one.flags.get(name)}, of torch {flag}"
        for name, key in self.keys.items():
            if name in one.numbers and name in other.numbers:
                ours, theirs = one.numbers[name], other.numbers[name]
                yield from self.unlike(name, None, key, ours, theirs)
        if one.trained and other.trained:
            yield from self.loops(one.trained, other.trained)

    @property
    def keys(self) -> Mapping[str, str]:
        """The tensors that are read, and their keys."""
        act = self.entry.act
        said = act.said if isinstance(act, Read) else ()
        said = act.by if isinstance(act, Differentiate) else said
        return {item.variable.of: item.variable.key for item in said}

    def unlike(
        self, what: str, step: int | None, key: str, one: Array | None, other: Array | None
    ) -> Iterator[str]:
        """The difference of two numbers, of which one may be None."""
        known = is_known(self.origins.get((self.entry.position, step, key)))
        if not self.same(one, other, known=known):
            yield f"{what} {flat(one)}, of torch {flat(other)}"

    def same(self, one: Array | None, other: Array | None, *, known: bool) -> bool:
        """Whether two numbers are the same to rounding; of what is not known, whether they are."""
        if one is None or other is None:
            return one is other
        if one.dtype != other.dtype or one.shape != other.shape:
            return False
        if not known:
            return True
        scale = max(1.0, float(np.max(np.abs(other), initial=0.0)))
        return np.allclose(one, other, rtol=self.rtol, atol=self.rtol * scale, equal_nan=True)

    def loops(self, one: Trained, other: Trained) -> Iterator[str]:
        """Every difference between two courses of a loop."""
        if one.stopped != other.stopped:
            yield f"{one.stopped!r}, of torch {other.stopped!r}"
        if not self.same(np.array(one.losses), np.array(other.losses), known=True):
            yield f"losses {one.losses}, of torch {other.losses}"
        if one.snapshots.keys() != other.snapshots.keys():
            yield f"snapshots {[*one.snapshots]}, of torch {[*other.snapshots]}"
        for step in one.snapshots.keys() & other.snapshots.keys():
            ours, theirs = one.snapshots[step], other.snapshots[step]
            for key, array in theirs.weights.items():
                yield from self.unlike(f"weight {key}", step, "", ours.weights[key], array)
            for name, grad in theirs.grads.items():
                yield from self.unlike(f"grad {name}", step, name, ours.grads[name], grad)


def same_flag(one: Any, other: Any) -> bool:
    """Whether a flag is the same; of several kinds of `grad_fn` one must be torch's."""
    if isinstance(other, str):
        return isinstance(one, str) and kind_of(other) in one.split(OR)
    return one is other


def flat(array: Array | None) -> str:
    return "None" if array is None else f"{array.dtype}{array.shape} {np.ravel(array).tolist()}"
