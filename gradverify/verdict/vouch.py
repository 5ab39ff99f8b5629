"""Where differences cannot tell: libraries that derived the same gradient by themselves."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from gradverify.arrays import Array, Dtype, largest
from gradverify.oracles.enclosure import Enclosure
from gradverify.oracles.oracle import Gradients
from gradverify.verdict.compare import Ground
from gradverify.verdict.parties import RELATED
from gradverify.verdict.tolerance import tolerance
from gradverify.verdict.truth import Outcome, covered, read


def vouched(name: str, ground: Ground, answers: Mapping[str, Gradients], dtype: Dtype) -> Ground:
    """Return a ground that independent derivations confirm, or replace where the rules are refuted.

    Differences are blind to a gradient below the noise of its loss. Where they do not
    contradict the rules, and every other library whose gradient is finite and derived by itself
    agrees with them to rounding, that is evidence enough to call the rest right; it is none for
    calling anybody wrong.
    """
    truth = ground.truth
    others = [a for a in _libraries(name, answers) if np.all(np.isfinite(a))]  # NaN: no witness
    if truth.confirmed or not others:
        return ground
    if truth.refuted:
        return _replaced(ground, others, dtype)
    if not all(_agrees(array, ground, dtype) for array in others):
        return ground
    return replace(ground, truth=replace(truth, confirmed=True))


def contradicted(
    name: str, ground: Ground, answers: Mapping[str, Gradients], rules: Enclosure, dtype: Dtype
) -> bool:
    """Whether differences refute what the rules and every library, each by itself, agree on.

    Then the function is more likely to be beyond differences than all of them to be wrong alike.
    """
    others = _libraries(name, answers)
    if not ground.truth.refuted or not others:
        return False
    rad = np.where(np.isfinite(rules.rad), rules.rad, 0.0)
    allowed = 2 * rad + 8 * float(np.finfo(dtype).eps) * largest(rules.mid)
    alike = (a.shape == rules.mid.shape and np.abs(a - rules.mid) <= allowed for a in others)
    return all(bool(np.all(same)) for same in alike)


def silenced(ground: Ground, rules: Enclosure) -> Ground:
    """Return a ground whose lines say nothing, so that nobody is called right or wrong by them."""
    truth = ground.truth
    found = replace(
        truth,
        array=rules.mid,
        radius=rules.rad,
        probes=tuple(replace(probe, bar=np.inf) for probe in truth.probes),
        readings=tuple(
            replace(reading, outcome=Outcome.SILENT, allowed=np.inf) for reading in truth.readings
        ),
        confirmed=False,
        contradicted=True,
    )
    return replace(ground, truth=found)


def _libraries(name: str, answers: Mapping[str, Gradients]) -> list[Array]:
    """Return the gradients by a value of those who derived it by themselves."""
    return [a.wrt[name] for party, a in answers.items() if party not in RELATED and name in a.wrt]


def _replaced(ground: Ground, others: Sequence[Array], dtype: Dtype) -> Ground:
    """Return a ground whose truth is another library's gradient, if every line confirms it.

    The rules are wrong then, and only with an array to compare can be said where and why.
    """
    truth = ground.truth
    for array in others:
        if array.shape != ground.primal.shape:
            continue
        if _agrees(array, ground, dtype):  # it is as blurred as the rules, and no better
            return ground
        places = 4 * float(np.finfo(dtype).eps) * largest(array)
        radius = np.fmax(np.where(np.isfinite(truth.radius), truth.radius, 0.0), places)
        readings = tuple(read(p, array, radius, truth.rounding) for p in truth.probes)
        refuted = any(r.outcome is Outcome.REFUTED for r in readings)
        if not refuted and covered(truth.probes, readings):
            other = array.astype(np.float64)
            found = replace(truth, array=other, radius=radius, readings=readings, confirmed=True)
            return replace(ground, truth=found)
    return ground


def _agrees(array: Array, ground: Ground, dtype: Dtype) -> bool:
    if array.shape != ground.primal.shape:
        return False
    allowed = tolerance(ground.truth, dtype, None, None)
    gap = np.abs(array.astype(np.float64) - ground.truth.array)
    return bool(np.all(gap <= allowed.allowed)) and allowed.bluntness <= 1
