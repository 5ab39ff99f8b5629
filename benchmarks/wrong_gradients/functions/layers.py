"""Layers of neural networks."""

from typing import Final

from benchmarks.wrong_gradients.namespaces import Array, Space
from benchmarks.wrong_gradients.subject import FACTOR, SUM, Subject, Wrong, drawn, rows

EPS: Final = 1e-5


def _layer(n: int) -> dict[str, tuple[int, ...]]:
    side = max(2, round((n / 2) ** 0.5))
    return {"x": (side, side), "w": (side, side), "b": (side,)}


def _normalised(n: int) -> dict[str, tuple[int, ...]]:
    width = max(2, round((n / 2) ** 0.5))
    return {"x": (max(2, n // width - 2), width), "weight": (width,), "bias": (width,)}


def _scaled(n: int) -> dict[str, tuple[int, ...]]:
    shapes = _normalised(n)
    return {"x": shapes["x"], "weight": shapes["weight"]}


def _sequences(n: int) -> dict[str, tuple[int, ...]]:
    side = max(2, min(64, round((n / 3) ** 0.5)))
    many = max(1, n // (3 * side * side))
    return {"q": (many, side, side), "k": (many, side, side), "v": (many, side, side)}


def _linear(xp: Space, x: Array, w: Array, b: Array) -> Array:
    return x @ xp.matrix_transpose(w) + b


def _linear_vjp(xp: Space, ct: Array, _out: Array, *inputs: Array) -> tuple[Array, ...]:
    x, w, _b = inputs
    return ct @ w, xp.matrix_transpose(ct) @ x, xp.sum(ct, axis=0)


def _linear_w_transposed(xp: Space, ct: Array, _out: Array, *inputs: Array) -> tuple[Array, ...]:
    x, w, _b = inputs
    return ct @ w, xp.matrix_transpose(x) @ ct, xp.sum(ct, axis=0)


def _linear_bias_axis(xp: Space, ct: Array, _out: Array, *inputs: Array) -> tuple[Array, ...]:
    x, w, _b = inputs
    return ct @ w, xp.matrix_transpose(ct) @ x, xp.sum(ct, axis=1)


def _linear_bias_first(xp: Space, ct: Array, _out: Array, *inputs: Array) -> tuple[Array, ...]:
    x, w, _b = inputs
    return ct @ w, xp.matrix_transpose(ct) @ x, ct[0]


def _softmax(xp: Space, x: Array) -> Array:
    e = xp.exp(x - xp.max(x, axis=-1, keepdims=True))
    return e / xp.sum(e, axis=-1, keepdims=True)


def _softmax_ct(xp: Space, ct: Array, out: Array) -> Array:
    return out * (ct - xp.sum(ct * out, axis=-1, keepdims=True))


def _softmax_vjp(xp: Space, ct: Array, out: Array, _x: Array) -> tuple[Array]:
    return (_softmax_ct(xp, ct, out),)


def _softmax_diagonal(_xp: Space, ct: Array, out: Array, _x: Array) -> tuple[Array]:
    return (ct * out * (1.0 - out),)


def _softmax_no_sum(_xp: Space, ct: Array, out: Array, _x: Array) -> tuple[Array]:
    return (ct * out,)


def _softmax_axis(xp: Space, ct: Array, out: Array, _x: Array) -> tuple[Array]:
    return (out * (ct - xp.sum(ct * out, axis=0, keepdims=True)),)


def _log_softmax(xp: Space, x: Array) -> Array:
    d = x - xp.max(x, axis=-1, keepdims=True)
    return d - xp.log(xp.sum(xp.exp(d), axis=-1, keepdims=True))


def _log_softmax_vjp(xp: Space, ct: Array, out: Array, _x: Array) -> tuple[Array]:
    return (ct - xp.exp(out) * xp.sum(ct, axis=-1, keepdims=True),)


def _log_softmax_one_hot(xp: Space, ct: Array, out: Array, _x: Array) -> tuple[Array]:
    return (ct - xp.exp(out),)


def _log_softmax_no_exp(xp: Space, ct: Array, out: Array, _x: Array) -> tuple[Array]:
    return (ct - out * xp.sum(ct, axis=-1, keepdims=True),)


def _centred(xp: Space, x: Array, axis: int) -> tuple[Array, Array]:
    """Return the normalised x, and one over its deviation."""
    d = x - xp.mean(x, axis=axis, keepdims=True)
    inverse = 1.0 / xp.sqrt(xp.mean(d * d, axis=axis, keepdims=True) + EPS)
    return d * inverse, inverse


def _through_norm(xp: Space, ct: Array, x: Array, axis: int) -> Array:
    y, inverse = _centred(xp, x, axis)
    mean = xp.mean(ct, axis=axis, keepdims=True)
    return inverse * (ct - mean - y * xp.mean(ct * y, axis=axis, keepdims=True))


def _layernorm(xp: Space, x: Array, weight: Array, bias: Array) -> Array:
    return _centred(xp, x, -1)[0] * weight + bias


def _layernorm_vjp(xp: Space, ct: Array, _out: Array, *inputs: Array) -> tuple[Array, ...]:
    x, weight, _bias = inputs
    y, _inverse = _centred(xp, x, -1)
    return _through_norm(xp, ct * weight, x, -1), xp.sum(ct * y, axis=0), xp.sum(ct, axis=0)


def _layernorm_no_mean(xp: Space, ct: Array, _out: Array, *inputs: Array) -> tuple[Array, ...]:
    x, weight, _bias = inputs
    right = _layernorm_vjp(xp, ct, _out, *inputs)
    _y, inverse = _centred(xp, x, -1)
    return right[0] + inverse * xp.mean(ct * weight, axis=-1, keepdims=True), *right[1:]


def _layernorm_no_variance(xp: Space, ct: Array, _out: Array, *inputs: Array) -> tuple[Array, ...]:
    x, weight, _bias = inputs
    right, (y, inverse) = _layernorm_vjp(xp, ct, _out, *inputs), _centred(xp, x, -1)
    return right[0] + inverse * y * xp.mean(ct * weight * y, axis=-1, keepdims=True), *right[1:]


def _layernorm_no_weight(xp: Space, ct: Array, _out: Array, *inputs: Array) -> tuple[Array, ...]:
    right = _layernorm_vjp(xp, ct, _out, *inputs)
    return _through_norm(xp, ct, inputs[0], -1), *right[1:]


def _layernorm_raw_weight(xp: Space, ct: Array, _out: Array, *inputs: Array) -> tuple[Array, ...]:
    right = _layernorm_vjp(xp, ct, _out, *inputs)
    return right[0], xp.sum(ct * inputs[0], axis=0), right[2]


def _batchnorm(xp: Space, x: Array, weight: Array, bias: Array) -> Array:
    return _centred(xp, x, 0)[0] * weight + bias


def _batchnorm_vjp(xp: Space, ct: Array, _out: Array, *inputs: Array) -> tuple[Array, ...]:
    x, weight, _bias = inputs
    y, _inverse = _centred(xp, x, 0)
    return _through_norm(xp, ct * weight, x, 0), xp.sum(ct * y, axis=0), xp.sum(ct, axis=0)


def _batchnorm_as_in_eval(xp: Space, ct: Array, _out: Array, *inputs: Array) -> tuple[Array, ...]:
    x, weight, _bias = inputs
    y, inverse = _centred(xp, x, 0)
    return ct * weight * inverse, xp.sum(ct * y, axis=0), xp.sum(ct, axis=0)


def _batchnorm_first(xp: Space, ct: Array, _out: Array, *inputs: Array) -> tuple[Array, ...]:
    right = _batchnorm_vjp(xp, ct, _out, *inputs)
    return right[0], right[1], ct[0]


def _rmsnorm(xp: Space, x: Array, weight: Array) -> Array:
    return x * weight / xp.sqrt(xp.mean(x * x, axis=-1, keepdims=True) + EPS)


def _rmsnorm_vjp(xp: Space, ct: Array, _out: Array, x: Array, weight: Array) -> tuple[Array, ...]:
    inverse = 1.0 / xp.sqrt(xp.mean(x * x, axis=-1, keepdims=True) + EPS)
    y, pulled = x * inverse, ct * weight
    ct_x = inverse * (pulled - y * xp.mean(pulled * y, axis=-1, keepdims=True))
    return ct_x, xp.sum(ct * y, axis=0)


def _rmsnorm_constant(
    xp: Space, ct: Array, _out: Array, x: Array, weight: Array
) -> tuple[Array, ...]:
    inverse = 1.0 / xp.sqrt(xp.mean(x * x, axis=-1, keepdims=True) + EPS)
    return ct * weight * inverse, xp.sum(ct * x * inverse, axis=0)


def _rmsnorm_eps_outside(
    xp: Space, ct: Array, _out: Array, x: Array, weight: Array
) -> tuple[Array, ...]:
    inverse = 1.0 / (xp.sqrt(xp.mean(x * x, axis=-1, keepdims=True)) + 1e-3)
    y, pulled = x * inverse, ct * weight
    ct_x = inverse * (pulled - y * xp.mean(pulled * y, axis=-1, keepdims=True))
    return ct_x, xp.sum(ct * y, axis=0)


def _attention(xp: Space, q: Array, k: Array, v: Array) -> Array:
    return _softmax(xp, q @ xp.matrix_transpose(k) / q.shape[-1] ** 0.5) @ v


def _attention_vjp(xp: Space, ct: Array, _out: Array, *inputs: Array) -> tuple[Array, ...]:
    q, k, v = inputs
    p = _softmax(xp, q @ xp.matrix_transpose(k) / q.shape[-1] ** 0.5)
    scores = _softmax_ct(xp, ct @ xp.matrix_transpose(v), p) / q.shape[-1] ** 0.5
    ct_k, ct_v = xp.matrix_transpose(scores) @ q, xp.matrix_transpose(p) @ ct
    return scores @ k, ct_k, ct_v


def _attention_unscaled(xp: Space, ct: Array, _out: Array, *inputs: Array) -> tuple[Array, ...]:
    root = inputs[0].shape[-1] ** 0.5
    ct_q, ct_k, ct_v = _attention_vjp(xp, ct, _out, *inputs)
    return root * ct_q, root * ct_k, ct_v


def _attention_no_sum(xp: Space, ct: Array, _out: Array, *inputs: Array) -> tuple[Array, ...]:
    q, k, v = inputs
    p = _softmax(xp, q @ xp.matrix_transpose(k) / q.shape[-1] ** 0.5)
    scores = p * (ct @ xp.matrix_transpose(v)) / q.shape[-1] ** 0.5
    return scores @ k, xp.matrix_transpose(scores) @ q, xp.matrix_transpose(p) @ ct


def _attention_crossed(xp: Space, ct: Array, _out: Array, *inputs: Array) -> tuple[Array, ...]:
    ct_q, ct_k, ct_v = _attention_vjp(xp, ct, _out, *inputs)
    return ct_k, ct_q, ct_v


LAYERS: Final = (
    Subject("linear", _linear, _linear_vjp, drawn(_layer), (
        Wrong("w-transposed", _linear_w_transposed, frozenset({"transposed"})),
        Wrong("bias-over-the-wrong-axis", _linear_bias_axis, SUM),
        Wrong("bias-of-the-first-row", _linear_bias_first, SUM),
    )),
    Subject("softmax", _softmax, _softmax_vjp, drawn(rows), (
        Wrong("diagonal-alone", _softmax_diagonal),
        Wrong("no-sum", _softmax_no_sum),
        Wrong("wrong-axis", _softmax_axis),
    )),
    Subject("log-softmax", _log_softmax, _log_softmax_vjp, drawn(rows), (
        Wrong("as-if-ct-were-one-hot", _log_softmax_one_hot),
        Wrong("no-exp", _log_softmax_no_exp),
    )),
    Subject("layernorm", _layernorm, _layernorm_vjp, drawn(_normalised), (
        Wrong("no-mean-term", _layernorm_no_mean),
        Wrong("no-variance-term", _layernorm_no_variance),
        Wrong("weight-left-out", _layernorm_no_weight),
        Wrong("weight-by-the-raw-x", _layernorm_raw_weight),
    )),
    Subject("batchnorm", _batchnorm, _batchnorm_vjp, drawn(_normalised), (
        Wrong("as-in-eval", _batchnorm_as_in_eval),
        Wrong("bias-of-the-first-row", _batchnorm_first, SUM),
    )),
    Subject("rmsnorm", _rmsnorm, _rmsnorm_vjp, drawn(_scaled), (
        Wrong("mean-square-held-constant", _rmsnorm_constant),
        Wrong("eps-outside-the-root", _rmsnorm_eps_outside),
    )),
    Subject("attention", _attention, _attention_vjp, drawn(_sequences), (
        Wrong("unscaled", _attention_unscaled, FACTOR),
        Wrong("softmax-without-its-sum", _attention_no_sum),
        Wrong("q-and-k-crossed", _attention_crossed, frozenset({"inputs-swapped"})),
    )),
)  # fmt: skip
