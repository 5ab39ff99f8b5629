# jax's own types are partial:
# pyright: basic, reportMissingImports=false
"""What people test of a rule for a gradient, and what `gradverify` tests of it."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import Array
from smoothmax import smooth_max

import gradverify


def drawn(*shape: int) -> Array:
    """Return numbers of both signs."""
    return jnp.asarray(np.random.default_rng(0).normal(size=shape).astype(np.float32))


def total(x: Array, temperature: Array) -> Array:
    """Return the sum of all smooth maxima."""
    return jnp.sum(smooth_max(x, temperature))


def plain_total(x: Array, temperature: Array) -> Array:
    """Return the same, as jax differentiates it."""
    return jnp.sum(temperature * jax.nn.logsumexp(x / temperature, axis=-1))


def test_its_gradient_is_that_of_jax() -> None:
    inputs = drawn(6, 6), jnp.float32(0.5)
    ours = jax.grad(total, (0, 1))(*inputs)
    theirs = jax.grad(plain_total, (0, 1))(*inputs)
    for own, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(own, other, rtol=1e-4, atol=1e-5)


@pytest.mark.gradverify
def test_its_gradient_is_right_for_rows() -> None:
    gradverify.assert_gradients(smooth_max, (drawn(6, 6), jnp.float32(0.5)))


@pytest.mark.gradverify
def test_its_gradient_is_right_under_jit_where_one_entry_wins() -> None:
    gradverify.assert_gradients(jax.jit(smooth_max), (20 * drawn(2, 3, 6), jnp.float32(0.5)))
