"""Causes that a term shows: what must be added to the claim, or which mask was meant."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations_with_replacement
from typing import Final, final

import numpy as np

from gradverify.arrays import Array
from gradverify.function.accused import Accused, Cause
from gradverify.function.entrywise import by_truth

LARGE: Final = 2**15  # entries above which only what needs no reduction is tried
EQUATIONS: Final = 3  # independent numbers that a coefficient must explain, at least
CHANCE: Final = 4  # entries on either side that a mask must have
PLAIN: Final = (1.0, -1.0, 2.0, -2.0, 0.5, -0.5)
NEAR: Final = 1e-6


@final
@dataclass(frozen=True, slots=True)
class Term:
    """Something that a gradient may lack, for every cotangent, and how it is written."""

    text: str
    arrays: tuple[Array, ...]


def term_missing(accused: Accused) -> Cause | None:
    """The claim plus a plain multiple of one term is right."""
    if accused.size < EQUATIONS:
        return None
    off, may = accused.gaps(accused.claims)
    for term in _terms(accused):
        if term.text == "claim":
            continue  # minus itself, it would say that the truth is 0
        coefficient = _coefficient(accused, term, off, may)
        if coefficient is None:
            continue
        repaired = [c + coefficient * a for c, a in zip(accused.claims, term.arrays, strict=True)]
        if accused.explained_by(repaired):
            sign, size = "-" if coefficient < 0 else "+", abs(coefficient)
            times = "" if size == 1 else f"{size:.7g} * "
            message = f"right with {sign} {times}{term.text}"
            return Cause("term-missing", message, {"coefficient": coefficient}, repaired[0])
    return None


def _coefficient(accused: Accused, term: Term, off: Array, may: Array) -> float | None:
    """Return what a term must be multiplied by, if one plain number does it everywhere."""
    moved = np.array([[a @ seen.direction for a in term.arrays] for seen in accused.looks])
    heavy = np.unravel_index(int(np.argmax(np.abs(moved))), moved.shape)
    if not np.isfinite(moved).all() or not moved[heavy]:
        return None
    found = -off[heavy] / moved[heavy]
    plain = next((p for p in _numbers(accused) if abs(found - p) <= NEAR * abs(p)), None)
    if plain is None or not np.all(np.abs(off + plain * moved) <= may * (1 + abs(plain))):
        return None
    return plain


def _numbers(accused: Accused) -> Iterator[float]:
    yield from PLAIN
    for n in {*accused.shape, accused.size}:
        yield from (1 / n, -1 / n, float(n), float(-n))


def _terms(accused: Accused) -> Iterator[Term]:
    """Yield products of what is at hand, whole and summed over axes."""
    for text, arrays in _products(accused):
        yield Term(text, tuple(np.ravel(array) for array in arrays))
        if accused.size > LARGE:
            continue
        for axis in (None, *range(len(accused.shape))):
            over = "" if axis is None else f", axis={axis}"
            means = [np.broadcast_to(np.mean(a, axis=axis, keepdims=True), a.shape) for a in arrays]
            yield Term(f"mean({text}{over})", tuple(np.ravel(m) for m in means))
            for name, factor in _values(accused):
                scaled = tuple(np.ravel(m * factor) for m in means)
                yield Term(f"{name} * mean({text}{over})", scaled)


def _products(accused: Accused) -> Iterator[tuple[str, Sequence[Array]]]:
    """Yield the cotangent and the claim, alone and times one or two values."""
    values = list(_values(accused))
    pairs = [((), "")] + [((value,), name) for name, value in values]
    pairs += [((a, b), f"{n} * {m}") for (n, a), (m, b) in combinations_with_replacement(values, 2)]
    for name, arrays in _linear(accused):
        for factors, text in pairs:
            made = [array * np.prod(factors, axis=0) if factors else array for array in arrays]
            yield (f"{name} * {text}" if text else name), made


def _linear(accused: Accused) -> Iterator[tuple[str, list[Array]]]:
    """Yield what is linear in the cotangent and has the shape of the leaf."""
    count = len(accused.claims)
    yield from _cotangents(accused, count)
    yield "claim", [accused.shaped(k) for k in range(count)]


def _cotangents(accused: Accused, count: int) -> Iterator[tuple[str, list[Array]]]:
    point = accused.trial.point
    outputs = point.ask.outputs
    for j, shape in enumerate(outputs.shapes if outputs else ()):
        name = "ct" if outputs and len(outputs.shapes) == 1 else f"ct[{j}]"
        parts = [outputs.split(point.cotangents[k])[j] for k in range(count)] if outputs else []
        if shape in {accused.shape, ()}:
            yield name, [np.broadcast_to(part, accused.shape) for part in parts]


def _values(accused: Accused) -> Iterator[tuple[str, Array]]:
    """Yield inputs and outputs that have the shape of the leaf, or fit it."""
    point, trial = accused.trial.point, accused.trial
    for name, primal in zip(trial.names, trial.primals, strict=True):
        if primal.size > 1 and _fits(primal.shape, accused.shape):
            yield name, np.broadcast_to(primal, accused.shape)
    outputs = point.ask.outputs
    for j, value in enumerate(outputs.split(point.value) if outputs else ()):
        if value.size > 1 and _fits(value.shape, accused.shape):
            name = "out" if outputs and len(outputs.shapes) == 1 else f"out[{j}]"
            yield name, np.broadcast_to(value, accused.shape)


def _fits(shape: tuple[int, ...], onto: tuple[int, ...]) -> bool:
    try:
        return np.broadcast_shapes(shape, onto) == onto
    except ValueError:
        return False


def masked(accused: Accused) -> Cause | None:
    """The cotangent, or the claim, let through where another value is positive.

    Where the claim does not look like that under any mask, what is wrong shows entry by entry.
    """
    for what, arrays in _linear(accused):
        for name, value in _values(accused):
            for sign, mask in (("> 0", value > 0), ("< 0", value < 0)):
                if min(np.sum(mask), np.sum(~mask)) < CHANCE:
                    continue
                repaired = [np.where(mask, array, 0.0).ravel() for array in arrays]
                if accused.explained_by(repaired):
                    said = f"`{what}` where {name} {sign}, and 0 elsewhere, is right"
                    return _as_masked(accused, Cause("", said, {}, repaired[0]), arrays[0])
    return None


def _as_masked(accused: Accused, found: Cause, through: Array) -> Cause | None:
    """Return a mask as the cause where the claim is masked as another value would have it."""
    claim, through = accused.claims[0], np.ravel(through)
    if found.truth is None:
        return None
    same = np.abs(claim - through) <= NEAR * np.abs(through)
    if bool(np.all(same)):
        return replace(found, code="term-missing")
    if bool(np.all(same | (claim == 0.0))):
        for name, value in (("ct", through), *_values(accused)):
            if any(np.array_equal(same, np.ravel(m)) for m in (value > 0, value < 0)):
                said = f"masked where `{name}` has one sign: {found.message}"
                return replace(found, code="mask-from-wrong-variable", message=said)
    return by_truth(accused, found.truth)
