"""What a script's numbers are held against: the true gradients of its backward passes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, final

import numpy as np

from gradverify.arrays import EPS, Array, Values, largest
from gradverify.errors import Mark
from gradverify.program.evaluate import run_steps, widened
from gradverify.program.program import Snippet
from gradverify.tape.event import Event
from gradverify.tape.script import Entry, Put, Repeat, Said, Script
from gradverify.tape.shown import Shown, Trained
from gradverify.tape.tensor import Grad, Part
from gradverify.verdict.gradients import COMPOSED, Assessment
from gradverify.verdict.parties import MEASURED
from gradverify.verdict.tolerance import PLACES, tolerance
from gradverify.verdict.truth import Truth
from gradverify.verdict.verdict import About, Status

TAPE: Final = "tape"
STATED: Final = "stated"
MARGIN: Final = 64.0
"""How many times as far as runs with rounding at random what others show may drift."""
TELLING: Final = 0.01
"""Where rounding moves a number by more than this share, nothing is told by it."""


@final
@dataclass(frozen=True, slots=True)
class TrueGrad:
    """The gradient of one backward pass by one tensor, and what rounding is allowed."""

    array: Array
    allowed: Array


@final
@dataclass(frozen=True, slots=True)
class Sitting:
    """One doing of a script: what the model predicts, what others showed, and what is true.

    `truths` has, by backward pass and by key, the gradients that are known entry by entry;
    `values` what every tensor held when an entry's turn came. `made` are the keys of non-leaves,
    `tracked` those of tensors that require a gradient. `aside` is what entries show where rounding
    falls otherwise, and `trajectories` how loops go by other oracles' gradients.
    """

    script: Script
    predicted: Mapping[int, Shown]
    shown: Mapping[str, Mapping[int, Shown]]
    origins: Mapping[tuple[int, int | None, str], Grad | None]
    events: Mapping[int, Event]
    truths: Mapping[int, Mapping[str, TrueGrad]]
    values: Mapping[int, Values]
    made: frozenset[str]
    tracked: frozenset[str]
    aside: Mapping[int, tuple[Shown, ...]]
    trajectories: Mapping[int, Mapping[str, Trained]]

    @property
    def witness(self) -> Mapping[int, Shown]:
        """What really was shown: by torch where it took part, else what the model predicts."""
        return self.shown.get("torch", self.predicted)


def at(position: int, step: int | None = None) -> str:
    """Return where in a script something is."""
    return f"tape step {position}" + ("" if step is None else f", step {step} of the loop")


def about(
    party: str, of: str, entry: Entry, step: int | None = None, mark: Mark | None = None
) -> About:
    """Return whom a finding at an entry, or at a step of its loop, is about."""
    return About(party, of, mark or entry.mark, at(entry.position, step))


@final
@dataclass(frozen=True, slots=True)
class Reference:
    """What a gradient that is read should be; `exact` says that it is the true gradient itself.

    `blurred` says that the number cannot be known.
    """

    array: Array
    allowed: Array
    because: str
    exact: bool
    blurred: bool


def reference(sitting: Sitting, key: str, grad: Grad) -> Reference:
    """Return what a gradient made of some backward passes should read."""
    dtype = sitting.script.kinds[key].dtype
    places = PLACES * float(np.finfo(dtype).eps)
    found = [true_part(sitting, part, key) for part in grad.parts]
    known = [item for item in found if item is not None]
    true = None
    if len(known) == len(found):
        true = sum((item.array for item in known), np.zeros(grad.array.shape))
    allowed = sum((item.allowed for item in known), np.zeros(grad.array.shape))
    blurred = any(part.unsure or part.random for part in grad.parts)
    if true is not None and not any(_is_altered(part) for part in grad.parts):
        allowed = allowed + places * largest(true) * (len(grad.parts) > 1)
        return Reference(true, allowed, _because(grad), exact=True, blurred=blurred)
    # what the tape makes of other values is rounded as the true gradient is, in proportion
    scale = largest(grad.array) / (largest(true) or 1.0) if true is not None else 0.0
    size = len(sitting.script.kinds)
    allowed = allowed * max(1.0, scale) + size * places * largest(grad.array)
    because = "rounding of the same backward pass"
    array = grad.array.astype(np.float64)
    return Reference(array, allowed, because, exact=False, blurred=blurred)


def true_part(sitting: Sitting, part: Part, key: str) -> TrueGrad | None:
    """Return the true gradient of one backward pass by a tensor, None where it is not known."""
    event = sitting.events.get(part.event)
    if event is None:
        return None
    if key not in event.program.names:
        zeros = np.zeros(sitting.script.kinds[key].shape)
        return TrueGrad(zeros, zeros)
    return sitting.truths.get(part.event, {}).get(key)


def coarsest(script: Script, key: str) -> float:
    """Return the unit in the last place of 1 in the narrowest format that a tensor comes from.

    Where new values were put somewhere, that is any format of the script.
    """
    put = any(isinstance(entry.act, Put | Repeat) for entry in script.entries)
    keys = [*script.kinds] if put else _origins(script, key)
    dtypes = [script.kinds[it].dtype for it in keys if it in script.kinds]
    return max((float(np.finfo(it).eps) for it in dtypes if it.kind == "f"), default=EPS)


def _origins(script: Script, key: str) -> set[str]:
    """Return the keys of all that a tensor was made of."""
    steps = (*script.start, *(step for entry in script.entries for step in entry.records))
    found = {key}
    for step in reversed(steps):
        if step.output in found:
            found |= {*step.reads}
    return found


def _is_altered(part: Part) -> bool:
    return part.changed or part.unsure or part.random or part.hooked


def _because(grad: Grad) -> str:
    if not grad.parts:
        return "zeroed"
    return "rounding" if len(grad.parts) == 1 else f"rounding, {len(grad.parts)} passes added up"


def true_grads(
    assessment: Assessment, names: Mapping[str, str], variables: Mapping[str, str]
) -> Mapping[str, TrueGrad]:
    """Return the gradients that one backward pass's judgement stands on.

    `names` has the values by their tensors' keys, and `variables` what authors call the values.
    """
    found: dict[str, TrueGrad] = {}
    for key, value in names.items():
        ground = assessment.grounds.get(value)
        if ground is None or not ground.truth.confirmed:
            continue
        if not _is_choice(assessment, ground.truth, variables[value]):
            dtype = np.dtype(np.float64)
            allowed = tolerance(ground.truth, dtype, None, ground.stated).allowed
            found[key] = TrueGrad(ground.truth.array, allowed)
    return found


def _is_choice(assessment: Assessment, truth: Truth, of: str) -> bool:
    """Whether a tape may show another gradient than differences measured: at a kink it chooses."""
    told = [v for v in assessment.verdicts if v.of == of and v.party != MEASURED]
    parted = [v for v in told if v.status is Status.DISAGREE]
    kinked = any(probe.kinked for probe in truth.probes) and not parted
    return truth.refuted and (kinked or any(v.because == COMPOSED for v in told))


def stated(sitting: Sitting, position: int, said: Said) -> Array:
    """Return the numbers that a statement comes to, in float64 and of the tensor's shape."""
    shape = sitting.script.kinds[said.variable.key].shape
    worth = said.worth
    if not isinstance(worth, Snippet):
        return np.broadcast_to(np.asarray(worth, np.float64), shape)
    env = {
        key: array.astype(np.float64) if array.dtype.kind == "f" else array
        for key, array in sitting.values[position].items()
    }
    run_steps(widened(worth.steps), env)
    return np.broadcast_to(np.asarray(env[worth.outputs[said.variable.of]]), shape)


def brief(array: Array) -> str:
    """Return an array in a few characters: its one number, or its largest and its shape."""
    if array.size and bool(np.all(array == array.flat[0])):
        return f"{float(array.flat[0]):.6g}" + (" in every entry" if array.size > 1 else "")
    return f"{largest(array):.4g} at most, of shape {array.shape}"
