"""Balls: arrays that carry how far rounding can have moved them. The rules run on them unchanged.

A ball is a midpoint and a radius, entry by entry. Every operation adds the rounding that any
library may commit in it, in whatever order it sums. Dependences between radii are ignored, so that
radii err on the large side.
"""

from collections.abc import Callable, Mapping, Sequence
from operator import attrgetter
from types import MappingProxyType
from typing import Any, Final, final

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from gradverify.arrays import Array, Dtype, Shape
from gradverify.oracles.radii import (
    CERTAIN,
    RADII,
    exact_at_infinity,
    growth,
    in_range,
    rounding,
    stored,
)

TESTS: Final = frozenset({
    np.less, np.less_equal, np.greater, np.greater_equal, np.equal, np.not_equal, np.isfinite,
    np.logical_and, np.logical_or, np.logical_not,
})  # fmt: skip


@final
class Ball(NDArrayOperatorsMixin):
    """`mid` ± `rad` in float64, where `unit` is the unit roundoff of the format it stands for.

    `odds` is how many standard deviations the rounding of a long sum is taken to be.
    """

    __slots__ = ("mid", "odds", "rad", "unit")

    def __init__(self, mid: Any, rad: Any, unit: float, odds: float = CERTAIN) -> None:
        self.mid: Array = np.asarray(mid)
        self.rad: Array = np.broadcast_to(np.asarray(rad, dtype=np.float64), self.mid.shape)
        self.unit = unit
        self.odds = odds

    def like(self, mid: Any, rad: Any) -> "Ball":
        """Return a ball of the same format and odds."""
        return Ball(mid, rad, self.unit, self.odds)

    @property
    def shape(self) -> Shape:
        """The shape of the array."""
        return self.mid.shape

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return self.mid.ndim

    @property
    def size(self) -> int:
        """The number of entries."""
        return self.mid.size

    @property
    def dtype(self) -> Dtype:
        """The dtype of the midpoints."""
        return self.mid.dtype

    @property
    def T(self) -> "Ball":  # noqa: N802 - numpy's name for it
        """The same entries, all axes reversed."""
        return self.like(self.mid.T, self.rad.T)

    def astype(self, dtype: Any, **_: Any) -> Any:
        """Return the ball put into its format once more; as whole numbers or bools, an array."""
        if np.dtype(dtype).kind != "f":
            return self.mid.astype(dtype)
        rounded = np.where(self.rad > 0, self.unit * np.abs(self.mid), stored(self.mid, self.unit))
        return self.like(self.mid, self.rad + rounded)

    def reshape(self, *shape: Any) -> "Ball":
        """Return the same entries in another shape."""
        return self.like(self.mid.reshape(*shape), self.rad.reshape(*shape))

    def copy(self) -> "Ball":
        """Return a ball of its own, which can be written to."""
        return self.like(self.mid.copy(), self.rad.copy())

    def __len__(self) -> int:
        return len(self.mid)

    def __getitem__(self, index: Any) -> "Ball":
        return self.like(self.mid[index], self.rad[index])

    def __setitem__(self, index: Any, value: Any) -> None:
        self.rad = self.rad.copy()
        self.mid[index] = mid_of(value)
        self.rad[index] = rad_of(value, self.unit)

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        if method == "at" and ufunc is np.add:
            return _add_at(*inputs)
        mids = tuple(mid_of(item) for item in inputs)
        if method == "__call__" and ufunc in TESTS:
            return ufunc(*mids)
        if method != "__call__" or kwargs or ufunc not in RADII:
            return NotImplemented
        mid = np.asarray(ufunc(*mids))
        return self.like(mid, self._radius(ufunc, mid, mids, inputs))

    def _radius(
        self, ufunc: np.ufunc, mid: Array, mids: tuple[Any, ...], inputs: tuple[Any, ...]
    ) -> Array:
        rads = tuple(rad_of(item, self.unit) for item in inputs)
        moved = RADII[ufunc](mid, mids, rads)
        if not np.all(np.isfinite(moved)):  # 0 times infinity: what has no radius moves nothing
            moved = np.where(np.isnan(moved), np.where(_still(ufunc, mid, rads), 0, np.inf), moved)
        rad = moved + rounding(ufunc, self, mid, mids)
        if ufunc is np.matmul or np.all(np.isfinite(mid)):
            return rad
        return np.where(exact_at_infinity(ufunc, mid, mids), 0.0, rad)

    def __array_function__(
        self, function: Any, types: Any, args: Sequence[Any], kwargs: Mapping[str, Any]
    ) -> Any:
        if function in MOVING:
            return _on_both(function, *args, **kwargs)
        if function in FUNCTIONS:
            return FUNCTIONS[function](*args, **kwargs)
        return NotImplemented


def mid_of(item: Any) -> Any:
    """Return the midpoint of a ball, and anything else as it is."""
    return item.mid if isinstance(item, Ball) else item


def rad_of(item: Any, unit: float) -> Any:
    """Return the radius of a ball, for a number how far its format moves it, 0 for arrays."""
    if isinstance(item, int | float):
        return stored(item, unit)
    return item.rad if isinstance(item, Ball) else 0.0


def _still(ufunc: np.ufunc, mid: Array, rads: Sequence[Any]) -> Any:
    """Return where nothing that an entry is made of has a radius; of a product, nowhere."""
    if ufunc is np.matmul:
        return False
    return np.all([np.broadcast_to(rad, mid.shape) == 0 for rad in rads], axis=0)


def _first_ball(*items: Any) -> Ball:
    return next(item for item in items if isinstance(item, Ball))


def _add_at(target: Ball, index: Any, value: Any) -> None:
    """`np.add.at`: sums, of as many terms as go to one place."""
    size, counts = np.abs(target.mid), np.ones(target.shape)
    np.add.at(size, index, np.abs(mid_of(value)))
    np.add.at(counts, index, 1)
    target.rad = target.rad.copy()
    np.add.at(target.rad, index, rad_of(value, target.unit))
    target.rad += target.unit * growth(int(np.max(counts, initial=1)), target.odds) * size
    np.add.at(target.mid, index, mid_of(value))


def _on_both(function: Any, ball: Ball, *args: Any, **kwargs: Any) -> Any:
    """Move entries about: what happens to the midpoints happens to the radii."""
    mid, rad = function(ball.mid, *args, **kwargs), function(ball.rad, *args, **kwargs)
    if function is np.split:
        return [ball.like(m, r) for m, r in zip(mid, rad, strict=True)]
    return ball.like(mid, rad)


def _where(condition: Any, x: Any, y: Any) -> Ball:
    chosen = mid_of(condition)
    ball = _first_ball(condition, x, y)
    rads = (rad_of(x, ball.unit), rad_of(y, ball.unit))
    return ball.like(np.where(chosen, mid_of(x), mid_of(y)), np.where(chosen, *rads))


def _joined(function: Callable[..., Array]) -> Callable[..., Ball]:
    def join(balls: Sequence[Any], *args: Any, **kwargs: Any) -> Ball:
        ball = _first_ball(*balls)
        mids = [np.asarray(mid_of(ball)) for ball in balls]
        rads = [
            np.broadcast_to(rad_of(b, ball.unit), m.shape) for b, m in zip(balls, mids, strict=True)
        ]
        return ball.like(function(mids, *args, **kwargs), function(rads, *args, **kwargs))

    return join


def _sum(ball: Ball, axis: Any = None, *, keepdims: bool = False) -> Ball:
    mid = np.sum(ball.mid, axis=axis, keepdims=keepdims)
    terms = ball.size // max(1, np.size(mid))
    added = growth(terms, ball.odds) * np.sum(np.abs(ball.mid), axis=axis, keepdims=keepdims)
    rad = np.sum(ball.rad, axis=axis, keepdims=keepdims)
    return ball.like(mid, rad + in_range(ball.unit, mid, ball.unit * added))


def _mean(ball: Ball, axis: Any = None, *, keepdims: bool = False) -> Any:
    total = _sum(ball, axis, keepdims=keepdims)
    return total / (ball.size / max(1, total.size))


def _prod(ball: Ball, axis: Any = None, *, keepdims: bool = False) -> Ball:
    mid = np.prod(ball.mid, axis=axis, keepdims=keepdims)
    far = np.prod(np.abs(ball.mid) + ball.rad, axis=axis, keepdims=keepdims)
    terms = ball.size // max(1, np.size(mid))
    added = in_range(ball.unit, far, ball.unit * terms * far)
    return ball.like(mid, far - np.abs(mid) + added)


def _extreme(function: Callable[..., Array]) -> Callable[..., Ball]:
    """Return `max` or `min` of balls: an entry that cannot win says nothing."""

    def extreme(ball: Ball, axis: Any = None, *, keepdims: bool = False) -> Ball:
        mid, high, low = (
            function(part, axis=axis, keepdims=keepdims)
            for part in (ball.mid, ball.mid + ball.rad, ball.mid - ball.rad)
        )
        return ball.like(mid, np.where(np.isinf(mid), 0.0, np.maximum(high - mid, mid - low)))

    return extreme


def _filled(value: float) -> Callable[..., Ball]:
    def like(ball: Ball, *, shape: Shape | None = None, **_: Any) -> Ball:
        return ball.like(np.full(ball.shape if shape is None else shape, value), 0.0)

    return like


def _full_like(ball: Ball, value: Any, **_: Any) -> Ball:
    return ball.like(np.full(ball.shape, mid_of(value)), rad_of(value, ball.unit))


MOVING: Final = frozenset({
    np.reshape, np.transpose, np.swapaxes, np.moveaxis, np.squeeze, np.expand_dims, np.ravel,
    np.broadcast_to, np.split, np.copy, np.take, np.flip,
})  # fmt: skip

FUNCTIONS: Final[Mapping[Any, Callable[..., Any]]] = MappingProxyType({
    np.where: _where, np.concatenate: _joined(np.concatenate), np.stack: _joined(np.stack),
    np.sum: _sum, np.mean: _mean, np.prod: _prod,
    np.max: _extreme(np.max), np.min: _extreme(np.min),
    np.zeros_like: _filled(0.0), np.ones_like: _filled(1.0), np.full_like: _full_like,
    np.shape: attrgetter("shape"), np.ndim: attrgetter("ndim"), np.size: attrgetter("size"),
})  # fmt: skip
