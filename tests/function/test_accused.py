"""An explanation of a wrong gradient must fit every look, and the claim must not."""

import numpy as np
import pytest

from tests.function.functions import (
    accused_of,
    changed,
    claims_for,
    layer,
    layer_vjp,
    normal,
    square,
    square_vjp,
    twice,
)

X, W = normal(5, 3), normal(3, 4, seed=1)


def test_the_right_gradient_explains_a_wrong_one() -> None:
    accused = accused_of(layer, changed(layer_vjp, twice), X, W)
    assert accused.explained_by(claims_for(accused, layer_vjp, X, W))


@pytest.mark.parametrize("factor", [1.0, 2.0, 1 + 1e-6, np.nan])
def test_what_is_not_right_explains_nothing(factor: float) -> None:
    accused = accused_of(layer, changed(layer_vjp, twice), X, W)
    right = claims_for(accused, layer_vjp, X, W)
    candidates = [(1 if factor == 1 else factor) * claim for claim in right]
    assert accused.explained_by(candidates) is (factor == 1)


def test_a_right_claim_needs_no_explanation() -> None:
    accused = accused_of(layer, layer_vjp, X, W)
    assert not accused.explained_by(accused.claims)


def test_gaps_of_the_right_gradient_are_within_what_is_allowed() -> None:
    accused = accused_of(layer, changed(layer_vjp, twice, leaf=1), X, W, leaf=1)
    off, may = accused.gaps(claims_for(accused, layer_vjp, X, W))
    assert off.shape == may.shape == (len(accused.looks), len(accused.claims))
    assert np.all(np.abs(off) <= may)
    wrong, _ = accused.gaps(accused.claims)
    assert np.all(np.abs(wrong) > 1000 * may)


def test_a_leaf_keeps_its_shape() -> None:
    accused = accused_of(layer, layer_vjp, X, W, leaf=1)
    assert (accused.shape, accused.size) == ((3, 4), 12)
    np.testing.assert_array_equal(accused.shaped(1).ravel(), accused.claims[1])


def test_the_worst_entry_is_the_one_that_is_furthest_from_the_truth() -> None:
    accused = accused_of(square, square_vjp, X)
    truth = accused.claims[0].copy()
    truth[[2, 7]] += 1e-3, -2.0
    assert accused.worst(truth) == 7
    truth[4] = np.nan
    assert accused.worst(truth) == 4
    assert accused.worst(accused.claims[0]) == 0
