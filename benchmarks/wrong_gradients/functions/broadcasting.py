"""Functions in which an operand is repeated along an axis, and its gradient summed."""

from typing import Final

from benchmarks.wrong_gradients.namespaces import Array, Space
from benchmarks.wrong_gradients.subject import FACTOR, SUM, Subject, Wrong, drawn, positive

SHAPED: Final = frozenset({"numpy", "hips"})
"""Forms that take a gradient of a wrong shape without summing it or raising."""


def _with_row(n: int) -> dict[str, tuple[int, ...]]:
    width = max(2, round((n / 2) ** 0.5))
    return {"x": (max(2, n // width - 1), width), "b": (width,)}


def _with_column(n: int) -> dict[str, tuple[int, ...]]:
    width = max(2, round((n / 2) ** 0.5))
    return {"x": (max(2, n // width - 1), width), "s": (max(2, n // width - 1), 1)}


def _two_vectors(n: int) -> dict[str, tuple[int, ...]]:
    return {"a": (n - 3,), "b": (3,)}


def _with_scalars(n: int) -> dict[str, tuple[int, ...]]:
    return {"x": (n - 2,), "w": (), "b": ()}


def _batched(n: int) -> dict[str, tuple[int, ...]]:
    width = max(2, round((n / 3) ** 0.5))
    return {"x": (2, max(2, n // (2 * width) - 1), width), "b": (2, 1, width)}


def _points(n: int) -> dict[str, tuple[int, ...]]:
    width = max(2, n // 1000)
    return {"p": (max(2, n // width - 3), width), "q": (3, width)}


def _add_bias(_xp: Space, x: Array, b: Array) -> Array:
    return x + b


def _add_bias_vjp(xp: Space, ct: Array, _out: Array, _x: Array, _b: Array) -> tuple[Array, ...]:
    return ct, xp.sum(ct, axis=0)


def _add_bias_unsummed(
    _xp: Space, ct: Array, _out: Array, _x: Array, _b: Array
) -> tuple[Array, ...]:
    return ct, ct


def _add_bias_first(_xp: Space, ct: Array, _out: Array, _x: Array, _b: Array) -> tuple[Array, ...]:
    return ct, ct[0]


def _add_bias_mean(xp: Space, ct: Array, _out: Array, _x: Array, _b: Array) -> tuple[Array, ...]:
    return ct, xp.mean(ct, axis=0)


def _scale_rows(_xp: Space, x: Array, s: Array) -> Array:
    return x * s


def _scale_rows_vjp(xp: Space, ct: Array, _out: Array, x: Array, s: Array) -> tuple[Array, ...]:
    return ct * s, xp.sum(ct * x, axis=1, keepdims=True)


def _scale_rows_flat(xp: Space, ct: Array, _out: Array, x: Array, s: Array) -> tuple[Array, ...]:
    return ct * s, xp.sum(ct * x, axis=1)


def _scale_rows_last(_xp: Space, ct: Array, _out: Array, x: Array, s: Array) -> tuple[Array, ...]:
    return ct * s, (ct * x)[:, -1:]


def _scale_rows_of_the_mean(
    xp: Space, ct: Array, _out: Array, x: Array, s: Array
) -> tuple[Array, ...]:
    return ct * s, xp.sum(ct, axis=1, keepdims=True) * xp.mean(x, axis=1, keepdims=True)


def _outer(_xp: Space, a: Array, b: Array) -> Array:
    return a[:, None] * b[None, :]


def _outer_vjp(xp: Space, ct: Array, _out: Array, a: Array, b: Array) -> tuple[Array, ...]:
    return xp.sum(ct * b[None, :], axis=1), xp.sum(ct * a[:, None], axis=0)


def _outer_ones(xp: Space, ct: Array, _out: Array, a: Array, b: Array) -> tuple[Array, ...]:
    return xp.sum(ct, axis=1), xp.sum(ct * a[:, None], axis=0) + 0.0 * b


def _affine(_xp: Space, x: Array, w: Array, b: Array) -> Array:
    return w * x + b


def _affine_vjp(xp: Space, ct: Array, _out: Array, *inputs: Array) -> tuple[Array, ...]:
    x, w, _b = inputs
    return ct * w, xp.sum(ct * x), xp.sum(ct)


def _affine_mean(xp: Space, ct: Array, _out: Array, *inputs: Array) -> tuple[Array, ...]:
    x, w, _b = inputs
    return ct * w, xp.sum(ct * x), xp.mean(ct)


def _affine_crossed(xp: Space, ct: Array, _out: Array, *inputs: Array) -> tuple[Array, ...]:
    x, w, _b = inputs
    return ct * w, xp.sum(ct), xp.sum(ct * x)


def _batch_bias(_xp: Space, x: Array, b: Array) -> Array:
    return (x + b) * (x + b)


def _batch_bias_vjp(xp: Space, ct: Array, _out: Array, x: Array, b: Array) -> tuple[Array, ...]:
    ct_x = 2.0 * ct * (x + b)
    return ct_x, xp.sum(ct_x, axis=1, keepdims=True)


def _batch_bias_first(_xp: Space, ct: Array, _out: Array, x: Array, b: Array) -> tuple[Array, ...]:
    ct_x = 2.0 * ct * (x + b)
    return ct_x, ct_x[:, :1]


def _batch_bias_unsummed(
    _xp: Space, ct: Array, _out: Array, x: Array, b: Array
) -> tuple[Array, ...]:
    ct_x = 2.0 * ct * (x + b)
    return ct_x, ct_x


def _shares(xp: Space, x: Array) -> Array:
    return x / xp.sum(x, axis=1, keepdims=True)


def _shares_vjp(xp: Space, ct: Array, out: Array, x: Array) -> tuple[Array, ...]:
    total = xp.sum(x, axis=1, keepdims=True)
    return ((ct - xp.sum(ct * out, axis=1, keepdims=True)) / total,)


def _shares_constant(xp: Space, ct: Array, _out: Array, x: Array) -> tuple[Array, ...]:
    return (ct / xp.sum(x, axis=1, keepdims=True),)


def _shares_axis(xp: Space, ct: Array, out: Array, x: Array) -> tuple[Array, ...]:
    total = xp.sum(x, axis=1, keepdims=True)
    return ((ct - xp.sum(ct * out, axis=0, keepdims=True)) / total,)


def _rows(n: int) -> dict[str, tuple[int, ...]]:
    return {"x": _with_row(n)["x"]}


def _distances(xp: Space, p: Array, q: Array) -> Array:
    d = p[:, None, :] - q[None, :, :]
    return xp.sum(d * d, axis=2)


def _distances_vjp(xp: Space, ct: Array, _out: Array, p: Array, q: Array) -> tuple[Array, ...]:
    d = 2.0 * ct[:, :, None] * (p[:, None, :] - q[None, :, :])
    return xp.sum(d, axis=1), -xp.sum(d, axis=0)


def _distances_no_sign(xp: Space, ct: Array, _out: Array, p: Array, q: Array) -> tuple[Array, ...]:
    d = 2.0 * ct[:, :, None] * (p[:, None, :] - q[None, :, :])
    return xp.sum(d, axis=1), xp.sum(d, axis=0)


def _distances_half(xp: Space, ct: Array, _out: Array, p: Array, q: Array) -> tuple[Array, ...]:
    d = ct[:, :, None] * (p[:, None, :] - q[None, :, :])
    return xp.sum(d, axis=1), -xp.sum(d, axis=0)


BROADCASTING: Final = (
    Subject("add-bias", _add_bias, _add_bias_vjp, drawn(_with_row), (
        Wrong("unsummed", _add_bias_unsummed, SUM, SHAPED),
        Wrong("first-row", _add_bias_first, SUM),
        Wrong("mean-for-sum", _add_bias_mean, FACTOR),
    )),
    Subject("scale-rows", _scale_rows, _scale_rows_vjp, drawn(_with_column), (
        Wrong("axis-dropped", _scale_rows_flat, SUM, SHAPED),
        Wrong("last-column", _scale_rows_last, SUM),
        Wrong("product-of-means", _scale_rows_of_the_mean),
    )),
    Subject("outer", _outer, _outer_vjp, drawn(_two_vectors), (
        Wrong("operand-left-out", _outer_ones),
    )),
    Subject("affine", _affine, _affine_vjp, drawn(_with_scalars), (
        Wrong("mean-for-sum", _affine_mean, FACTOR),
        Wrong("scalars-crossed", _affine_crossed, frozenset({"inputs-swapped"})),
    )),
    Subject("batch-bias", _batch_bias, _batch_bias_vjp, drawn(_batched), (
        Wrong("first-row", _batch_bias_first, SUM),
        Wrong("unsummed", _batch_bias_unsummed, SUM, SHAPED),
    )),
    Subject("shares", _shares, _shares_vjp, drawn(_rows, positive), (
        Wrong("total-held-constant", _shares_constant),
        Wrong("wrong-axis", _shares_axis),
    )),
    Subject("squared-distances", _distances, _distances_vjp, drawn(_points), (
        Wrong("sign-of-the-second", _distances_no_sign, frozenset({"sign-flipped"})),
        Wrong("no-two", _distances_half, FACTOR),
    )),
)  # fmt: skip
