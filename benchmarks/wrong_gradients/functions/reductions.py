"""Functions that sum up an axis, or all of them."""

from typing import Final

from benchmarks.wrong_gradients.namespaces import Array, Space
from benchmarks.wrong_gradients.subject import (
    FACTOR,
    MASK,
    Subject,
    Wrong,
    drawn,
    pair,
    positive,
    rows,
    vector,
)


def _sum(xp: Space, x: Array) -> Array:
    return xp.sum(x)


def _sum_vjp(xp: Space, ct: Array, _out: Array, x: Array) -> tuple[Array]:
    return (ct * xp.ones_like(x),)


def _sum_as_mean(xp: Space, ct: Array, _out: Array, x: Array) -> tuple[Array]:
    return (ct * xp.ones_like(x) / x.shape[0],)


def _mean(xp: Space, x: Array) -> Array:
    return xp.mean(x, axis=1)


def _mean_vjp(xp: Space, ct: Array, _out: Array, x: Array) -> tuple[Array]:
    return (ct[:, None] * xp.ones_like(x) / x.shape[1],)


def _mean_undivided(xp: Space, ct: Array, _out: Array, x: Array) -> tuple[Array]:
    return (ct[:, None] * xp.ones_like(x),)


def _mean_one_less(xp: Space, ct: Array, _out: Array, x: Array) -> tuple[Array]:
    return (ct[:, None] * xp.ones_like(x) / (x.shape[1] - 1),)


def _variance(xp: Space, x: Array) -> Array:
    d = x - xp.mean(x, axis=-1, keepdims=True)
    return xp.mean(d * d, axis=-1)


def _variance_vjp(xp: Space, ct: Array, _out: Array, x: Array) -> tuple[Array]:
    return (2.0 * ct[..., None] * (x - xp.mean(x, axis=-1, keepdims=True)) / x.shape[-1],)


def _variance_corrected(xp: Space, ct: Array, _out: Array, x: Array) -> tuple[Array]:
    return (2.0 * ct[..., None] * (x - xp.mean(x, axis=-1, keepdims=True)) / (x.shape[-1] - 1),)


def _variance_uncentred(_xp: Space, ct: Array, _out: Array, x: Array) -> tuple[Array]:
    return (2.0 * ct[..., None] * x / x.shape[-1],)


def _deviation(xp: Space, x: Array) -> Array:
    return xp.sqrt(_variance(xp, x))


def _deviation_vjp(xp: Space, ct: Array, out: Array, x: Array) -> tuple[Array]:
    d = x - xp.mean(x, axis=-1, keepdims=True)
    return (ct[..., None] * d / (out[..., None] * x.shape[-1]),)


def _deviation_undivided(xp: Space, ct: Array, _out: Array, x: Array) -> tuple[Array]:
    return (ct[..., None] * (x - xp.mean(x, axis=-1, keepdims=True)) / x.shape[-1],)


def _norm(xp: Space, x: Array) -> Array:
    return xp.sqrt(xp.sum(x * x))


def _norm_vjp(_xp: Space, ct: Array, out: Array, x: Array) -> tuple[Array]:
    return (ct * x / out,)


def _norm_with_eps(_xp: Space, ct: Array, out: Array, x: Array) -> tuple[Array]:
    return (ct * x / (out + 1e-3),)


def _norm_doubled(_xp: Space, ct: Array, out: Array, x: Array) -> tuple[Array]:
    return (2.0 * ct * x / out,)


def _logsumexp(xp: Space, x: Array) -> Array:
    top = xp.max(x, axis=-1, keepdims=True)
    return (top + xp.log(xp.sum(xp.exp(x - top), axis=-1, keepdims=True)))[..., 0]


def _logsumexp_vjp(xp: Space, ct: Array, out: Array, x: Array) -> tuple[Array]:
    return (ct[..., None] * xp.exp(x - out[..., None]),)


def _logsumexp_unnormalised(xp: Space, ct: Array, _out: Array, x: Array) -> tuple[Array]:
    top = xp.max(x, axis=-1, keepdims=True)
    return (ct[..., None] * xp.exp(x - top),)


def _logsumexp_through_max(xp: Space, ct: Array, out: Array, x: Array) -> tuple[Array]:
    first = xp.where(x == xp.max(x, axis=-1, keepdims=True), xp.ones_like(x), 0.0 * x)
    return (ct[..., None] * (xp.exp(x - out[..., None]) + first),)


def _max(xp: Space, x: Array) -> Array:
    return xp.max(x, axis=1)


def _max_vjp(xp: Space, ct: Array, out: Array, x: Array) -> tuple[Array]:
    largest = xp.where(x == out[:, None], xp.ones_like(x), 0.0 * x)
    return (ct[:, None] * largest / xp.sum(largest, axis=1, keepdims=True),)


def _max_of_columns(xp: Space, ct: Array, _out: Array, x: Array) -> tuple[Array]:
    return (xp.where(x == xp.max(x, axis=0, keepdims=True), ct[:, None], 0.0 * x),)


def _max_nearly(xp: Space, ct: Array, out: Array, x: Array) -> tuple[Array]:
    return (xp.where(x > out[:, None] - 0.3, ct[:, None], 0.0 * x),)


def _prod(xp: Space, x: Array) -> Array:
    return xp.prod(x, axis=1)


def _prod_vjp(_xp: Space, ct: Array, out: Array, x: Array) -> tuple[Array]:
    return ((ct * out)[:, None] / x,)


def _prod_undivided(xp: Space, ct: Array, out: Array, x: Array) -> tuple[Array]:
    return ((ct * out)[:, None] * xp.ones_like(x),)


def _few_columns(n: int) -> dict[str, tuple[int, ...]]:
    return {"x": (max(2, n // 5), 5)}


def _cumsum(xp: Space, x: Array) -> Array:
    return xp.cumulative_sum(x, axis=-1)


def _cumsum_vjp(xp: Space, ct: Array, _out: Array, _x: Array) -> tuple[Array]:
    return (xp.flip(xp.cumulative_sum(xp.flip(ct, axis=-1), axis=-1), axis=-1),)


def _cumsum_forwards(xp: Space, ct: Array, _out: Array, _x: Array) -> tuple[Array]:
    return (xp.cumulative_sum(ct, axis=-1),)


def _cumsum_exclusive(xp: Space, ct: Array, out: Array, x: Array) -> tuple[Array]:
    return (_cumsum_vjp(xp, ct, out, x)[0] - ct,)


def _dot(xp: Space, x: Array, y: Array) -> Array:
    return xp.sum(x * y)


def _dot_vjp(_xp: Space, ct: Array, _out: Array, x: Array, y: Array) -> tuple[Array, ...]:
    return ct * y, ct * x


def _cosine(xp: Space, x: Array, y: Array) -> Array:
    return xp.sum(x * y) / (xp.sqrt(xp.sum(x * x)) * xp.sqrt(xp.sum(y * y)))


def _cosine_vjp(xp: Space, ct: Array, out: Array, x: Array, y: Array) -> tuple[Array, ...]:
    xx, yy = xp.sum(x * x), xp.sum(y * y)
    both = xp.sqrt(xx) * xp.sqrt(yy)
    return ct * (y / both - out * x / xx), ct * (x / both - out * y / yy)


def _cosine_norms_constant(
    xp: Space, ct: Array, _out: Array, x: Array, y: Array
) -> tuple[Array, ...]:
    both = xp.sqrt(xp.sum(x * x)) * xp.sqrt(xp.sum(y * y))
    return ct * y / both, ct * x / both


def _cosine_root(xp: Space, ct: Array, out: Array, x: Array, y: Array) -> tuple[Array, ...]:
    right = _cosine_vjp(xp, ct, out, x, y)
    both = xp.sqrt(xp.sum(x * x)) * xp.sqrt(xp.sum(y * y))
    return ct * (y / both - out * x / xp.sqrt(xp.sum(x * x))), right[1]


def _shifted(n: int) -> dict[str, tuple[int, ...]]:
    width = max(2, round((n / 4) ** 0.5))
    return {"x": (max(2, n // width), width)}


REDUCTIONS: Final = (
    Subject("sum", _sum, _sum_vjp, drawn(vector), (Wrong("divided-by-n", _sum_as_mean, FACTOR),)),
    Subject("mean", _mean, _mean_vjp, drawn(rows), (
        Wrong("undivided", _mean_undivided, FACTOR),
        Wrong("divided-by-one-less", _mean_one_less, FACTOR),
    )),
    Subject("variance", _variance, _variance_vjp, drawn(rows), (
        Wrong("divided-by-one-less", _variance_corrected, FACTOR),
        Wrong("uncentred", _variance_uncentred),
    )),
    Subject("deviation", _deviation, _deviation_vjp, drawn(_shifted), (
        Wrong("of-the-variance", _deviation_undivided),
    )),
    Subject("norm", _norm, _norm_vjp, drawn(vector), (
        Wrong("eps-in-the-backward", _norm_with_eps, FACTOR),
        Wrong("of-the-square", _norm_doubled, FACTOR),
    )),
    Subject("logsumexp", _logsumexp, _logsumexp_vjp, drawn(rows), (
        Wrong("unnormalised", _logsumexp_unnormalised),
        Wrong("through-the-maximum", _logsumexp_through_max),
    )),
    Subject("max", _max, _max_vjp, drawn(rows), (
        Wrong("of-the-columns", _max_of_columns, MASK),
        Wrong("of-the-nearly-largest", _max_nearly, MASK),
    )),
    Subject("prod", _prod, _prod_vjp, drawn(_few_columns, positive), (
        Wrong("whole-product", _prod_undivided),
    )),
    Subject("cumsum", _cumsum, _cumsum_vjp, drawn(rows), (
        Wrong("forwards", _cumsum_forwards),
        Wrong("without-its-own", _cumsum_exclusive),
    )),
    Subject("dot", _dot, _dot_vjp, drawn(pair)),
    Subject("cosine", _cosine, _cosine_vjp, drawn(pair), (
        Wrong("norms-held-constant", _cosine_norms_constant),
        Wrong("root-of-the-square", _cosine_root),
    )),
)  # fmt: skip
