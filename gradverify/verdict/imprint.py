"""An array becomes its fingerprint."""

from functools import lru_cache
from typing import Final

import numpy as np

from gradverify.arrays import Array, largest
from gradverify.verdict.fingerprint import Fingerprint

PROJECTIONS: Final = 2
PROBES: Final = 4
CHUNK: Final = 2**18
"""Entries that are mixed at once: memory does not grow with the array."""


def fingerprint(party: str, kind: str, of: str, array: Array) -> Fingerprint:
    """Return the fingerprint of a real array of any shape; the same bits make the same one."""
    flat = np.ravel(array).astype(np.float64)
    whole = np.isfinite(flat)
    nonfinite = flat.size - int(np.count_nonzero(whole))
    finite = np.where(whole, flat, 0.0) if nonfinite else flat
    return Fingerprint(
        party=party,
        kind=kind,
        of=of,
        shape=array.shape,
        dtype=str(array.dtype),
        size=largest(finite),
        nonfinite=nonfinite,
        projections=_projections(finite),
        probes=tuple((k, float(flat[k])) for k in _probed(finite)),
    )


def _projections(flat: Array) -> tuple[float, ...]:
    if not flat.size:
        return (0.0,) * PROJECTIONS
    total = np.zeros(PROJECTIONS)
    for start in range(0, flat.size, CHUNK):
        part = flat[start : start + CHUNK]
        with np.errstate(over="ignore", invalid="ignore"):
            total += _signs(start, part.size).astype(np.float64) @ (part / flat.size)
    return tuple(map(float, total))


@lru_cache(maxsize=64)
def _signs(start: int, count: int) -> Array:
    """Return a row of signs a projection: bits of the entry's own index, mixed.

    They are arithmetic, so that every machine and every version of numpy has the same.
    """
    mixed = _mixed(np.arange(start, start + count, dtype=np.uint64))
    bits = [(mixed >> np.uint64(40 + k)) & np.uint64(1) for k in range(PROJECTIONS)]
    return np.stack(bits).astype(np.int8) * np.int8(2) - np.int8(1)


def _mixed(counters: Array) -> Array:
    """Return 64 bits a counter: splitmix64.

    Source: Steele, Lea and Flood (2014), "Fast splittable pseudorandom number generators", OOPSLA.
    """
    z = counters * np.uint64(0x9E3779B97F4A7C15) + np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


def _probed(flat: Array) -> tuple[int, ...]:
    """Return the entries to keep, the largest first where not all are."""
    if flat.size <= PROBES:
        return tuple(range(flat.size))
    drawn = _mixed(np.arange(4 * PROBES, dtype=np.uint64)) % np.uint64(flat.size)
    some = (int(np.argmax(np.abs(flat))), *map(int, drawn))
    return tuple(dict.fromkeys(some))[:PROBES]
