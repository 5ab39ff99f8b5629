"""Losses are their definitions, and refuse what would silently mean something else."""

import numpy as np
import pytest

from gradverify.arrays import Shape
from gradverify.ops.loss import TargetRangeError, cross_entropy, mse_loss
from gradverify.ops.op import ShapeMismatch
from gradverify.ops.table import OPS

LOGITS = np.array([[1.0, 2.0, 0.5], [0.0, -1.0, 3.0]])
COSTS = [
    -np.log(np.exp(row[n]) / np.sum(np.exp(row))) for row, n in zip(LOGITS, (2, 0), strict=True)
]


def test_cross_entropy_is_minus_the_logarithm_of_the_targets_share() -> None:
    target = np.array([2, 0])
    assert np.allclose(cross_entropy(LOGITS, target, reduction="none"), COSTS)
    assert np.isclose(cross_entropy(LOGITS, target, reduction="sum"), np.sum(COSTS))
    assert np.isclose(cross_entropy(LOGITS, target), np.mean(COSTS))
    assert np.isclose(cross_entropy(LOGITS[0], np.asarray(2)), COSTS[0])


def test_mse_loss_is_the_mean_of_squares() -> None:
    x, y = np.array([1.0, 2.0]), np.array([3.0, 5.0])
    assert mse_loss(x, y) == 6.5
    assert mse_loss(x, y, reduction="sum") == 13.0
    assert np.array_equal(mse_loss(x, y, reduction="none"), [4.0, 9.0])


@pytest.mark.parametrize("target", [[3, 0], [0, -1]])
def test_a_target_that_is_no_class_is_refused(target: list[int]) -> None:
    with pytest.raises(TargetRangeError, match="targets of 3 classes lie between 0 and 2"):
        _ = cross_entropy(LOGITS, np.array(target))


@pytest.mark.parametrize(
    ("op", "shapes", "sentence"),
    [
        ("mse_loss", [(2, 1), (2,)], "mse_loss takes two arrays of one shape, not (2, 1) and (2,)"),
        (
            "cross_entropy",
            [(2, 3), (3,)],
            "logits of shape (2, 3) take targets of shape (2,), not (3,)",
        ),
        ("cross_entropy", [(), ()], "cross_entropy takes logits of one or two axes, not ()"),
    ],
)
def test_shapes_that_do_not_match_are_named(op: str, shapes: list[Shape], sentence: str) -> None:
    with pytest.raises(ShapeMismatch) as caught:
        _ = OPS[op].shape(*shapes)
    assert str(caught.value) == sentence
