"""Ways in which a party can be wrong: each takes a right gradient and returns a wrong one.

Beside each stand the findings that say rightly what was done to it.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final, NamedTuple, TypeAlias

import numpy as np

from gradverify.arrays import Array

Alteration: TypeAlias = Callable[[Array], Array]


class Wrong(NamedTuple):
    """An alteration, and the findings that name it."""

    alter: Alteration
    named: frozenset[str]


def entry(change: Callable[[float], float], place: float) -> Alteration:
    """Change the one entry that stands at a share of the way through the array."""

    def alter(right: Array) -> Array:
        wrong = right.copy()
        flat = wrong.reshape(-1)
        k = int(place * (flat.size - 1))
        flat[k] = change(float(flat[k]))
        return wrong

    return alter


def swapped(right: Array) -> Array:
    wrong = right.copy()
    flat = wrong.reshape(-1)
    flat[[0, -1]] = flat[[-1, 0]]
    return wrong


def half_kept(right: Array) -> Array:
    return np.where(np.arange(right.size).reshape(right.shape) < right.size // 2, right, 0.0)


def noisy(right: Array) -> Array:
    noise = np.random.default_rng(5).standard_normal(right.shape)
    return right * (1 + 1e-6 * noise)


def random(right: Array) -> Array:
    return np.random.default_rng(6).standard_normal(right.shape) * float(np.std(right))


def wrong(alter: Alteration, *named: str) -> Wrong:
    return Wrong(alter, frozenset(named))


ENTRY = ("entries-wrong", "mismatch")

WRONGS: Final[Mapping[str, Wrong]] = MappingProxyType(
    {
        "doubled": wrong(lambda g: 2 * g, "off-by-factor"),
        "halved": wrong(lambda g: g / 2, "off-by-factor"),
        "scaled by 1.0001": wrong(lambda g: 1.0001 * g, "mismatch"),
        "sign flipped": wrong(np.negative, "sign-flipped"),
        "zeros": wrong(np.zeros_like, "gradient-missing"),
        "float32": wrong(lambda g: g.astype(np.float32), "precision-lost"),
        "float16 and back": wrong(lambda g: g.astype(np.float16).astype(float), "precision-lost"),
        "one entry NaN": wrong(entry(lambda _: np.nan, 0.5), "not-finite"),
        "last entry infinite": wrong(entry(lambda _: np.inf, 1.0), "not-finite"),
        "first entry flipped": wrong(entry(lambda v: -v, 0.0), *ENTRY),
        "an entry off by a hundredth": wrong(entry(lambda v: 1.01 * v, 0.7), *ENTRY),
        "last entry dropped": wrong(entry(lambda _: 0.0, 1.0), *ENTRY),
        "two entries swapped": wrong(swapped, *ENTRY),
        "second half dropped": wrong(half_kept, "mismatch"),
        "rolled by one": wrong(lambda g: np.roll(g, 1), "mismatch"),
        "noise of a millionth": wrong(noisy, "mismatch"),
        "magnitudes only": wrong(np.abs, "mismatch", "entries-wrong", "sign-flipped"),
        "the mean everywhere": wrong(lambda g: np.full_like(g, g.mean()), "mismatch"),
        "random": wrong(random, "mismatch"),
        "another shape": wrong(lambda g: g[None], "shape-differs", "broadcast-not-summed"),
    }
)

FUNCTIONS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "exponentials": 'inputs: {x: "randn(%d)"}\nloss: sum(exp(x) * sin(x))',
        "log of a sum": 'inputs: {x: "randn(%d)"}\nloss: logsumexp(x)',
        "deviation": 'inputs: {x: "randn(%d)"}\nloss: std(x)',
        "squares of a difference": (
            'inputs: {x: "randn(%d)", t: "randn(1)"}\nloss: mean((x - t) ** 2)'
        ),
        "network": (
            'inputs: {x: "randn(%d)", w: "randn(2, 3)", b: "randn(3)"}\n'
            "ops: ['h = tanh(reshape(x, -1, 2) @ w + b)']\nloss: sum(h * h)"
        ),
        "rectified": (
            'inputs: {x: "randn(%d)"}\nops: [h = x * exp(-x * x)]\nloss: sum(relu(h + 0.25) ** 2)'
        ),
    }
)


def differs(one: Array, other: Array) -> bool:
    """Whether an alteration changed anything: where it did not, there is nothing to notice."""
    return one.shape != other.shape or bool(np.any(~np.isclose(one, other, rtol=1e-9, atol=0)))
