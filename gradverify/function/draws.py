"""Seeded directions and cotangents, whose entries are exact in every format."""

import math
import zlib
from collections.abc import Sequence
from typing import Final

import numpy as np

from gradverify.arrays import Array, largest

HALF: Final = 128  # of the values of a byte
SHARES: Final = np.array([s * k / (2 * HALF) for s in (1, -1) for k in range(HALF, 2 * HALF)])
"""Signed shares between a half and 1 of eight bits: sums of their multiples do not cancel."""

EXPONENT: Final = 0x7FF0_0000_0000_0000  # the bits of a float64 that say its power of two
DROWNED: Final = 2.0**-20  # the share of a typical entry that no entry is moved by less than
MANY: Final = 2**16  # entries of which each cannot have a share of its own in eight bits
WIDE: Final = 2.0**10  # times a typical entry: more makes them scattered
TYPICAL: Final = 2**12  # entries that tell what is typical
SIGNED_SCALES: Final = np.resize([1.0, -1.0, 2.0, -2.0, 4.0, -4.0], 256)  # by a byte
ALL_DIGITS: Final = 1 - 2.0**-30 / 3  # makes 16 random bits numbers of 53, which no cast keeps
DIGITS: Final = 53  # of a float64
LIGHTEST: Final = 2.0**-8  # the share that a large output is weighed by, beside a small one


def generator(seed: int, name: str) -> np.random.Generator:
    """Return the stream of a name: adding an input changes nobody else's."""
    return np.random.default_rng((seed, zlib.crc32(name.encode())))


def fine_shares(count: int, rng: np.random.Generator) -> Array:
    """Return the same of sixteen bits, or two among very many would be alike."""
    drawn = np.frombuffer(rng.bytes(2 * count), np.int16).astype(np.float64)
    drawn /= 2.0**16
    drawn += np.copysign(0.5, drawn)
    return drawn


def shares(count: int, rng: np.random.Generator) -> Array:
    """Return signed shares between a half and 1."""
    return SHARES[np.frombuffer(rng.bytes(count), np.uint8)]


def powers(array: Array) -> Array:
    """Return for each entry the power of two below it, 0 for what is smaller than normal."""
    sizes = np.abs(array)
    bits = sizes.view(np.int64)
    bits &= EXPONENT
    sizes[~np.isfinite(sizes)] = 0.0
    return sizes


def power(number: float) -> float:
    """Return the power of two below a positive number."""
    return float(np.ldexp(0.5, np.frexp(number)[1]))


def typical(array: Array) -> float:
    """Return the median size of what is not 0, as a power of two; 1.0 where all is."""
    flat = np.ravel(array)
    some = np.abs(flat[:: max(1, flat.size // TYPICAL)])
    some = some[(some > 0) & np.isfinite(some)]
    return power(float(np.median(some))) if some.size else 1.0


def own_scale(array: Array) -> Array:
    """Return how far each entry is moved when all are moved by the same share of themselves.

    Powers of two make x + h·v exact, so that moving x adds no error of its own. What is 0, or far
    below a typical entry, is moved by a small share of the typical one.
    """
    usual = typical(array)
    sizes = powers(array)
    still = ~np.isfinite(array)
    sizes[sizes == 0] = usual  # and what is smaller than any normal number
    _ = np.maximum(sizes, usual * DROWNED, out=sizes)
    sizes[still] = 0.0
    return sizes


def even_direction(names: Sequence[str], primals: Sequence[Array], seed: int) -> Array:
    """Return a flat direction that moves all entries of a leaf alike: no error drowns in others."""
    made: list[Array] = []
    for name, primal in zip(names, primals, strict=True):
        flat = np.ravel(primal)
        rng = generator(seed, f"even {name}")
        draw = fine_shares if flat.size > MANY else shares
        alike = typical(flat) * draw(flat.size, rng)
        alike[~np.isfinite(flat)] = 0.0
        made.append(alike)
    return np.concatenate(made) if len(made) > 1 else made[0]


def own_direction(names: Sequence[str], primals: Sequence[Array], seed: int) -> Array:
    """Return a flat direction that moves every entry by the same share of itself.

    None leaves its domain, and none is large beside what its gradient comes to.
    """
    made: list[Array] = []
    for name, primal in zip(names, primals, strict=True):
        flat = np.ravel(primal)
        made.append(own_scale(flat) * shares(flat.size, generator(seed, f"own {name}")))
    return np.concatenate(made) if len(made) > 1 else made[0]


def scattered(primals: Sequence[Array]) -> bool:
    """Whether some entries are so much larger than typical ones that one line is not enough."""
    return any(largest(p[np.isfinite(p)]) > WIDE * typical(p) for p in primals if p.size)


def cotangent(values: Sequence[Array], seed: int, size: float, digits: int) -> tuple[Array, ...]:
    """Return a signed cotangent an output, smaller for larger outputs, or they would drown others.

    Of `digits` binary digits, so that the narrowest format of the inputs holds it, and from half of
    `size` to 4 times that, so that clipping shows.
    """
    sizes = [typical(value) for value in values]
    least = min(sizes, default=1.0)
    made: list[Array] = []
    for k, (value, usual) in enumerate(zip(values, sizes, strict=True)):
        rng = generator(seed, f"cotangent {size} {k}")
        scale = size if usual == least else size * max(least / usual, LIGHTEST)
        made.append(scale * _spread(value.size, digits, rng).reshape(value.shape))
    return tuple(made)


def _spread(count: int, digits: int, rng: np.random.Generator) -> Array:
    """Return signed numbers of `digits` digits from a half to 4, none of them near to 0."""
    sizes = np.frombuffer(rng.bytes(2 * count), np.uint16).astype(np.float64)
    sizes += 2.0**16
    sizes *= ALL_DIGITS * 2.0**-17
    if digits < DIGITS:
        sizes = np.rint(sizes * 2.0**digits) * 2.0**-digits
    sizes *= SIGNED_SCALES[np.frombuffer(rng.bytes(count), np.uint8)]
    return sizes


def rounded(array: Array, eps: float) -> Array:
    """Return numbers with as many digits as a format of this eps holds."""
    digits = 1 - round(math.log2(eps))
    mantissa, exponent = np.frexp(array)
    return np.ldexp(np.rint(np.ldexp(mantissa, digits)), exponent - digits)
