"""Small networks, differentiated by hand from end to end."""

from typing import Final

from benchmarks.wrong_gradients.namespaces import Array, Space
from benchmarks.wrong_gradients.subject import FACTOR, MASK, SUM, Subject, Wrong, drawn


def _two_layers(n: int) -> dict[str, tuple[int, ...]]:
    side = max(1, round((n / 5) ** 0.5))
    return {
        "x": (2 * side, side), "w1": (side, side), "b1": (side,), "w2": (side, side), "b2": (side,)
    }  # fmt: skip


def _weights(n: int) -> dict[str, tuple[int, ...]]:
    side = max(1, round((n / 4) ** 0.5))
    return {"x": (2 * side, side), "w1": (side, side), "w2": (side, side)}


def _recurrent(n: int) -> dict[str, tuple[int, ...]]:
    side = max(1, round((n / 6) ** 0.5))
    return {"x": (3, side, side), "u": (side, side), "w": (side, side), "h": (side, side)}


def _t(xp: Space, x: Array) -> Array:
    return xp.matrix_transpose(x)


def _tanh_net(xp: Space, *inputs: Array) -> Array:
    x, w1, b1, w2, b2 = inputs
    root = x.shape[-1] ** 0.5
    return xp.tanh(x @ w1 / root + b1) @ w2 / root + b2


def _tanh_net_vjp(xp: Space, ct: Array, _out: Array, *inputs: Array) -> tuple[Array, ...]:
    x, w1, b1, w2, _b2 = inputs
    root = x.shape[-1] ** 0.5
    h = xp.tanh(x @ w1 / root + b1)
    z = (ct @ _t(xp, w2) / root) * (1.0 - h * h)
    ct_w1, ct_w2 = _t(xp, x) @ z / root, _t(xp, h) @ ct / root
    return z @ _t(xp, w1) / root, ct_w1, xp.sum(z, axis=0), ct_w2, xp.sum(ct, axis=0)


def _tanh_net_no_slope(xp: Space, ct: Array, _out: Array, *inputs: Array) -> tuple[Array, ...]:
    x, w1, _b1, w2, _b2 = inputs
    right = _tanh_net_vjp(xp, ct, _out, *inputs)
    root = x.shape[-1] ** 0.5
    z = ct @ _t(xp, w2) / root
    return z @ _t(xp, w1) / root, _t(xp, x) @ z / root, xp.sum(z, axis=0), *right[3:]


def _tanh_net_first_bias(xp: Space, ct: Array, _out: Array, *inputs: Array) -> tuple[Array, ...]:
    return *_tanh_net_vjp(xp, ct, _out, *inputs)[:4], ct[0]


def _tanh_net_weights(xp: Space, ct: Array, _out: Array, *inputs: Array) -> tuple[Array, ...]:
    ct_x, ct_w1, ct_b1, ct_w2, ct_b2 = _tanh_net_vjp(xp, ct, _out, *inputs)
    return ct_x, ct_w2, ct_b1, ct_w1, ct_b2


def _relu_loss(xp: Space, x: Array, w1: Array, w2: Array) -> Array:
    """Return the mean square of a relu network, the tutorial of every framework."""
    return xp.mean((xp.maximum(x @ w1, 0.0 * (x @ w1)) @ w2) ** 2)


def _relu_loss_by(xp: Space, ct: Array, inputs: tuple[Array, ...], rule: str) -> tuple[Array, ...]:
    x, w1, w2 = inputs
    h = x @ w1
    active = xp.maximum(h, 0.0 * h)
    y = active @ w2
    ct_y = (1.0 if rule == "half" else 2.0) * ct * y / (y.shape[0] * y.shape[1])
    ct_h = ct_y @ _t(xp, w2)
    mask = ct_h if rule == "cotangent" else h
    ct_h = ct_h if rule == "none" else xp.where(mask > 0, ct_h, 0.0 * ct_h)
    return ct_h @ _t(xp, w1), _t(xp, x) @ ct_h, _t(xp, active) @ ct_y


def _relu_loss_vjp(xp: Space, ct: Array, _out: Array, *inputs: Array) -> tuple[Array, ...]:
    return _relu_loss_by(xp, ct, inputs, "right")


def _relu_loss_ct_mask(xp: Space, ct: Array, _out: Array, *inputs: Array) -> tuple[Array, ...]:
    return _relu_loss_by(xp, ct, inputs, "cotangent")


def _relu_loss_no_mask(xp: Space, ct: Array, _out: Array, *inputs: Array) -> tuple[Array, ...]:
    return _relu_loss_by(xp, ct, inputs, "none")


def _relu_loss_half(xp: Space, ct: Array, _out: Array, *inputs: Array) -> tuple[Array, ...]:
    return _relu_loss_by(xp, ct, inputs, "half")


def _residual(xp: Space, x: Array, w1: Array, w2: Array) -> Array:
    root = x.shape[-1] ** 0.5
    return x + xp.sin(x @ w1 / root) @ w2 / root


def _residual_vjp(xp: Space, ct: Array, _out: Array, *inputs: Array) -> tuple[Array, ...]:
    x, w1, w2 = inputs
    root = x.shape[-1] ** 0.5
    a = x @ w1 / root
    z = (ct @ _t(xp, w2) / root) * xp.cos(a)
    return ct + z @ _t(xp, w1) / root, _t(xp, x) @ z / root, _t(xp, xp.sin(a)) @ ct / root


def _residual_no_skip(xp: Space, ct: Array, _out: Array, *inputs: Array) -> tuple[Array, ...]:
    right = _residual_vjp(xp, ct, _out, *inputs)
    return right[0] - ct, *right[1:]


def _residual_skip_alone(xp: Space, ct: Array, _out: Array, *inputs: Array) -> tuple[Array, ...]:
    return ct, *_residual_vjp(xp, ct, _out, *inputs)[1:]


def _rnn(xp: Space, *inputs: Array) -> Array:
    x, u, w, h = inputs
    root = u.shape[0] ** 0.5
    for step in range(3):
        h = xp.tanh((x[step] @ u + h @ w) / root)
    return h


def _rnn_back(xp: Space, ct: Array, inputs: tuple[Array, ...], steps: int) -> tuple[Array, ...]:
    """Go back through `steps` of the three steps."""
    x, u, w, h = inputs
    root = u.shape[0] ** 0.5
    states = [h]
    for step in range(3):
        states.append(xp.tanh((x[step] @ u + states[-1] @ w) / root))
    ct_x, ct_u, ct_w = [0.0 * h] * 3, 0.0 * u, 0.0 * w
    for step in (2, 1, 0)[:steps]:
        z = ct * (1.0 - states[step + 1] * states[step + 1]) / root
        ct_x[step] = z @ _t(xp, u)
        ct_u, ct_w = ct_u + _t(xp, x[step]) @ z, ct_w + _t(xp, states[step]) @ z
        ct = z @ _t(xp, w)
    return xp.stack(ct_x), ct_u, ct_w, ct if steps == 3 else 0.0 * ct  # noqa: PLR2004 - all steps


def _rnn_vjp(xp: Space, ct: Array, _out: Array, *inputs: Array) -> tuple[Array, ...]:
    return _rnn_back(xp, ct, inputs, 3)


def _rnn_truncated(xp: Space, ct: Array, _out: Array, *inputs: Array) -> tuple[Array, ...]:
    return _rnn_back(xp, ct, inputs, 2)


def _rnn_last_alone(xp: Space, ct: Array, _out: Array, *inputs: Array) -> tuple[Array, ...]:
    right = _rnn_vjp(xp, ct, _out, *inputs)
    last = _rnn_back(xp, ct, inputs, 1)
    return right[0], last[1], last[2], right[3]


def _autoencoder(xp: Space, x: Array, w: Array) -> Array:
    """Return the squared error of tied weights: w is used twice."""
    d = xp.tanh(x @ w) @ _t(xp, w) - x
    return 0.5 * xp.sum(d * d) / x.shape[0]


def _autoencoder_vjp(xp: Space, ct: Array, _out: Array, x: Array, w: Array) -> tuple[Array, ...]:
    h = xp.tanh(x @ w)
    d = ct * (h @ _t(xp, w) - x) / x.shape[0]
    z = (d @ w) * (1.0 - h * h)
    return z @ _t(xp, w) - d, _t(xp, x) @ z + _t(xp, d) @ h


def _autoencoder_one_use(
    xp: Space, ct: Array, _out: Array, x: Array, w: Array
) -> tuple[Array, ...]:
    h = xp.tanh(x @ w)
    d = ct * (h @ _t(xp, w) - x) / x.shape[0]
    return ((d @ w) * (1.0 - h * h)) @ _t(xp, w) - d, _t(xp, d) @ h


def _autoencoder_target(xp: Space, ct: Array, _out: Array, x: Array, w: Array) -> tuple[Array, ...]:
    right = _autoencoder_vjp(xp, ct, _out, x, w)
    d = ct * (xp.tanh(x @ w) @ _t(xp, w) - x) / x.shape[0]
    return right[0] + d, right[1]


def _tied(n: int) -> dict[str, tuple[int, ...]]:
    side = max(2, round((n / 2) ** 0.5))
    return {"x": (side, side), "w": (side, max(1, side // 2))}


NETWORKS: Final = (
    Subject("tanh-network", _tanh_net, _tanh_net_vjp, drawn(_two_layers), (
        Wrong("slope-of-tanh-left-out", _tanh_net_no_slope),
        Wrong("bias-of-the-first-row", _tanh_net_first_bias, SUM),
        Wrong("weights-crossed", _tanh_net_weights, frozenset({"inputs-swapped"})),
    )),
    Subject("relu-loss", _relu_loss, _relu_loss_vjp, drawn(_weights), (
        Wrong("masked-by-the-cotangent", _relu_loss_ct_mask, MASK),
        Wrong("no-mask", _relu_loss_no_mask),
        Wrong("no-two", _relu_loss_half, FACTOR),
    )),
    Subject("residual", _residual, _residual_vjp, drawn(_weights), (
        Wrong("no-skip", _residual_no_skip),
        Wrong("skip-alone", _residual_skip_alone),
    )),
    Subject("rnn", _rnn, _rnn_vjp, drawn(_recurrent), (
        Wrong("one-step-short", _rnn_truncated),
        Wrong("weights-of-the-last-step", _rnn_last_alone),
    )),
    Subject("autoencoder", _autoencoder, _autoencoder_vjp, drawn(_tied), (
        Wrong("one-use-of-two", _autoencoder_one_use),
        Wrong("target-held-constant", _autoencoder_target),
    )),
)  # fmt: skip
