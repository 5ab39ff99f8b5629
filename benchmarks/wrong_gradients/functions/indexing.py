"""Functions that pick, move and put together entries."""

from typing import Any, Final

import numpy as np

from benchmarks.wrong_gradients.namespaces import Array, Space
from benchmarks.wrong_gradients.subject import Subject, Wrong, drawn, rows, vector


def _indexed(rng: np.random.Generator, n: int) -> dict[str, np.ndarray[Any, Any]]:
    width = max(2, round((n / 4) ** 0.5))
    many = max(3, n // width)
    index = rng.integers(0, many, size=many + 2)
    index[1] = index[0]  # one row is taken twice at any size
    return {"x": rng.normal(size=(many, width)), "index": index}


def _scattered(rng: np.random.Generator, n: int) -> dict[str, np.ndarray[Any, Any]]:
    width = max(2, round((n / 6) ** 0.5))
    many = max(3, n // (2 * width))
    return {
        "x": rng.normal(size=(many, width)),
        "y": rng.normal(size=(many, width)),
        "index": rng.integers(0, many, size=many),
    }


def _gather(xp: Space, x: Array, index: Array) -> Array:
    return xp.take(x, index, axis=0)


def _gather_vjp(xp: Space, ct: Array, _out: Array, x: Array, index: Array) -> tuple[Any, ...]:
    return xp.add_at(xp.zeros_like(x), index, ct), None


def _gather_last_wins(xp: Space, ct: Array, _out: Array, x: Array, index: Array) -> tuple[Any, ...]:
    """Write instead of add: of a row taken often only the last cotangent is left."""
    order = xp.arange(1, index.shape[0] + 1)
    later = (index[:, None] == index[None, :]) & (order[None, :] > order[:, None])
    last = ~xp.any(later, axis=1)
    kept = xp.where(last[:, None], ct, 0.0 * ct)
    return xp.add_at(xp.zeros_like(x), index, kept), None


def _gather_shifted(xp: Space, ct: Array, _out: Array, x: Array, index: Array) -> tuple[Any, ...]:
    return xp.add_at(xp.zeros_like(x), (index + 1) % x.shape[0], ct), None


def _scatter(xp: Space, x: Array, y: Array, index: Array) -> Array:
    return xp.add_at(x, index, y * y)


def _scatter_vjp(xp: Space, ct: Array, _out: Array, *inputs: Array) -> tuple[Any, ...]:
    _x, y, index = inputs
    return ct, 2.0 * y * xp.take(ct, index, axis=0), None


def _scatter_ungathered(_xp: Space, ct: Array, _out: Array, *inputs: Array) -> tuple[Any, ...]:
    return ct, 2.0 * inputs[1] * ct, None


def _scatter_overwritten(xp: Space, ct: Array, _out: Array, *inputs: Array) -> tuple[Any, ...]:
    _x, y, index = inputs
    hit = xp.add_at(0.0 * ct, index, 1.0 + 0.0 * ct)
    return xp.where(hit > 0, 0.0 * ct, ct), 2.0 * y * xp.take(ct, index, axis=0), None


def _middle(_xp: Space, x: Array) -> Array:
    return x[1:-1] * x[1:-1]


def _middle_vjp(xp: Space, ct: Array, _out: Array, x: Array) -> tuple[Array]:
    edge = 0.0 * x[:1]
    return (xp.concat([edge, 2.0 * ct * x[1:-1], edge], axis=0),)


def _middle_off_by_one(xp: Space, ct: Array, _out: Array, x: Array) -> tuple[Array]:
    edge = 0.0 * x[:1]
    return (xp.concat([edge, edge, 2.0 * ct * x[1:-1]], axis=0),)


def _middle_edges(xp: Space, ct: Array, _out: Array, x: Array) -> tuple[Array]:
    inside = 2.0 * ct * x[1:-1]
    return (xp.concat([inside[:1], inside, inside[-1:]], axis=0),)


def _differences(_xp: Space, x: Array) -> Array:
    return (x[1:] - x[:-1]) ** 2


def _differences_vjp(xp: Space, ct: Array, _out: Array, x: Array) -> tuple[Array]:
    d = 2.0 * ct * (x[1:] - x[:-1])
    edge = 0.0 * x[:1]
    return (xp.concat([edge, d], axis=0) - xp.concat([d, edge], axis=0),)


def _differences_wrapped(xp: Space, ct: Array, _out: Array, x: Array) -> tuple[Array]:
    d = 2.0 * ct * (x[1:] - x[:-1])
    return (xp.concat([d[-1:], d], axis=0) - xp.concat([d, d[:1]], axis=0),)


def _differences_one_way(xp: Space, ct: Array, _out: Array, x: Array) -> tuple[Array]:
    d = 2.0 * ct * (x[1:] - x[:-1])
    return (xp.concat([0.0 * x[:1], d], axis=0),)


def _rolled(xp: Space, x: Array) -> Array:
    return x * xp.roll(x, 2, axis=0)


def _rolled_vjp(xp: Space, ct: Array, _out: Array, x: Array) -> tuple[Array]:
    return (ct * xp.roll(x, 2, axis=0) + xp.roll(ct * x, -2, axis=0),)


def _rolled_forwards(xp: Space, ct: Array, _out: Array, x: Array) -> tuple[Array]:
    return (ct * xp.roll(x, 2, axis=0) + xp.roll(ct * x, 2, axis=0),)


def _rolled_one_term(xp: Space, ct: Array, _out: Array, x: Array) -> tuple[Array]:
    return (ct * xp.roll(x, 2, axis=0),)


def _joined(xp: Space, x: Array, y: Array) -> Array:
    return xp.concat([x, 2.0 * y], axis=0)


def _joined_vjp(_xp: Space, ct: Array, _out: Array, x: Array, _y: Array) -> tuple[Array, ...]:
    return ct[: x.shape[0]], 2.0 * ct[x.shape[0] :]


def _joined_crossed(_xp: Space, ct: Array, _out: Array, _x: Array, y: Array) -> tuple[Array, ...]:
    return ct[y.shape[0] :], 2.0 * ct[: y.shape[0]]


def _halves(n: int) -> dict[str, tuple[int, ...]]:
    width = max(2, round((n / 2) ** 0.5))
    many = max(2, n // (2 * width))
    return {"x": (many, width), "y": (many, width)}


def _sorted(xp: Space, x: Array) -> Array:
    return xp.take_along_axis(x, xp.argsort(x, axis=1), axis=1)


def _sorted_vjp(xp: Space, ct: Array, _out: Array, x: Array) -> tuple[Array]:
    back = xp.argsort(xp.argsort(x, axis=1), axis=1)
    return (xp.take_along_axis(ct, back, axis=1),)


def _sorted_again(xp: Space, ct: Array, _out: Array, x: Array) -> tuple[Array]:
    return (xp.take_along_axis(ct, xp.argsort(x, axis=1), axis=1),)


def _sorted_unsorted(_xp: Space, ct: Array, _out: Array, _x: Array) -> tuple[Array]:
    return (ct,)


def _lower(xp: Space, x: Array) -> Array:
    return xp.tril(x * x)


def _lower_vjp(xp: Space, ct: Array, _out: Array, x: Array) -> tuple[Array]:
    return (2.0 * x * xp.tril(ct),)


def _lower_strict(xp: Space, ct: Array, _out: Array, x: Array) -> tuple[Array]:
    return (2.0 * x * xp.tril(ct, k=-1),)


def _lower_whole(_xp: Space, ct: Array, _out: Array, x: Array) -> tuple[Array]:
    return (2.0 * x * ct,)


def _folded(xp: Space, x: Array) -> Array:
    turned = xp.permute_dims(x, (1, 0))
    return xp.reshape(turned * turned, (-1,))


def _folded_vjp(xp: Space, ct: Array, _out: Array, x: Array) -> tuple[Array]:
    return (2.0 * x * xp.permute_dims(xp.reshape(ct, (x.shape[1], x.shape[0])), (1, 0)),)


def _folded_untransposed(xp: Space, ct: Array, _out: Array, x: Array) -> tuple[Array]:
    return (2.0 * x * xp.reshape(ct, x.shape),)


INDEXING: Final = (
    Subject("gather", _gather, _gather_vjp, _indexed, (
        Wrong("last-one-wins", _gather_last_wins),
        Wrong("index-plus-one", _gather_shifted),
    )),
    Subject("scatter-add", _scatter, _scatter_vjp, _scattered, (
        Wrong("cotangent-ungathered", _scatter_ungathered),
        Wrong("as-if-overwritten", _scatter_overwritten),
    )),
    Subject("slice", _middle, _middle_vjp, drawn(vector), (
        Wrong("off-by-one", _middle_off_by_one),
        Wrong("edges-filled", _middle_edges, frozenset({"entries-wrong"})),
    )),
    Subject("differences", _differences, _differences_vjp, drawn(vector), (
        Wrong("edges-wrapped", _differences_wrapped, frozenset({"entries-wrong"})),
        Wrong("one-way", _differences_one_way),
    )),
    Subject("roll", _rolled, _rolled_vjp, drawn(vector), (
        Wrong("rolled-forwards", _rolled_forwards),
        Wrong("one-term", _rolled_one_term),
    )),
    Subject("concat", _joined, _joined_vjp, drawn(_halves), (
        Wrong("parts-crossed", _joined_crossed),
    )),
    Subject("sort", _sorted, _sorted_vjp, drawn(rows), (
        Wrong("order-for-rank", _sorted_again),
        Wrong("unsorted", _sorted_unsorted),
    )),
    Subject("lower-triangle", _lower, _lower_vjp, drawn(rows), (
        Wrong("without-the-diagonal", _lower_strict),
        Wrong("whole", _lower_whole),
    )),
    Subject("transpose-and-reshape", _folded, _folded_vjp, drawn(rows), (
        Wrong("reshape-alone", _folded_untransposed, frozenset({"transposed"})),
    )),
)  # fmt: skip
