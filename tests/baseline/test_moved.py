"""Two prints of one array tell whether it moved, by how much, and where."""

from dataclasses import replace
from math import inf, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradverify.baseline.model import Print, size_of
from gradverify.baseline.moved import UNITS, eps_of, moved

ARRAY = Print((10,), "float64", 1e-12, 0, (0.1, -0.2), ((3, 2.0), (7, -1.0)))


def shifted(by: float) -> Print:
    (k, value), *others = ARRAY.probes
    return replace(ARRAY, probes=((k, value + by), *others))


def test_the_same_bits_did_not_move() -> None:
    assert moved(ARRAY, replace(ARRAY)) is None


@given(st.floats(2.1e-12, 1.0))
def test_what_is_beyond_both_bars_did(by: float) -> None:
    found = moved(ARRAY, shifted(by))
    assert found is not None
    assert found.index == 3
    assert found.times == pytest.approx(by / 2e-12, rel=1e-3)
    assert found.by == pytest.approx(by / (2.0 + by), rel=1e-3)
    assert moved(shifted(by), ARRAY) is not None


@given(st.floats(0, 1.9e-12))
def test_what_is_within_them_did_not(by: float) -> None:
    assert moved(ARRAY, shifted(by)) is None


def test_a_bar_can_be_blurred() -> None:
    assert moved(ARRAY, shifted(9e-12), 8.0) is None
    assert moved(ARRAY, shifted(9e-12)) is not None


def test_a_mean_shows_what_no_entry_does() -> None:
    found = moved(ARRAY, replace(ARRAY, projections=(0.1, -0.3)))
    assert found is not None
    assert (found.index, found.before, found.now) == (None, -0.2, -0.3)
    assert moved(ARRAY, replace(ARRAY, projections=(0.1, -0.3), nonfinite=1)) is None


def test_entries_that_only_one_has_are_not_compared() -> None:
    assert moved(ARRAY, replace(ARRAY, probes=((4, 9.0), (7, -1.0)))) is None


@pytest.mark.parametrize("bar", [inf, nan])
def test_a_bar_that_is_no_number_allows_everything(bar: float) -> None:
    assert moved(ARRAY, replace(shifted(1.0), bar=bar)) is None


@pytest.mark.parametrize(("before", "now"), [(1.0, nan), (nan, 1.0), (inf, -inf), (inf, 1.0)])
def test_what_is_no_number_moved_without_measure(before: float, now: float) -> None:
    one, other = (replace(ARRAY, probes=((0, value), (7, -1.0))) for value in (before, now))
    found = moved(one, other)
    assert found is not None
    assert found.times == inf
    assert moved(one, replace(one)) is None


def test_units_of_rounding_are_nothing() -> None:
    exact = replace(ARRAY, bar=0.0)
    few = UNITS * 2.0**-52
    assert moved(exact, replace(shifted(1.9 * few), bar=0.0)) is None
    assert moved(exact, replace(shifted(2.2 * few), bar=0.0)) is not None


def test_the_coarsest_format_counts_and_a_strange_one_is_float64() -> None:
    assert eps_of("float64", "float16") == 2.0**-10
    assert eps_of("float8") == eps_of() == 2.0**-52


def test_the_size_is_that_of_the_largest_finite_entry() -> None:
    assert size_of(ARRAY) == 2.0
    assert size_of(replace(ARRAY, probes=((0, inf), (1, nan), (2, -3.0)))) == 3.0
    assert size_of(replace(ARRAY, probes=())) == 0.0
