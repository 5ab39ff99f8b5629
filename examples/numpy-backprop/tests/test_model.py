"""What people test of a network: that it learns."""

import numpy as np
from network.layers import weight_decay
from network.model import loss, loss_backward


def test_it_learns_to_tell_two_clouds_of_points() -> None:
    rng = np.random.default_rng(0)
    x = np.concatenate([rng.normal(-1, 1, (50, 2)), rng.normal(1, 1, (50, 2))])
    y = np.eye(2)[np.repeat([0, 1], 50)]
    weights = {
        "w1": rng.normal(size=(2, 8)),
        "b1": np.zeros(8),
        "w2": rng.normal(size=(8, 2)),
        "b2": np.zeros(2),
    }
    before = loss(x, y, **weights)
    for _ in range(100):
        gradients = loss_backward(1.0, before, x, y, **weights)
        weights = {name: value - 0.5 * gradients[name] for name, value in weights.items()}
    assert loss(x, y, **weights) < 0.6 * before


def test_the_decay_of_weights_is_half_the_sum_of_squares() -> None:
    assert weight_decay(np.array([[1.0, 2.0], [3.0, 4.0]])) == 15.0
