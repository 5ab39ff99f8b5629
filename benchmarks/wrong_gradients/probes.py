"""Faults that do not show in one call at the given inputs: how each kind is provoked."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any, Final, TypeAlias

import numpy as np

from benchmarks.wrong_gradients.alteration import Place
from benchmarks.wrong_gradients.namespaces import numpy_space
from benchmarks.wrong_gradients.subject import Backward
from benchmarks.wrong_gradients.truth import (
    NO_FAULT,
    Fault,
    Numbers,
    Point,
    error_between,
    point_of,
    second_order_fault,
)

Probe: TypeAlias = Callable[[Point, Place, Backward], Fault]


def _worst(faults: list[Fault]) -> Fault:
    return max(faults, key=lambda fault: fault.error, default=NO_FAULT)


def _again(point: Point, _place: Place, wrong: Backward) -> Fault:
    """Call three times with two cotangents."""
    right = point.subject.backward
    order = (0, 1, 0)
    return _worst([error_between(point.grads(right, i), point.grads(wrong, i)) for i in order])


def _elsewhere(point: Point, _place: Place, wrong: Backward) -> Fault:
    """Call at the inputs, and then at inputs that were moved."""
    moved = _moved(point, lambda x: 1.03 * x)
    _ = point.grads(wrong)
    return error_between(moved.grads(point.subject.backward), moved.grads(wrong))


def _moved(point: Point, move: Callable[[Numbers], Numbers]) -> Point:
    inputs = {k: move(x) if x.dtype.kind == "f" else x for k, x in point.inputs.items()}
    return point_of(point.subject, inputs)


def _in_band(point: Point, place: Place, wrong: Backward) -> Fault:
    return _at(point, place, wrong, sum(place.band) / 2)


def _above(point: Point, place: Place, wrong: Backward) -> Fault:
    return _at(point, place, wrong, place.top + 1.0)


def _at(point: Point, place: Place, wrong: Backward, value: float) -> Fault:
    """Call with one entry of the input at another value."""
    name = list(point.inputs)[place.position]
    x = point.inputs[name].copy()
    if not np.isfinite(value) or not x.ndim:
        return NO_FAULT
    x.reshape(-1)[place.entry] = value
    there = point_of(point.subject, {**point.inputs, name: x})
    return error_between(there.grads(point.subject.backward), there.grads(wrong))


def _strided(x: Numbers) -> Numbers:
    return np.stack([x, x], axis=-1)[..., 0] if x.ndim else x


def _transposed(x: Numbers) -> Numbers:
    return np.asfortranarray(x)


def _expanded(x: Numbers) -> Numbers:
    return np.broadcast_to(x.reshape(-1)[:1].reshape((1,) * x.ndim), x.shape)


def _laid_out(point: Point, _place: Place, wrong: Backward) -> Fault:
    """Call with arrays that are not contiguous, which copies of them would be."""
    faults = [_with_layout(point, wrong, _strided, inputs=True)]
    layouts = (_transposed, _expanded)
    return _worst([*faults, *(_with_layout(point, wrong, lay, inputs=False) for lay in layouts)])


def _with_layout(
    point: Point, wrong: Backward, lay: Callable[[Numbers], Numbers], *, inputs: bool
) -> Fault:
    ct, xp = lay(point.cotangents[0]), numpy_space()
    values = [_strided(x) if inputs else x for x in point.inputs.values()]
    moved = replace(point, cotangents=(np.ascontiguousarray(ct), point.cotangents[1]))
    given = wrong(xp, ct[()], point.out[()], *values)
    arrays = tuple(None if g is None else np.asarray(g) for g in given)
    return error_between(moved.grads(point.subject.backward), arrays)


def _written(point: Point, _place: Place, wrong: Backward) -> Fault:
    """Call, and look at the arrays that were handed in."""
    ct = point.cotangents[0].copy()
    values = [x.copy() for x in point.inputs.values()]
    _ = wrong(numpy_space(), ct[()], point.out.copy()[()], *values)
    before: tuple[Any, ...] = (point.cotangents[0], *point.inputs.values())
    return error_between(before, (ct, *values))


def _second(point: Point, _place: Place, wrong: Backward) -> Fault:
    return second_order_fault(point, point.subject.backward, wrong)


PROBES: Final[Mapping[str, Probe]] = MappingProxyType(
    {
        "second-call": _again,
        "second-inputs": _elsewhere,
        "random": _again,
        "written": _written,
        "layout": _laid_out,
        "second-order": _second,
        "region-inside": _in_band,
        "region-outside": _above,
    }
)
"""What brings a fault of each kind to light."""


def conduct_fault(kind: str, point: Point, place: Place, wrong: Backward) -> Fault:
    """Return the fault of a kind, without inputs and entries."""
    return replace(PROBES[kind](point, place, wrong), codes=frozenset())
