# jax's own types are partial:
# pyright: basic, reportMissingImports=false
"""The maximum over the last axis, smoothed by a temperature: t · log(sum(exp(x / t)))."""

from typing import TypeAlias

import jax
import jax.numpy as jnp
from jax import Array

Residuals: TypeAlias = tuple[Array, Array]
"""What the forward pass keeps: the weight of each entry, and the entropy of each row's weights."""


@jax.custom_vjp
def smooth_max(x: Array, temperature: Array) -> Array:
    """Return the smooth maximum of each row of x, shape (..., n), at one temperature above 0."""
    return forward(x, temperature)[0]


def forward(x: Array, temperature: Array) -> tuple[Array, Residuals]:
    """Return the smooth maxima, and what the backward pass needs."""
    largest = jnp.max(x, axis=-1, keepdims=True)
    powers = jnp.exp((x - largest) / temperature)
    total = jnp.sum(powers, axis=-1, keepdims=True)
    weights = powers / total
    mean = jnp.sum(weights * (x - largest), axis=-1) / temperature
    entropy = jnp.log(total[..., 0]) - mean
    return largest[..., 0] + temperature * jnp.log(total[..., 0]), (weights, entropy)


def backward(kept: Residuals, ct: Array) -> tuple[Array, Array]:
    """Return the gradients of x and of the temperature, for a cotangent of the maxima's shape."""
    weights, entropy = kept
    return ct[..., None] * weights, jnp.sum(ct * entropy)


smooth_max.defvjp(forward, backward)
