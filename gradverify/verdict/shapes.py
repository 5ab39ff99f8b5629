"""Gradients whose shape is not their variable's, and what was forgotten on the way."""

import numpy as np

from gradverify.arrays import Array
from gradverify.verdict.compare import Ground
from gradverify.verdict.findings import finding
from gradverify.verdict.subject import Subject
from gradverify.verdict.tolerance import tolerance
from gradverify.verdict.verdict import Finding, Status, Verdict


def fits(subject: Subject) -> bool:
    """Whether a gradient has its variable's shape."""
    return subject.claimed.array.shape == subject.ground.primal.shape


def judge_shape(subject: Subject) -> tuple[Verdict, Finding]:
    """Return the verdict and the finding for a gradient of the wrong shape."""
    claimed, expected = subject.claimed, subject.ground.primal.shape
    message = f"a gradient of shape {claimed.array.shape} for a variable of shape {expected}"
    details = {"shape": str(claimed.array.shape), "expected": str(expected)}
    because = f"shape {claimed.array.shape}, not {expected}"
    verdict = Verdict(
        claimed.party, "gradient", claimed.of, Status.DISAGREE, np.inf, 0.0, because, None
    )
    code = _code(claimed.array, subject.ground)
    return verdict, finding(code, subject.about, message, details)


def _code(array: Array, ground: Ground) -> str:
    """Return the code that explains a wrong shape, if one operation makes the array right."""
    if array.shape == ground.truth.array.T.shape and _is_true(array.T, ground):
        return "transposed"
    return "broadcast-not-summed" if _sums_to_truth(array, ground) else "shape-differs"


def _sums_to_truth(array: Array, ground: Ground) -> bool:
    extra = array.ndim - ground.primal.ndim
    if extra < 0:
        return False
    summed = array.sum(axis=tuple(range(extra)))
    axes = tuple(k for k, n in enumerate(ground.primal.shape) if n == 1)
    summed = summed.sum(axis=axes, keepdims=True)
    return summed.shape == ground.primal.shape and _is_true(summed, ground)


def _is_true(array: Array, ground: Ground) -> bool:
    allowed = tolerance(ground.truth, np.dtype(np.float64), None, None).allowed
    return bool(np.all(np.abs(array - ground.truth.array) <= 4 * allowed))
