"""The radius of a ufunc holds whatever its operands' radii allow, and libraries' own rounding."""

from collections.abc import Callable

import numpy as np
import pytest

from gradverify.arrays import Array
from gradverify.oracles.balls import Ball
from gradverify.oracles.radii import (
    CERTAIN,
    ELEMENTARY,
    EXACT,
    RADII,
    ROUNDED_ONCE,
    growth,
    rounding,
    stored,
)

SINGLE = 2.0**-24
COUNT = 4000
POSITIVE = frozenset({np.log, np.sqrt, np.power})

every_ufunc = pytest.mark.parametrize("ufunc", RADII, ids=lambda ufunc: ufunc.__name__)


def drawn(ufunc: np.ufunc, rng: np.random.Generator) -> tuple[tuple[Array, ...], tuple[Array, ...]]:
    """Return midpoints and radii of operands, some of them as wide as what they are about."""
    shape = (COUNT, 3, 3) if ufunc is np.matmul else (COUNT,)
    mids = [rng.uniform(-3, 3, shape) for _ in range(ufunc.nin)]
    if ufunc in POSITIVE:
        mids[0] = np.abs(mids[0]) + 1e-9
    if ufunc is np.log1p:
        mids[0] = np.abs(mids[0]) - 0.9
    rads = [10.0 ** rng.uniform(-9, 0, shape) * np.abs(mid) for mid in mids]
    if ufunc is np.sqrt:
        rads[0] *= 10.0 ** rng.uniform(0, 3, shape)
    return tuple(mids), tuple(rads)


def moved_within(
    ufunc: np.ufunc, radius: Callable[..., Array] | None = None, *, seed: int = 3
) -> float:
    """Return the share of entries that stay within the radius when operands move within theirs."""
    rng = np.random.default_rng(seed)
    mids, rads = drawn(ufunc, rng)
    with np.errstate(all="ignore"):
        mid = ufunc(*mids)
        rad = (radius or RADII[ufunc])(mid, mids, rads)
        inside = np.ones(mid.shape, dtype=bool)
        for _ in range(20):
            pulls = [rng.choice((-1.0, 1.0, rng.uniform(-1, 1)), m.shape) for m in mids]
            found = ufunc(*(m + p * r for m, p, r in zip(mids, pulls, rads, strict=True)))
            slack = 1e-14 * (np.abs(mid) + np.abs(found)) + 1e-15
            inside &= np.isnan(found) | (np.abs(found - mid) <= rad + slack)
    return float(np.mean(inside))


@every_ufunc
def test_what_moves_within_the_operands_radii_stays_within_the_results(ufunc: np.ufunc) -> None:
    assert moved_within(ufunc) == 1.0


@every_ufunc
def test_half_the_radius_is_left(ufunc: np.ufunc) -> None:
    def half(*arguments: tuple[Array, ...]) -> Array:
        return RADII[ufunc](*arguments) / 2

    if ufunc is not np.sign:
        assert moved_within(ufunc, half) < 1.0


@pytest.mark.parametrize(("mid", "rad"), [(0.0, 1e-14), (1e-20, 1e-14), (0.0, 0.0), (4.0, 0.0)])
def test_a_root_near_zero_is_as_wide_as_the_root_of_the_radius(mid: float, rad: float) -> None:
    with np.errstate(all="ignore"):
        found = RADII[np.sqrt](np.sqrt(mid), (np.float64(mid),), (np.float64(rad),))
    assert abs(found - np.sqrt(rad)) <= 0.01 * np.sqrt(rad)


@pytest.mark.parametrize("ufunc", [np.divide, np.log, np.reciprocal])
def test_a_radius_that_reaches_a_pole_is_infinite(ufunc: np.ufunc) -> None:
    one, wide = np.float64(1.0), np.float64(2.0)
    with np.errstate(all="ignore"):
        assert RADII[ufunc](one, (one,) * ufunc.nin, (wide,) * ufunc.nin) == np.inf
        assert RADII[ufunc](one, (one,) * ufunc.nin, (wide / 4,) * ufunc.nin) < np.inf


@pytest.mark.parametrize("y", [0.5, -1.0])
def test_a_power_of_a_base_that_may_be_zero_is_unbounded_below_one(y: float) -> None:
    mids, rads = (np.float64(0.1), y), (np.float64(0.2), 0.0)
    with np.errstate(all="ignore"):
        assert RADII[np.power](np.float64(0.1**y), mids, rads) == np.inf
        assert RADII[np.power](np.float64(0.01), (mids[0], 2), rads) < 0.2


def elementwise_error(ufunc: np.ufunc) -> Array:
    """Return how far float32 results are from float64 ones, in units of the allowed rounding."""
    rng = np.random.default_rng(5)
    low = 1e-6 if ufunc in POSITIVE else -0.9 if ufunc is np.log1p else -9.0
    operands = [rng.uniform(low, 9.0, 200_000).astype(np.float32) for _ in range(ufunc.nin)]
    if ufunc is np.power:
        operands[1] = rng.uniform(-5, 5, 200_000).astype(np.float32)
    wide = tuple(operand.astype(np.float64) for operand in operands)
    mid = ufunc(*wide)
    off, allowed = (
        np.abs(ufunc(*operands) - mid),
        rounding(ufunc, Ball(mid, 0.0, SINGLE), mid, wide),
    )
    return np.divide(off, allowed, out=np.zeros_like(off), where=off > 0)


@pytest.mark.parametrize(
    "ufunc", [u for u in RADII if u is not np.matmul], ids=lambda u: u.__name__
)
def test_numpys_own_single_precision_is_within_the_rounding(ufunc: np.ufunc) -> None:
    with np.errstate(divide="ignore"):
        assert np.max(elementwise_error(ufunc)) <= 1.0


def test_the_rounding_is_not_absurdly_wide() -> None:
    # What is rounded once comes within a hundredth of its bound. Where a library may approximate
    # there is room for four places; XLA's expm1 needs more than three of them, numpy's sin one.
    for ufunc in RADII.keys() - EXACT - {np.matmul}:
        assert np.max(elementwise_error(ufunc)) >= (0.99 if ufunc in ROUNDED_ONCE else 0.1)


def test_four_units_in_the_last_place_are_eight_unit_roundoffs() -> None:
    worst = np.nextafter(np.float32(1), np.float32(2)) - np.float32(1)  # one place, at its widest
    assert 4 * worst == ELEMENTARY * SINGLE


@pytest.mark.parametrize("terms", [1, 10, 1000, 100_000])
def test_a_sum_in_the_worst_order_is_off_by_growth_at_most(terms: int) -> None:
    x = np.random.default_rng(terms).uniform(0, 1, terms).astype(np.float32)
    one_by_one = np.cumsum(x)[-1]
    off = abs(float(one_by_one) - float(np.sum(x.astype(np.float64))))
    assert off <= growth(terms, CERTAIN) * SINGLE * float(np.sum(np.abs(x.astype(np.float64))))


def test_without_growth_a_long_sum_is_further_off() -> None:
    x = np.full(100_000, 0.1, dtype=np.float32)
    exact = float(np.sum(x.astype(np.float64)))
    off = abs(float(np.cumsum(x)[-1]) - exact)
    assert SINGLE * exact < off <= growth(x.size, CERTAIN) * SINGLE * exact


def test_growth_is_the_certain_bound_while_that_is_smaller() -> None:
    assert [growth(n, CERTAIN) for n in (0, 1, 2, 64)] == [0, 1, 2, 64]
    assert growth(10_000, CERTAIN) == 800
    found = [growth(n, CERTAIN) for n in range(1, 2000)]
    assert found == sorted(found)


@pytest.mark.parametrize(("dtype", "unit"), [("float16", 2.0**-11), ("float32", SINGLE)])
def test_a_number_is_moved_when_its_format_cannot_hold_it(dtype: str, unit: float) -> None:
    values = np.array([0.1, 1e-3, 2.0**11 + 1, 1 / 3, np.pi])
    moved = np.abs(values.astype(dtype).astype(np.float64) - values)
    assert np.all(moved <= stored(values, unit))
    assert np.all(stored(values, unit) <= unit * values)
    held = np.array([0.0, 1.0, -0.5, 3.0, 1024.0, 2.0**-13, 1.5, np.inf])
    assert np.array_equal(stored(held, unit), np.zeros(8))


def test_in_double_precision_every_number_is_as_it_is_written() -> None:
    assert stored(0.1, 2.0**-53) == 0
    assert stored(2**53 + 1, 2.0**-54) == 0
    assert stored(1, SINGLE) == stored(2**24, SINGLE) == 0 < stored(2**24 + 1, SINGLE)


@pytest.mark.parametrize(("dtype", "unit"), [("float16", 2.0**-11), ("float32", SINGLE)])
def test_near_zero_a_format_loses_its_places_and_the_rounding_knows(
    dtype: str, unit: float
) -> None:
    x = np.linspace(1, 2, 1000).astype(dtype) * np.finfo(dtype).tiny
    y = np.full(1000, 1e-3).astype(dtype)
    mids = (x.astype(np.float64), y.astype(np.float64))
    mid = np.multiply(*mids)
    off = np.abs((x * y).astype(np.float64) - mid)
    assert np.all(off <= rounding(np.multiply, Ball(mid, 0.0, unit), mid, mids))
    assert np.any(off > 8 * unit * np.abs(mid))  # control: in places alone it would not be held


@pytest.mark.parametrize(("dtype", "unit"), [("float16", 2.0**-11), ("float32", SINGLE)])
def test_beyond_the_largest_number_of_a_format_there_is_no_bound(dtype: str, unit: float) -> None:
    largest = float(np.finfo(dtype).max)
    for mid, bounded in ((largest / 2, True), (largest * 2, False)):
        found = rounding(np.exp, Ball(mid, 0.0, unit), np.array(mid), (np.array(1.0),))
        assert np.isfinite(found) == bounded
