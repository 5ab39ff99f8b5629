"""The classifier: affine, relu, affine, cross entropy."""

import numpy as np

from network.layers import (
    Array,
    affine,
    affine_backward,
    cross_entropy,
    cross_entropy_backward,
)


def loss(x: Array, y: Array, w1: Array, b1: Array, w2: Array, b2: Array) -> float:
    """Return the cross entropy of the classes y (n, k), one-hot, of the rows of x (n, m)."""
    hidden = affine(x, w1, b1)
    return cross_entropy(affine(np.maximum(hidden, 0), w2, b2), y)


def loss_backward(
    ct: float, out: float, x: Array, y: Array, w1: Array, b1: Array, w2: Array, b2: Array
) -> dict[str, Array]:
    """Return the gradients of weights and biases by name."""
    hidden = affine(x, w1, b1)
    active = np.maximum(hidden, 0)
    z = affine(active, w2, b2)
    grad_z, _ = cross_entropy_backward(ct, out, z, y)
    grad_active, grad_w2, grad_b2 = affine_backward(grad_z, z, active, w2, b2)
    grad_hidden = grad_active * (hidden > 0)
    _, grad_w1, grad_b1 = affine_backward(grad_hidden, hidden, x, w1, b1)
    return {"w1": grad_w1, "b1": grad_b1, "w2": grad_w2, "b2": grad_b2}
