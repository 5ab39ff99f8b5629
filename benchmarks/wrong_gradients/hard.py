"""Inputs at which a right gradient is difficult to confirm."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final, TypeAlias, final

import numpy as np

Numbers: TypeAlias = np.ndarray[Any, Any]
Draw: TypeAlias = Callable[[np.random.Generator], Numbers]
Inputs: TypeAlias = Callable[[np.random.Generator], dict[str, Numbers]]


@final
@dataclass(frozen=True, slots=True)
class Hard:
    """A subject of the table at special inputs.

    `kinked`: every entry is at a kink, so that wrong gradients may be right conventions.
    """

    name: str
    subject: str
    inputs: Inputs
    kinked: bool = field(default=False)


def _x(make: Draw) -> Inputs:
    return lambda rng: {"x": make(rng)}


def _some(value: float) -> Inputs:
    """Return normal numbers of which every third is at plus or minus a value."""

    def make(rng: np.random.Generator) -> Numbers:
        x = rng.normal(size=30)
        x[::3] = value * np.where(np.arange(10) % 2, 1.0, -1.0)
        return x

    return _x(make)


def _all(value: float, shape: tuple[int, ...] = (12,)) -> Inputs:
    return _x(lambda _: np.full(shape, value))


def _scaled(scale: float, shift: float = 0.0, shape: tuple[int, ...] = (4, 6)) -> Inputs:
    return _x(lambda rng: scale * rng.normal(size=shape) + shift)


def _orders(low: float, high: float, n: int = 40) -> Draw:
    return lambda rng: 10.0 ** rng.uniform(low, high, size=n) * np.sign(rng.normal(size=n))


def _positive_orders(low: float, high: float) -> Inputs:
    return _x(lambda rng: np.abs(_orders(low, high)(rng)))


def _two(make: Callable[[np.random.Generator], tuple[Numbers, Numbers]]) -> Inputs:
    def inputs(rng: np.random.Generator) -> dict[str, Numbers]:
        x, y = make(rng)
        return {"x": x, "y": y}

    return inputs


def _near_pair(rng: np.random.Generator) -> tuple[Numbers, Numbers]:
    x = rng.normal(size=20)
    return x, x + 1e-10 * rng.normal(size=20)


def _cancelling(rng: np.random.Generator) -> tuple[Numbers, Numbers]:
    x = 1e8 * rng.normal(size=20)
    return np.concatenate([x, x]), np.concatenate([np.ones(20), -np.ones(20)]) + 1e-9


def _at_one(rng: np.random.Generator) -> tuple[Numbers, Numbers]:
    y = np.round(rng.normal(size=20))
    return y + np.where(np.arange(20) % 2, 1.0, -1.0), y


def _conditioned(number: float, side: int = 6) -> Draw:
    """Return `a` such that the matrix of `solve`, I + 0.3 a / sqrt(side), has this condition."""

    def make(rng: np.random.Generator) -> Numbers:
        left, right = (np.linalg.qr(rng.normal(size=(side, side)))[0] for _ in range(2))
        wanted = left @ np.diag(np.geomspace(1.0, 1.0 / number, side)) @ right
        return (wanted - np.eye(side)) * side**0.5 / 0.3

    return make


def _system(number: float) -> Inputs:
    make = _conditioned(number)
    return lambda rng: {"a": make(rng), "b": rng.normal(size=(6, 1))}


def _matrix(number: float) -> Inputs:
    make = _conditioned(number)
    return lambda rng: {"a": make(rng)}


def _normalised(x: Draw) -> Inputs:
    return lambda rng: {"x": x(rng), "weight": rng.normal(size=6), "bias": rng.normal(size=6)}


def _network(x: Draw, scale: float = 1.0) -> Inputs:
    return lambda rng: {
        "x": x(rng), "w1": scale * rng.normal(size=(3, 3)), "w2": rng.normal(size=(3, 3))
    }  # fmt: skip


def _dead(rng: np.random.Generator) -> dict[str, Numbers]:
    return {
        "x": rng.uniform(1.0, 2.0, size=(4, 3)),
        "w1": -rng.uniform(1.0, 2.0, size=(3, 3)),
        "w2": rng.normal(size=(3, 3)),
    }


def _scores(scale: float) -> Inputs:
    return lambda rng: {
        "q": scale * rng.normal(size=(1, 4, 4)),
        "k": scale * rng.normal(size=(1, 4, 4)),
        "v": rng.normal(size=(1, 4, 4)),
    }


def _half_zero(rng: np.random.Generator) -> Numbers:
    x = rng.normal(size=(6, 3))
    x[::2] = 0.0
    return x


def _one_column_still(rng: np.random.Generator) -> Numbers:
    x = rng.normal(size=(8, 6))
    x[:, 2] = 3.0 + 1e-7 * x[:, 2]
    return x


def _ties(rng: np.random.Generator) -> Numbers:
    return np.round(rng.normal(size=(6, 8)))


def _both_wide(rng: np.random.Generator) -> tuple[Numbers, Numbers]:
    return _orders(-6.0, 6.0)(rng), _orders(-6.0, 6.0)(rng)


def _zeros(_rng: np.random.Generator) -> tuple[Numbers, Numbers]:
    return np.zeros(12), np.zeros(12)


HARD: Final[Mapping[str, Hard]] = MappingProxyType({hard.name: hard for hard in (
    Hard("relu-some-at-zero", "relu", _some(0.0)),
    Hard("relu-some-at-1e-9", "relu", _some(1e-9)),
    Hard("relu-all-at-zero", "relu", _all(0.0), kinked=True),
    Hard("abs-some-at-zero", "abs", _some(0.0)),
    Hard("abs-some-at-1e-9", "abs", _some(1e-9)),
    Hard("clip-some-at-its-bounds", "clip", _some(1.0)),
    Hard("leaky-relu-some-at-zero", "leaky-relu", _some(0.0)),
    Hard("elu-some-at-zero", "elu", _some(0.0)),
    Hard("max-many-ties", "max", _x(_ties), kinked=True),
    Hard("max-all-equal", "max", _all(2.0, (3, 4)), kinked=True),
    Hard("max-ties-to-1e-12", "max", _x(lambda r: _ties(r) + 1e-12 * r.normal(size=(6, 8)))),
    Hard("max-pool-ties", "max-pool", _x(_ties), kinked=True),
    Hard("sort-many-ties", "sort", _x(_ties), kinked=True),
    Hard("huber-at-its-bend", "huber", _two(_at_one)),
    Hard("relu-loss-zero-rows", "relu-loss", _network(_half_zero)),
    Hard("relu-loss-dead", "relu-loss", _dead),
    Hard("relu-loss-tiny-weights", "relu-loss", _network(_half_zero, 1e-9)),
    Hard("solve-condition-1e8", "solve", _system(1e8)),
    Hard("solve-condition-1e4", "solve", _system(1e4)),
    Hard("inv-condition-1e6", "inv", _matrix(1e6)),
    Hard("logdet-condition-1e10", "logdet", _matrix(1e10)),
    Hard("variance-around-1e8", "variance", _scaled(1.0, 1e8)),
    Hard("variance-around-1e4", "variance", _scaled(1.0, 1e4)),
    Hard("deviation-around-1e6", "deviation", _scaled(1.0, 1e6)),
    Hard("layernorm-around-1e6", "layernorm", _normalised(lambda r: 1e6 + r.normal(size=(4, 6)))),
    Hard("batchnorm-still-column", "batchnorm", _normalised(_one_column_still)),
    Hard("softmax-saturated", "softmax", _scaled(100.0)),
    Hard("log-softmax-saturated", "log-softmax", _scaled(1e4)),
    Hard("sigmoid-saturated", "sigmoid", _some(40.0)),
    Hard("sigmoid-at-700", "sigmoid", _all(-700.0)),
    Hard("cross-entropy-saturated", "cross-entropy", _scaled(300.0)),
    Hard("attention-saturated", "attention", _scores(12.0)),
    Hard("tanh-plateau", "tanh", _scaled(1.0, 30.0, (20,))),
    Hard("log-near-zero", "log", _positive_orders(-12.0, -8.0)),
    Hard("log-at-1e-30", "log", _positive_orders(-31.0, -29.0)),
    Hard("sqrt-near-zero", "sqrt", _positive_orders(-16.0, -10.0)),
    Hard("reciprocal-near-zero", "reciprocal", _positive_orders(-9.0, -7.0)),
    Hard("square-twelve-orders", "square", _x(_orders(-6.0, 6.0))),
    Hard("norm-twelve-orders", "norm", _x(_orders(-6.0, 6.0))),
    Hard("mul-twelve-orders", "mul", _two(_both_wide)),
    Hard("sum-twelve-orders", "sum", _x(_orders(-6.0, 6.0))),
    Hard("sin-denormal", "sin", _x(_orders(-320.0, -310.0))),
    Hard("mul-around-1e30", "mul", _two(lambda r: (_orders(29, 30)(r), _orders(-1, 1)(r)))),
    Hard("square-all-zero", "square", _all(0.0)),
    Hard("mul-all-zero", "mul", _two(_zeros)),
    Hard("dot-cancelling", "dot", _two(_cancelling)),
    Hard("squared-error-nearly-zero", "squared-error", _two(_near_pair)),
    Hard("cosine-nearly-parallel", "cosine", _two(_near_pair)),
    Hard("logsumexp-around-1e8", "logsumexp", _scaled(1.0, 1e8)),
    Hard("norm-tiny", "norm", _scaled(1e-9, 0.0, (12,))),
    Hard("exp-large", "exp", _scaled(60.0, 0.0, (12,))),
    Hard("softplus-far-out", "softplus", _scaled(400.0, 0.0, (12,))),
    Hard("gelu-far-out", "gelu", _scaled(8.0, 0.0, (20,))),
)})  # fmt: skip
"""By name; at float64, and at float32 where these numbers are finite there."""
