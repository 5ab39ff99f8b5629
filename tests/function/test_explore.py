"""A strategy of inputs is searched for some with a wrong gradient, the simplest of them told."""

from typing import Any

import numpy as np
import pytest
from hypothesis import strategies as st

from gradverify.arrays import Array
from gradverify.function.explore import explored
from gradverify.function.made import Given
from gradverify.verdict.verdict import Status
from tests.function.functions import Vjp, square, square_vjp

NUMBERS = st.floats(-100, 100).map(lambda number: (np.array([number, 1.0]),))


def wrong_above(limit: float) -> Vjp:
    def vjp(ct: Array, out: Array, x: Array) -> Array:
        return square_vjp(ct, out, x) * np.where(x > limit, 1.5, 1.0)

    return vjp


def given(vjp: Vjp, forward: Any = square) -> Given:
    return Given(forward, (np.ones(2),), {}, vjp)


def test_inputs_with_a_wrong_gradient_are_found_and_told() -> None:
    found = explored(given(wrong_above(7.0)), NUMBERS, 0)
    assert found is not None
    assert found.status is Status.DISAGREE
    assert found.findings[0].message.endswith("; at inputs = (array([8., 1.]),)")


def test_a_right_gradient_is_right_for_all_of_them() -> None:
    assert explored(given(square_vjp), NUMBERS, 0) is None


def test_inputs_without_a_value_are_passed_over() -> None:
    def only_small(x: Array) -> Array:
        if np.any(x > 50):
            raise ValueError
        return np.where(x < 20, x * x, np.nan)

    assert explored(given(wrong_above(20.0), only_small), NUMBERS, 0) is None
    assert explored(given(wrong_above(7.0), only_small), NUMBERS, 0) is not None


@pytest.mark.parametrize("seed", [0, 5])
def test_the_same_seed_finds_the_same(seed: int) -> None:
    one, other = (explored(given(wrong_above(7.0)), NUMBERS, seed) for _ in range(2))
    assert one is not None
    assert repr(one) == repr(other)


def test_long_inputs_are_not_told_whole() -> None:
    strategy = st.just((np.arange(1.0, 900.0),))
    found = explored(given(wrong_above(0.0)), strategy, 0)
    assert found is not None
    assert len(found.findings[0].message) < 1000
