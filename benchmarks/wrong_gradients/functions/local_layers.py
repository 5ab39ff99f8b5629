"""Layers that look at windows and gates, and losses."""

from typing import Final

from benchmarks.wrong_gradients.namespaces import Array, Space
from benchmarks.wrong_gradients.subject import FACTOR, MASK, Subject, Wrong, drawn, pair, rows


def _signals(n: int) -> dict[str, tuple[int, ...]]:
    return {"x": (max(2, n // 80), max(3, min(n // 3, 80))), "w": (3,)}


def _windows(n: int) -> dict[str, tuple[int, ...]]:
    return {"x": (max(1, n // 100), max(4, min(100, n // 2 * 2)))}


def _images(n: int) -> dict[str, tuple[int, ...]]:
    side = max(3, round((n - 4) ** 0.5))
    return {"x": (side, side), "w": (2, 2)}


def _gates(n: int) -> dict[str, tuple[int, ...]]:
    return {"x": (max(1, n // 10), 10)}


def _sigmoid(xp: Space, x: Array) -> Array:
    return 0.5 * (1.0 + xp.tanh(0.5 * x))


def _conv(xp: Space, x: Array, w: Array) -> Array:
    """Correlate every row with three weights; zeros around, so that the length is kept."""
    n, padded = x.shape[1], xp.pad(x, 1, 1)
    return w[0] * padded[:, :n] + w[1] * x + w[2] * padded[:, 2:]


def _conv_vjp(xp: Space, ct: Array, _out: Array, x: Array, w: Array) -> tuple[Array, ...]:
    n, padded, ct_padded = x.shape[1], xp.pad(x, 1, 1), xp.pad(ct, 1, 1)
    ct_x = w[0] * ct_padded[:, 2:] + w[1] * ct + w[2] * ct_padded[:, :n]
    parts = [xp.sum(ct * padded[:, i : i + n]) for i in range(3)]
    return ct_x, xp.stack(parts)


def _conv_unflipped(xp: Space, ct: Array, _out: Array, x: Array, w: Array) -> tuple[Array, ...]:
    return _conv(xp, ct, w), _conv_vjp(xp, ct, _out, x, w)[1]


def _conv_flipped_w(xp: Space, ct: Array, _out: Array, x: Array, w: Array) -> tuple[Array, ...]:
    ct_x, ct_w = _conv_vjp(xp, ct, _out, x, w)
    return ct_x, xp.flip(ct_w, axis=0)


def _conv_border(xp: Space, ct: Array, _out: Array, x: Array, w: Array) -> tuple[Array, ...]:
    ct_x, ct_w = _conv_vjp(xp, ct, _out, x, w)
    return xp.concat([ct_x[:, :-1], w[1] * ct[:, -1:]], axis=1), ct_w


def _corners(x: Array) -> tuple[Array, ...]:
    return x[:-1, :-1], x[:-1, 1:], x[1:, :-1], x[1:, 1:]


def _image_conv(_xp: Space, x: Array, w: Array) -> Array:
    a, b, c, d = _corners(x)
    return w[0, 0] * a + w[0, 1] * b + w[1, 0] * c + w[1, 1] * d


def _image_conv_vjp(xp: Space, ct: Array, _out: Array, x: Array, w: Array) -> tuple[Array, ...]:
    row = xp.concat([0.0 * ct[:1], ct, 0.0 * ct[:1]], axis=0)
    d, c, b, a = _corners(xp.pad(row, 1, 1))
    ct_x = w[0, 0] * a + w[0, 1] * b + w[1, 0] * c + w[1, 1] * d
    sums = xp.stack([xp.sum(ct * corner) for corner in _corners(x)])
    return ct_x, xp.reshape(sums, (2, 2))


def _image_conv_w_transposed(
    xp: Space, ct: Array, _out: Array, x: Array, w: Array
) -> tuple[Array, ...]:
    ct_x, ct_w = _image_conv_vjp(xp, ct, _out, x, w)
    return ct_x, xp.matrix_transpose(ct_w)


def _image_conv_unflipped(
    xp: Space, ct: Array, _out: Array, x: Array, w: Array
) -> tuple[Array, ...]:
    _ct_x, ct_w = _image_conv_vjp(xp, ct, _out, x, w)
    return _image_conv_vjp(xp, ct, _out, x, xp.flip(w, axis=(0, 1)))[0], ct_w


def _max_pool(xp: Space, x: Array) -> Array:
    return xp.maximum(x[:, ::2], x[:, 1::2])


def _interleaved(xp: Space, even: Array, odd: Array) -> Array:
    return xp.reshape(xp.stack([even, odd], axis=-1), (even.shape[0], -1))


def _max_pool_vjp(xp: Space, ct: Array, _out: Array, x: Array) -> tuple[Array]:
    first = x[:, ::2] >= x[:, 1::2]
    return (_interleaved(xp, xp.where(first, ct, 0.0 * ct), xp.where(first, 0.0 * ct, ct)),)


def _max_pool_both(xp: Space, ct: Array, _out: Array, _x: Array) -> tuple[Array]:
    return (_interleaved(xp, ct, ct),)


def _max_pool_magnitude(xp: Space, ct: Array, _out: Array, x: Array) -> tuple[Array]:
    first = xp.abs(x[:, ::2]) >= xp.abs(x[:, 1::2])
    return (_interleaved(xp, xp.where(first, ct, 0.0 * ct), xp.where(first, 0.0 * ct, ct)),)


def _mean_pool(_xp: Space, x: Array) -> Array:
    return 0.5 * (x[:, ::2] + x[:, 1::2])


def _mean_pool_vjp(xp: Space, ct: Array, _out: Array, _x: Array) -> tuple[Array]:
    return (_interleaved(xp, 0.5 * ct, 0.5 * ct),)


def _mean_pool_sum(xp: Space, ct: Array, _out: Array, _x: Array) -> tuple[Array]:
    return (_interleaved(xp, ct, ct),)


def _glu(xp: Space, x: Array) -> Array:
    return x[:, :5] * _sigmoid(xp, x[:, 5:])


def _glu_vjp(xp: Space, ct: Array, _out: Array, x: Array) -> tuple[Array]:
    s = _sigmoid(xp, x[:, 5:])
    return (xp.concat([ct * s, ct * x[:, :5] * s * (1.0 - s)], axis=1),)


def _glu_one_factor(xp: Space, ct: Array, _out: Array, x: Array) -> tuple[Array]:
    s = _sigmoid(xp, x[:, 5:])
    return (xp.concat([ct * s, ct * x[:, :5] * s], axis=1),)


def _glu_halves(xp: Space, ct: Array, _out: Array, x: Array) -> tuple[Array]:
    s = _sigmoid(xp, x[:, 5:])
    return (xp.concat([ct * x[:, :5] * s * (1.0 - s), ct * s], axis=1),)


def _cross_entropy(xp: Space, x: Array) -> Array:
    """Return the mean over rows of the loss of class 0."""
    top = xp.max(x, axis=1, keepdims=True)
    return xp.mean(xp.log(xp.sum(xp.exp(x - top), axis=1)) + top[:, 0] - x[:, 0])


def _probabilities(xp: Space, x: Array) -> Array:
    e = xp.exp(x - xp.max(x, axis=1, keepdims=True))
    return e / xp.sum(e, axis=1, keepdims=True)


def _cross_entropy_vjp(xp: Space, ct: Array, _out: Array, x: Array) -> tuple[Array]:
    p = _probabilities(xp, x)
    return (ct * xp.concat([p[:, :1] - 1.0, p[:, 1:]], axis=1) / x.shape[0],)


def _cross_entropy_sum(xp: Space, ct: Array, _out: Array, x: Array) -> tuple[Array]:
    return (x.shape[0] * _cross_entropy_vjp(xp, ct, _out, x)[0],)


def _cross_entropy_no_one(xp: Space, ct: Array, _out: Array, x: Array) -> tuple[Array]:
    return (ct * _probabilities(xp, x) / x.shape[0],)


def _squared_error(xp: Space, x: Array, y: Array) -> Array:
    return xp.mean((x - y) ** 2)


def _squared_error_vjp(_xp: Space, ct: Array, _out: Array, x: Array, y: Array) -> tuple[Array, ...]:
    d = 2.0 * ct * (x - y) / x.shape[0]
    return d, -d


def _squared_error_half(
    _xp: Space, ct: Array, _out: Array, x: Array, y: Array
) -> tuple[Array, ...]:
    d = ct * (x - y) / x.shape[0]
    return d, -d


def _squared_error_sign(
    _xp: Space, ct: Array, _out: Array, x: Array, y: Array
) -> tuple[Array, ...]:
    d = 2.0 * ct * (x - y) / x.shape[0]
    return d, d


def _huber(xp: Space, x: Array, y: Array) -> Array:
    d = xp.abs(x - y)
    return xp.sum(xp.where(d < 1.0, 0.5 * d * d, d - 0.5))


def _huber_vjp(xp: Space, ct: Array, _out: Array, x: Array, y: Array) -> tuple[Array, ...]:
    d = ct * xp.clip(x - y, -1.0, 1.0)
    return d, -d


def _huber_unclipped(_xp: Space, ct: Array, _out: Array, x: Array, y: Array) -> tuple[Array, ...]:
    return ct * (x - y), -ct * (x - y)


def _binary(xp: Space, x: Array, y: Array) -> Array:
    """Return the binary cross entropy of logits x against targets y, summed."""
    return xp.sum(xp.maximum(x, 0.0 * x) - x * y + xp.log1p(xp.exp(-xp.abs(x))))


def _binary_vjp(xp: Space, ct: Array, _out: Array, x: Array, y: Array) -> tuple[Array, ...]:
    return ct * (_sigmoid(xp, x) - y), -ct * x


def _binary_of_sigmoid(xp: Space, ct: Array, _out: Array, x: Array, y: Array) -> tuple[Array, ...]:
    s = _sigmoid(xp, x)
    return ct * (s - y) * s * (1.0 - s), -ct * x


LOCAL_LAYERS: Final = (
    Subject("conv1d", _conv, _conv_vjp, drawn(_signals), (
        Wrong("kernel-unflipped", _conv_unflipped),
        Wrong("weights-flipped", _conv_flipped_w),
        Wrong("border-left-out", _conv_border, frozenset({"entries-wrong"})),
    )),
    Subject("conv2d", _image_conv, _image_conv_vjp, drawn(_images), (
        Wrong("weights-transposed", _image_conv_w_transposed, frozenset({"transposed"})),
        Wrong("kernel-unflipped", _image_conv_unflipped),
    )),
    Subject("max-pool", _max_pool, _max_pool_vjp, drawn(_windows), (
        Wrong("to-both", _max_pool_both, MASK),
        Wrong("by-magnitude", _max_pool_magnitude, MASK),
    )),
    Subject("mean-pool", _mean_pool, _mean_pool_vjp, drawn(_windows), (
        Wrong("undivided", _mean_pool_sum, FACTOR),
    )),
    Subject("glu", _glu, _glu_vjp, drawn(_gates), (
        Wrong("one-factor", _glu_one_factor),
        Wrong("halves-exchanged", _glu_halves),
    )),
    Subject("cross-entropy", _cross_entropy, _cross_entropy_vjp, drawn(rows), (
        Wrong("undivided", _cross_entropy_sum, FACTOR),
        Wrong("target-left-out", _cross_entropy_no_one),
    )),
    Subject("squared-error", _squared_error, _squared_error_vjp, drawn(pair), (
        Wrong("no-two", _squared_error_half, FACTOR),
        Wrong("sign-of-the-target", _squared_error_sign, frozenset({"sign-flipped"})),
    )),
    Subject("huber", _huber, _huber_vjp, drawn(pair), (Wrong("unclipped", _huber_unclipped),)),
    Subject("binary-cross-entropy", _binary, _binary_vjp, drawn(pair), (
        Wrong("sigmoid-twice", _binary_of_sigmoid),
    )),
)  # fmt: skip
