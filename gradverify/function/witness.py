"""Another gradient of the same function: of a reference, or of the framework's own derivative."""

from dataclasses import dataclass
from typing import Final, final

import numpy as np

from gradverify.arrays import EPS, Array, largest
from gradverify.function.asking import Asking
from gradverify.function.line import Line
from gradverify.function.reading import Claimed, Reading, hold
from gradverify.function.trial import Trial
from gradverify.oracles.function import Form, Function
from gradverify.oracles.guard import Raised, guarded
from gradverify.verdict.truth import Outcome
from gradverify.verdict.verdict import Finding

ORDERS: Final = 2.0**14  # roundings by which two frameworks' values may differ
REFERENCE: Final = "reference"


@final
@dataclass(frozen=True, slots=True)
class Witness:
    """What another function says at the same point: a trial of its own, and its readings."""

    trial: Trial
    readings: tuple[Reading, ...]

    @property
    def right(self) -> bool:
        """Whether every line confirms its gradient."""
        kinds = [reading.outcome for reading in self.readings]
        return bool(kinds) and all(kind is Outcome.FITS for kind in kinds)


def witness(trial: Trial, function: Function, lines: tuple[Line, ...]) -> Witness | Finding:
    """Return what another function claims, or a finding where it is not the same function.

    It is held against the same lines: those of the function under examination.
    """
    if len(function.leaves) != len(trial.names):
        said = f"takes {len(function.leaves)} inputs with a gradient, not {len(trial.names)}"
        return _said(trial, "shape-differs", said)
    ask = Asking(function, trial.ask.seed, trial.ask.around, wide=trial.ask.wide)
    values = guarded(lambda: ask.values(trial.primals))
    if isinstance(values, Raised):
        return _said(trial, "gradient-missing", f"raised {values.reason}")
    flat = np.concatenate([np.ravel(value) for value in values[0]])
    other = Trial(ask, trial.point, trial.weights, trial.primals, ignored=trial.ignored)
    other.said = REFERENCE
    differs = _values_differ(trial, flat, values[1])
    if differs is not None:
        return differs
    claimed = guarded(lambda: other.again(0, form=Form(wide=ask.wide)))
    if isinstance(claimed, Raised):
        return _said(trial, "gradient-missing", f"raised {claimed.reason}")
    if len(claimed.absent) == len(trial.names):
        return Witness(other, ())  # it has values and claims no gradient
    other.claimed[0] = claimed
    return Witness(other, tuple(hold(line, Claimed(claimed.flat, 0)) for line in lines))


def _values_differ(trial: Trial, flat: Array, eps: float) -> Finding | None:
    value = trial.point.value
    if flat.shape != value.shape:
        return _said(trial, "values-differ", f"{flat.size} numbers for {value.size}")
    allowed = ORDERS * max(eps, EPS) * max(largest(value), largest(flat))
    gap = np.abs(flat - value)
    if np.all(gap <= allowed):
        return None
    at = int(np.argmax(np.where(np.isnan(gap), np.inf, gap)))
    said = f"the values differ: {flat[at]:.9g} where the function has {value[at]:.9g}"
    details = {"claimed": float(flat[at]), "true": float(value[at]), "kind": "value"}
    return _said(trial, "values-differ", said, details)


def _said(
    trial: Trial, code: str, said: str, details: dict[str, float | str] | None = None
) -> Finding:
    other = Trial(trial.ask, trial.point, trial.weights, trial.primals)
    other.said = REFERENCE
    return other.finding(code, None, said, details)
