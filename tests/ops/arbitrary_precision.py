# pyright: basic, reportMissingImports=false
# python-flint has no types of its own.
"""Calls of ops in numbers of arbitrary precision, in arrays of objects."""

from typing import Any, Final

import numpy as np
from flint import arb, ctx

from gradverify.arrays import Array, Shape
from gradverify.ops.broadcasting import unbroadcast
from tests.ops.cases import Case

BITS: Final = 400
STEP: Final = -80  # a power of two


def exact(array: Array) -> Array:
    """Return the entries as numbers of arbitrary precision."""
    return filled(array.shape, [arb(float(entry)) for entry in array.reshape(-1)])


def third() -> Array:
    """Return 1/3, which no float is."""
    with ctx.workprec(BITS):
        return filled((1,), [arb(1) / 3])


def filled(shape: Shape, entries: list[Any]) -> Array:
    array = np.empty(len(entries), dtype=object)
    array[:] = entries
    return array.reshape(shape)


def middles(array: Array) -> Array:
    """Return the middles: widths add up to nothing at this precision, but to terms in a sum."""
    entries = np.asarray(array, dtype=object)
    return filled(entries.shape, [arb(entry).mid() for entry in entries.reshape(-1)])


def alternating(shape: Shape) -> Array:
    """Return a direction of 1 and -1."""
    signs = [1 - 2 * (n % 2) for n in range(np.ones(shape).size)]
    return filled(shape, [arb(sign) for sign in signs])


def moved(case: Case, by: Any) -> list[Any]:
    """Return the operands in arbitrary precision, floating entries moved along their directions."""
    operands = list(case.operands)
    for n in case.floating:
        step = by * alternating(case.shapes[n])
        operands[n] = np.asarray(exact(case.operands[n]) + step, dtype=object)
    return operands


def weighed(case: Case, by: Any) -> Any:
    out = np.asarray(case.primal(*moved(case, by)), dtype=object)
    return np.sum(middles(exact(case.ct) * out))


def claimed(case: Case) -> Any:
    """Return the derivative along the directions by the rule."""
    operands = moved(case, arb(0))
    out = np.asarray(case.primal(*operands), dtype=object)
    gradients = case.vjp(exact(case.ct), out, *operands)
    found = arb(0)
    for n in case.floating:
        gradient = gradients[n]
        if gradient is not None:
            shape = case.shapes[n]
            found += np.sum(middles(unbroadcast(gradient, shape)) * alternating(shape))
    return found


def error_in_many_digits(case: Case) -> float:
    """Return how far the rule is from a difference with a step of 1e-24, in 120 digits."""
    with ctx.workprec(BITS):
        step = arb(2) ** STEP
        difference = (weighed(case, step) - weighed(case, -step)) / (2 * step)
        error = abs(float((claimed(case) - difference).mid()))
        return error / max(1.0, abs(float(difference)))
