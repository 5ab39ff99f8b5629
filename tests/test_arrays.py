"""Arrays that every stage shares are read-only, and their sizes neither overflow nor underflow."""

import numpy as np
import pytest

from gradverify.arrays import frozen, largest, length


def test_whoever_writes_into_a_frozen_array_fails() -> None:
    view = frozen(np.ones(3))
    with pytest.raises(ValueError, match="read-only"):
        view[0] = 2
    assert view.tolist() == [1, 1, 1]
    copy = view.copy()
    copy[0] = 2  # control: a copy is its owner's


@pytest.mark.parametrize(
    ("array", "size"), [([], 0.0), ([-3.0, 2.0], 3.0), (7.0, 7.0), ([[0, -1]], 1.0)]
)
def test_the_largest_magnitude_is_zero_for_nothing(array: object, size: float) -> None:
    assert largest(np.asarray(array)) == size


def test_nan_is_larger_than_everything() -> None:
    assert np.isnan(largest(np.array([1.0, np.nan, np.inf])))
    assert np.isnan(length(np.array([1.0, np.nan])))
    assert length(np.array([1.0, -np.inf])) == np.inf


@pytest.mark.parametrize("scale", [1e-320, 1e-200, 1e-160, 1.0, 1e160, 1e300])
def test_a_length_neither_overflows_nor_underflows(scale: float) -> None:
    found = length(scale * np.array([[3.0], [4.0]]))
    assert abs(found / scale - 5) < (0.01 if scale < 1e-310 else 1e-14)


def test_the_length_of_nothing_is_zero() -> None:
    assert length(np.array([])) == length(np.zeros(4)) == 0.0
