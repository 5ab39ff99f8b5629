# jax's own types are partial, and the file must also pass where jax is not installed:
# pyright: basic, reportMissingImports=false
"""An input is made again as it was given: its format, its place, how it joins other formats."""

from typing import Any, Final

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from gradverify.oracles.jax_leaf import dtype_of, is_complex, is_floating, leaf_of, maker_of

HALF: Final = jnp.bfloat16
TWO: Final = np.array(2.0)


@pytest.mark.parametrize(
    ("value", "dtype", "eps"),
    [
        (jnp.ones(1), "float32", 2.0**-23),
        (jnp.ones(1, HALF), "bfloat16", 2.0**-7),
        (jnp.ones(1, jnp.float16), "float16", 2.0**-10),
        (np.ones(1), "float32", 2.0**-23),
        (np.float64(1), "float32", 2.0**-23),
        (1.0, "float32", 2.0**-23),
    ],
)
def test_a_floating_value_has_the_format_that_jax_gives_it(
    value: Any, dtype: str, eps: float
) -> None:
    leaf = leaf_of("x", value, dtype_of(value))
    assert is_floating(value)
    assert (leaf.dtype, leaf.eps) == (dtype, eps)
    assert leaf.primal.dtype == np.float64


def test_a_primal_is_rounded_to_its_format() -> None:
    assert leaf_of("x", 0.1, dtype_of(0.1)).primal == np.float32(0.1)
    with jax.enable_x64(new_val=True):
        assert leaf_of("x", 0.1, dtype_of(0.1)).primal == 0.1


@pytest.mark.parametrize(
    "value", [1, True, "tanh", None, jnp.arange(2), jax.random.key(0), np.ones(1, bool), len]
)
def test_what_has_no_gradient_is_not_floating(value: Any) -> None:
    assert not is_floating(value)
    assert not is_complex(value)


@pytest.mark.parametrize("value", [1j, np.ones(1, complex), jnp.ones(1, jnp.complex64)])
def test_complex_numbers_are_told_from_real_ones(value: Any) -> None:
    assert is_complex(value)
    assert not is_floating(value)


def test_an_array_is_made_in_its_own_format_or_in_float64() -> None:
    maker = maker_of(jnp.ones((), HALF))
    assert dtype_of(maker.made(TWO, wide=False)) == HALF
    with jax.enable_x64(new_val=True):
        assert dtype_of(maker.made(TWO, wide=True)) == np.float64


def test_a_python_float_and_a_weak_array_take_the_format_of_what_they_meet() -> None:
    half = jnp.ones(2, HALF)
    for value in (1.5, jnp.full(2, 1.5)):
        made = maker_of(value).made(np.full(np.shape(value), 2.0), wide=False)
        assert (half * made).dtype == HALF
        assert float(jnp.sum(made)) == 2.0 * np.size(value)
    strong = maker_of(jnp.array([1.5, 1.5])).made(np.full(2, 2.0), wide=False)
    assert (half * strong).dtype == np.float32


def test_an_array_that_was_put_somewhere_is_put_there_again() -> None:
    free, put = jnp.ones(2), jax.device_put(jnp.ones(2), jax.devices()[0])
    for array, committed in ((free, False), (put, True)):
        made = maker_of(array).made(np.ones(2), wide=False)
        assert isinstance(made, jax.Array)
        assert made.committed is committed


def test_an_array_shares_no_memory_with_its_primal() -> None:
    primal = np.ones(64)
    with jax.enable_x64(new_val=True):
        made = maker_of(jnp.ones(64)).made(primal, wide=True)
        primal[:] = 2.0
        assert np.asarray(made).tolist() == [1.0] * 64
