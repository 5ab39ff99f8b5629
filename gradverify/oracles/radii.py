"""How far rounding can move the result of a ufunc, given how far it has moved the operands."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final, Protocol, TypeAlias

import numpy as np

from gradverify.arrays import Array

CERTAIN: Final = 8.0  # standard deviations that no sum exceeds
TYPICAL: Final = 2.0  # ... and few do
ELEMENTARY: Final = 8.0  # unit roundoffs, four places, that a library's exp or tanh may be off

RANGES: Final[Mapping[float, tuple[float, float]]] = MappingProxyType({
    float(np.finfo(name).eps) / 2: (float(tiny), float(np.finfo(name).max))
    for name, tiny in (
        ("float64", np.finfo("float64").tiny),  # numbers below it may be flushed to zero
        ("float32", np.finfo("float32").tiny),
        ("float16", np.finfo("float16").smallest_subnormal),
    )
})  # fmt: skip
"""By unit roundoff: what may be lost near zero, and the largest number of the format."""

Radius: TypeAlias = Callable[[Any, tuple[Any, ...], tuple[Any, ...]], Any]
"""(midpoint of the result, midpoints, radii of the operands) ↦ radius before its own rounding."""


class Model(Protocol):
    """A format's unit roundoff, and the standard deviations that a long sum may be off."""

    unit: float
    odds: float


def growth(terms: int, odds: float) -> float:
    """Return how many units in the last place a sum of so many terms may be off, in any order.

    The probabilistic bound of N. J. Higham and T. Mary, "A new approach to probabilistic rounding
    error analysis", SIAM J. Sci. Comput. 41 (2019), with λ = `odds`; the certain one where smaller.
    """
    return float(min(terms, odds * np.sqrt(terms)))


def stored(value: Any, unit: float) -> Any:
    """Return how far numbers may move when they are put into a format of this unit roundoff."""
    exact = np.asarray(value, dtype=np.float64)
    places = np.frexp(exact)[0] / unit
    return np.where(places == np.rint(places), 0.0, unit * np.abs(exact))


def _add(_mid: Any, _mids: tuple[Any, ...], rads: tuple[Any, ...]) -> Any:
    return rads[0] + rads[1]


def _multiply(_mid: Any, mids: tuple[Any, ...], rads: tuple[Any, ...]) -> Any:
    (x, y), (rx, ry) = mids, rads
    return np.abs(x) * ry + np.abs(y) * rx + rx * ry


def _divide(mid: Any, mids: tuple[Any, ...], rads: tuple[Any, ...]) -> Any:
    (_, y), (rx, ry) = mids, rads
    clear = np.abs(y) - ry
    return np.where(clear > 0, (rx + np.abs(mid) * ry) / clear, np.inf)


def _power(_mid: Any, mids: tuple[Any, ...], rads: tuple[Any, ...]) -> Any:
    (x, y), (rx, ry) = mids, rads
    near, far = np.maximum(np.abs(x) - rx, 0.0), np.abs(x) + rx
    steep = np.maximum(near ** (y - 1.0), far ** (y - 1.0))
    by_base = np.where((rx > 0) & (y != 0), np.abs(y) * steep * rx, 0)
    return by_base + np.where(ry > 0, _by_exponent(near, far, y, ry), 0)


def _by_exponent(near: Any, far: Any, y: Any, ry: Any) -> Any:
    largest = np.maximum(np.maximum(near ** (y - ry), near ** (y + ry)), far ** (y + ry))
    steep = np.maximum(np.abs(np.log(near)), np.abs(np.log(far)))
    moved = np.maximum(largest, far ** (y - ry)) * steep * ry
    return np.where(near > 0, moved, np.where(far > 0, np.inf, 0.0))


def _exp(mid: Any, _mids: tuple[Any, ...], rads: tuple[Any, ...]) -> Any:
    return np.abs(mid) * np.expm1(rads[0])


def _expm1(mid: Any, _mids: tuple[Any, ...], rads: tuple[Any, ...]) -> Any:
    return (np.abs(mid) + 1) * np.expm1(rads[0])


def _log(_mid: Any, mids: tuple[Any, ...], rads: tuple[Any, ...]) -> Any:
    return -np.log1p(-np.minimum(rads[0] / np.abs(mids[0]), 1))


def _log1p(_mid: Any, mids: tuple[Any, ...], rads: tuple[Any, ...]) -> Any:
    return -np.log1p(-np.minimum(rads[0] / np.abs(1 + mids[0]), 1))


def _sqrt(mid: Any, mids: tuple[Any, ...], rads: tuple[Any, ...]) -> Any:
    low = np.sqrt(np.maximum(mids[0] - rads[0], 0))
    return np.fmin(rads[0] / (mid + low), np.sqrt(rads[0]))  # nothing for 0 / 0


def _as_far(_mid: Any, _mids: tuple[Any, ...], rads: tuple[Any, ...]) -> Any:
    return rads[0]


def _tanh(_mid: Any, mids: tuple[Any, ...], rads: tuple[Any, ...]) -> Any:
    near = np.maximum(np.abs(mids[0]) - rads[0], 0)
    return rads[0] / np.cosh(np.minimum(near, 300)) ** 2


def _square(_mid: Any, mids: tuple[Any, ...], rads: tuple[Any, ...]) -> Any:
    return 2 * np.abs(mids[0]) * rads[0] + rads[0] ** 2


def _reciprocal(mid: Any, mids: tuple[Any, ...], rads: tuple[Any, ...]) -> Any:
    return _divide(mid, (1.0, mids[0]), (0.0, rads[0]))


def _furthest(_mid: Any, _mids: tuple[Any, ...], rads: tuple[Any, ...]) -> Any:
    return np.maximum(*rads)


def _sign(_mid: Any, mids: tuple[Any, ...], rads: tuple[Any, ...]) -> Any:
    return np.where(rads[0] >= np.abs(mids[0]), 2.0, 0.0) * (rads[0] > 0)


def _matmul(_mid: Any, mids: tuple[Any, ...], rads: tuple[Any, ...]) -> Any:
    (x, y), (rx, ry) = mids, rads
    moved = np.zeros(())
    if np.any(rx):
        moved = moved + np.broadcast_to(rx, np.shape(x)) @ (np.abs(y) + ry)
    if np.any(ry):
        moved = moved + np.abs(x) @ np.broadcast_to(ry, np.shape(y))
    return moved


RADII: Final[Mapping[np.ufunc, Radius]] = MappingProxyType({
    np.add: _add, np.subtract: _add, np.multiply: _multiply, np.divide: _divide, np.power: _power,
    np.negative: _as_far, np.absolute: _as_far, np.square: _square, np.reciprocal: _reciprocal,
    np.exp: _exp, np.expm1: _expm1, np.log: _log, np.log1p: _log1p, np.sqrt: _sqrt,
    np.sin: _as_far, np.cos: _as_far, np.tanh: _tanh,
    np.maximum: _furthest, np.minimum: _furthest, np.sign: _sign, np.matmul: _matmul,
})  # fmt: skip

EXACT: Final = frozenset({np.negative, np.absolute, np.maximum, np.minimum, np.sign})
POLES: Final = frozenset({np.log, np.log1p, np.divide, np.reciprocal})
ROUNDED_ONCE: Final = frozenset(  # not sqrt: libraries take it as they take exp
    {np.add, np.subtract, np.multiply, np.divide, np.square, np.reciprocal}
)


def rounding(ufunc: np.ufunc, model: Model, mid: Array, mids: tuple[Any, ...]) -> Any:
    """Return what rounding adds to the result of one operation, whoever commits it."""
    if ufunc in EXACT:
        return 0.0
    return in_range(model.unit, mid, model.unit * _magnitude(ufunc, model.odds, mid, mids))


def exact_at_infinity(ufunc: np.ufunc, mid: Any, mids: tuple[Any, ...]) -> Any:
    """Whether entries are infinite because an operand is, or at a pole: exactly so."""
    from_operand = np.any([np.isinf(np.broadcast_to(m, np.shape(mid))) for m in mids], axis=0)
    return np.isinf(mid) & (from_operand | (ufunc in POLES))


def in_range(unit: float, mid: Any, rad: Any) -> Any:
    """Return a radius as the ends of the format have it.

    Below the format's normal numbers the last place has a floor; beyond its largest there is no
    bound at all.
    """
    smallest, largest = RANGES.get(unit, (0.0, np.inf))
    return np.where(np.abs(mid) > largest, np.inf, rad + smallest)


def _magnitude(ufunc: np.ufunc, odds: float, mid: Array, mids: tuple[Any, ...]) -> Any:
    if ufunc is np.matmul:
        return growth(np.shape(mids[0])[-1] + 1, odds) * np.matmul(np.abs(mids[0]), np.abs(mids[1]))
    return (1.0 if ufunc in ROUNDED_ONCE else ELEMENTARY * odds / CERTAIN) * np.abs(mid)
