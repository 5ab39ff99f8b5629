"""Elementary functions at the edges of their domains, and beside written numbers."""

import numpy as np
import pytest

from gradverify.arrays import Array
from gradverify.ops.elementwise import abs_vjp, sign_vjp, signs, sqrt_vjp
from gradverify.ops.table import OPS


def power_vjp(x: Array | float, y: Array | float) -> tuple[Array | None, ...]:
    op = OPS["power"]
    out = op.primal(x, y)
    assert op.vjp is not None
    return op.vjp(np.ones_like(out), out, x, y)


@pytest.mark.parametrize(("y", "slope"), [(0, 0.0), (1, 1.0), (2, 0.0), (3, 0.0), (2.0, 0.0)])
def test_a_power_of_zero_has_a_slope(y: float, slope: float) -> None:
    x = np.zeros(1)
    by_x, by_y = power_vjp(x, y)
    assert by_x is not None
    assert np.array_equal(by_x, [slope])
    assert by_y is None


@pytest.mark.parametrize("y", [0.0, 1.0, 2.5])
def test_the_exponent_of_zero_has_no_slope(y: float) -> None:
    _, by_y = power_vjp(np.zeros(1), np.array([y]))
    assert np.array_equal(np.asarray(by_y), [0.0])


def test_zero_to_an_array_of_zeros_is_flat() -> None:
    by_x, _ = power_vjp(np.zeros(1), np.zeros(1))
    assert by_x is not None
    assert np.array_equal(by_x, [0.0])


def test_a_negative_base_has_a_slope_by_itself() -> None:
    by_x, by_y = power_vjp(np.array([-2.0]), 2)
    assert by_x is not None
    assert np.array_equal(by_x, [-4.0])
    assert by_y is None


def test_a_number_as_base_keeps_the_dtype_of_the_exponent() -> None:
    y = np.array([3.0], np.float32)
    _, by_y = power_vjp(2.0, y)
    assert by_y is not None
    assert by_y.dtype == np.float32
    assert np.allclose(by_y, 8 * np.log(2))


def test_the_magnitude_is_flat_at_zero_and_nowhere_else() -> None:
    x = np.array([-2.0, 0.0, 3.0])
    assert np.array_equal(abs_vjp(np.ones(3), np.abs(x), x)[0], [-1.0, 0.0, 1.0])


def test_a_sign_is_flat_but_not_zero() -> None:
    x = np.array([-2.0, 0.0, np.nan])
    assert np.array_equal(signs(x), [-1.0, 0.0, np.nan], equal_nan=True)
    assert np.array_equal(sign_vjp(np.ones(3), signs(x), x)[0], np.zeros(3))


def test_a_root_is_infinitely_steep_at_zero() -> None:
    with np.errstate(divide="ignore"):
        assert np.isinf(sqrt_vjp(np.ones(1), np.zeros(1), np.zeros(1))[0])
    assert np.array_equal(sqrt_vjp(np.ones(1), np.ones(1), np.ones(1))[0], [0.5])
