# what users hand over is of any type, which a strict checker does not let pass:
# pyright: basic
"""What is drawn follows from the seed and a name, is exact, and moves nothing out of its domain."""

from collections.abc import Callable

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradverify.arrays import Array
from gradverify.function.draws import (
    cotangent,
    even_direction,
    generator,
    own_direction,
    own_scale,
    power,
    powers,
    rounded,
    shares,
    typical,
)
from tests.function.functions import normal

NUMBERS = st.floats(1e-300, 1e300)


def test_a_name_has_a_stream_of_its_own() -> None:
    first, again = generator(3, "x").random(4), generator(3, "x").random(4)
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, generator(3, "y").random(4))
    assert not np.array_equal(first, generator(4, "x").random(4))


@pytest.mark.parametrize("direction", [own_direction, even_direction])
def test_another_input_changes_nobody_elses_direction(direction: Callable[..., Array]) -> None:
    x, w = normal(5), normal(3, seed=1)
    np.testing.assert_array_equal(
        direction(["x"], [x], 0), direction(["w", "x"], [w, x], 0)[w.size :]
    )
    assert not np.array_equal(direction(["x"], [x], 0), direction(["x"], [x], 1))


def test_a_step_along_a_direction_is_exact() -> None:
    x = rounded(normal(1000), float(np.finfo(np.float32).eps))
    own = own_direction(["x"], [x], 0)
    for step in (2.0**-3, 2.0**-20):
        moved = x + step * own
        np.testing.assert_array_equal((moved - x) / step, own)


def test_one_direction_moves_each_entry_by_a_share_of_itself_and_one_all_alike() -> None:
    x = normal(200) * 10.0 ** np.random.default_rng(1).uniform(-3, 3, 200)
    own, even = own_direction(["x"], [x], 0), even_direction(["x"], [x], 0)
    assert np.all((np.abs(own) > 0) & (np.abs(own) <= np.abs(x)))
    assert np.max(np.abs(even)) <= 2 * np.min(np.abs(even))
    assert np.any(np.abs(even) > np.abs(x))


def test_what_is_zero_is_moved_and_what_is_not_finite_stands_still() -> None:
    scale = own_scale(np.array([4.0, 0.0, np.nan, np.inf, -4.0]))
    assert scale[1] > 0
    np.testing.assert_array_equal(scale[[0, 2, 3, 4]], [4.0, 0.0, 0.0, 4.0])


@settings(derandomize=True, max_examples=50, deadline=None)
@given(NUMBERS)
def test_a_power_is_the_one_below(number: float) -> None:
    below = power(number)
    assert below <= number < 2 * below
    assert np.frexp(below)[0] == 0.5
    assert powers(np.array([-number]))[0] in {below, 0.0}


@pytest.mark.parametrize(
    ("numbers", "found"),
    [([0.0, 0.0], 1.0), ([5.0, 0.0, -6.0, 7.0], 4.0), ([np.nan, np.inf, 3.0], 2.0), ([], 1.0)],
)
def test_what_is_typical_is_the_median_of_what_is_not_zero(
    numbers: list[float], found: float
) -> None:
    assert typical(np.array(numbers)) == found


def test_shares_have_both_signs_and_are_never_small() -> None:
    drawn = shares(1000, generator(0, "x"))
    assert np.all((np.abs(drawn) >= 0.5) & (np.abs(drawn) < 1))
    assert 400 < np.sum(drawn > 0) < 600


@pytest.mark.parametrize(
    ("digits", "dtype"), [(8, ml_dtypes.bfloat16), (11, np.float16), (24, np.float32)]
)
def test_a_cotangent_is_exact_in_the_narrowest_format(digits: int, dtype: type) -> None:
    (drawn,) = cotangent([normal(500)], 0, 1.0, digits)
    np.testing.assert_array_equal(drawn, drawn.astype(dtype).astype(np.float64))
    assert np.any(drawn != 1.0)
    assert np.all((np.abs(drawn) >= 0.5) & (np.abs(drawn) <= 4))


def test_a_larger_output_is_weighed_less_and_another_seed_weighs_otherwise() -> None:
    small, large = cotangent([normal(50), 64 * normal(50)], 0, 1.0, 53)
    assert np.max(np.abs(large)) < np.min(np.abs(small))
    (other,) = cotangent([normal(50)], 1, 1.0, 53)
    assert not np.array_equal(small, other)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_rounded_numbers_have_the_digits_of_their_format(dtype: type) -> None:
    numbers = np.random.default_rng(2).normal(size=100)
    found = rounded(numbers, float(np.finfo(dtype).eps))
    np.testing.assert_array_equal(found, numbers.astype(dtype).astype(np.float64))
