"""Where differences cannot tell: libraries that derived the same gradient by themselves."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from gradverify.arrays import Array, Dtype
from gradverify.oracles.oracle import Gradients
from gradverify.verdict.compare import Ground
from gradverify.verdict.parties import RELATED
from gradverify.verdict.tolerance import tolerance


def vouched(name: str, ground: Ground, answers: Mapping[str, Gradients], dtype: Dtype) -> Ground:
    """Return a ground that independent derivations confirm where differences cannot tell.

    Differences are blind to a gradient below the noise of its loss. Where they do not contradict the
    rules, and every other library that derives the gradient by itself agrees with them to rounding,
    that is evidence enough to call the rest right; it is none for calling anybody wrong.
    """
    truth = ground.truth
    if truth.confirmed or truth.refuted:
        return ground
    others = [a.wrt[name] for p, a in answers.items() if p not in RELATED and name in a.wrt]
    if not others or not all(_agrees(array, ground, dtype) for array in others):
        return ground
    return replace(ground, truth=replace(truth, confirmed=True))


def _agrees(array: Array, ground: Ground, dtype: Dtype) -> bool:
    if array.shape != ground.primal.shape:
        return False
    allowed = tolerance(ground.truth, dtype, None, None)
    gap = np.abs(array.astype(np.float64) - ground.truth.array)
    return bool(np.all(gap <= allowed.allowed)) and allowed.bluntness <= 1
