"""A fingerprint is the same for the same bits, everywhere, and another for another array."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradverify.verdict.imprint import CHUNK, PROBES, PROJECTIONS, fingerprint


def test_small_arrays_keep_every_entry() -> None:
    found = fingerprint("torch", "gradient", "x", np.array([[1.5, -2.0]], dtype=np.float32))
    assert (found.shape, found.dtype, found.size) == ((1, 2), "float32", 2.0)
    assert found.probes == ((0, 1.5), (1, -2.0))


def test_the_largest_entry_is_a_probe() -> None:
    array = np.linspace(0.0, 1.0, 1000)
    array[617] = -9.0
    found = fingerprint("rules", "gradient", "w", array)
    assert found.probes[0] == (617, -9.0)
    assert len(found.probes) == PROBES


def test_projections_do_not_depend_on_numpy_or_the_machine() -> None:
    found = fingerprint("rules", "gradient", "w", np.arange(10.0))
    assert [value.hex() for value in found.projections] == PINNED


PINNED = ["-0x1.ccccccccccccep-1", "-0x1.6666666666669p-1"]


@given(st.integers(0, 2 * CHUNK), st.floats(1e-6, 1e6))
def test_one_entry_that_moves_moves_a_projection(where: int, by: float) -> None:
    array = np.zeros(2 * CHUNK + 1)
    before = fingerprint("torch", "gradient", "x", array).projections
    array[where] = by
    after = fingerprint("torch", "gradient", "x", array).projections
    assert np.abs(np.subtract(after, before)) == pytest.approx([by / array.size] * PROJECTIONS)


def test_what_is_not_finite_is_counted_and_left_out_of_the_projections() -> None:
    whole = np.array([1.0, 2.0, 0.0])
    found = fingerprint("jax", "gradient", "x", np.array([1.0, 2.0, np.nan]))
    assert found.nonfinite == 1
    assert found.projections == fingerprint("jax", "gradient", "x", whole).projections
    assert found.size == 2.0


def test_an_empty_array_has_one() -> None:
    found = fingerprint("jax", "gradient", "x", np.zeros((0, 3)))
    assert (found.shape, found.size, found.probes) == ((0, 3), 0.0, ())
