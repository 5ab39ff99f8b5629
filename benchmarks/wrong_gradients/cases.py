"""What is put to the checkers: a backward at given inputs, and what is true of it."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from types import MappingProxyType
from typing import Any, Final, TypeAlias, final
from zlib import crc32

import numpy as np

from benchmarks.wrong_gradients.alteration import ALL_FORMS, MUTABLE, Alteration, Place
from benchmarks.wrong_gradients.conduct_alterations import CONDUCT
from benchmarks.wrong_gradients.functions.table import SUBJECTS
from benchmarks.wrong_gradients.hard import HARD
from benchmarks.wrong_gradients.namespaces import torch_space
from benchmarks.wrong_gradients.probes import conduct_fault
from benchmarks.wrong_gradients.subject import Backward, Subject, Wrong
from benchmarks.wrong_gradients.truth import (
    NO_FAULT,
    Fault,
    Grads,
    Numbers,
    Point,
    error_between,
    point_of,
    value_fault,
)
from benchmarks.wrong_gradients.value_alterations import VALUES

FIRST_ORDER: Final = frozenset({"value", "cotangent"})
"""Kinds of faults that are in the numbers of the gradient at the given inputs."""
ON_HARD: Final = frozenset({"twice", "negated", "times-1.001"})
"""Alterations that are tried at hard inputs."""
TIMES_THE_RIGHT: Final = 4
"""A fault is left out unless it is so many times the rounding error of the right backward."""
STYLES: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {"strided": MUTABLE, "once-differentiable": frozenset({"torch"})}
)
"""What else a right backward may be like, and in which forms."""

Make: TypeAlias = Callable[[], Backward]


@final
@dataclass(frozen=True, slots=True)
class Spot:
    """A subject at inputs of some size and dtype. `name` is its own, or that of hard inputs."""

    name: str
    size: str
    dtype: str
    subject: Subject
    inputs: Mapping[str, Numbers]


@final
@dataclass(frozen=True, slots=True)
class Case:
    """A backward at a spot. `fresh` makes it anew, with no memory of calls before."""

    name: str
    kind: str
    spot: Spot
    fresh: Make
    fault: Fault = field(default=NO_FAULT)
    codes: frozenset[str] = field(default=frozenset())
    forms: frozenset[str] = field(default=ALL_FORMS)
    style: str = field(default="plain")

    @property
    def title(self) -> str:
        """What `--only` takes."""
        return f"{self.spot.name}/{self.name}"

    @property
    def is_right(self) -> bool:
        """Whether its backward is the right one."""
        return self.kind == "right"


def spots(size: str, dtype: str, only: str) -> Iterator[Spot]:
    """Yield the subjects, or the hard inputs, that `only` names."""
    if size == "hard":
        for hard in HARD.values():
            if _named(hard.name, only):
                yield Spot(hard.name, size, dtype, SUBJECTS[hard.subject], _hard(hard.name, dtype))
        return
    for subject in SUBJECTS.values():
        fits = subject.narrow or dtype in {"float64", "float32"}
        if fits and _named(subject.name, only):
            made = subject.inputs(_rng(subject.name), int(size))
            yield Spot(subject.name, size, dtype, subject, _rounded(made, dtype))


def _hard(name: str, dtype: str) -> dict[str, Numbers]:
    return _rounded(HARD[name].inputs(_rng(name)), dtype)


def _named(name: str, only: str) -> bool:
    """Whether `only` is a part of this name, or NAME/CASE or /CASE with this name or none."""
    wanted, slash, _ = only.partition("/")
    return wanted in {"", name} if slash else wanted in name


def _rng(name: str) -> np.random.Generator:
    return np.random.default_rng(crc32(name.encode()))


def _rounded(inputs: Mapping[str, Numbers], dtype: str) -> dict[str, Numbers]:
    """Return the inputs as they are in a dtype, in float64 again."""
    return {k: _round(x, dtype) if x.dtype.kind == "f" else x for k, x in inputs.items()}


def _round(x: Numbers, dtype: str) -> Numbers:
    import ml_dtypes

    narrow = ml_dtypes.bfloat16 if dtype == "bfloat16" else np.dtype(dtype)
    with np.errstate(over="ignore", under="ignore"):
        return x.astype(narrow).astype(np.float64)


def cases_at(spot: Spot, only: str, every: int = 1) -> Iterator[Case]:
    """Yield the right backward, then the wrong ones that show in the dtype of the spot.

    Of these, one in `every` is taken, always the same ones.
    """
    with np.errstate(all="ignore"):
        point = point_of(spot.subject, spot.inputs)
        right = spot.subject.backward
        rights = (point.grads(right, 0), point.grads(right, 1))
        if not _finite(point, spot.dtype):
            return
        noise = _own_error(spot, point, rights[0])
    wanted = only.partition("/")[2]
    yield from (case for case in _rights(spot) if wanted in {"", case.name})

    def taken(name: str) -> bool:
        draw = crc32(f"{name} of {spot.name}".encode()) % every
        return name == wanted if wanted else draw == 0

    for case in _wrongs(spot, point, rights, taken):
        if case.fault.shows(spot.dtype) and case.fault.error > TIMES_THE_RIGHT * noise:
            yield case


def _finite(point: Point, dtype: str) -> bool:
    largest = 60000.0 if dtype == "float16" else 1e38 if dtype != "float64" else 1e300
    return bool(np.max(np.abs(point.out), initial=0.0) < largest)


def _own_error(spot: Spot, point: Point, right: Grads) -> float:
    """Return how far the right backward is off in this dtype, relative to the largest entry."""
    if spot.dtype == "float64":
        return 0.0
    import torch

    xp, narrow = torch_space(), getattr(torch, spot.dtype)

    def cast(x: Numbers) -> Any:
        tensor = torch.tensor(x)
        return tensor.to(narrow) if tensor.is_floating_point() else tensor

    inputs = [cast(x) for x in spot.inputs.values()]
    out = spot.subject.forward(xp, *inputs)
    grads = spot.subject.backward(xp, cast(point.cotangents[0]), out, *inputs)
    return error_between(
        right, tuple(None if g is None else g.double().numpy() for g in grads)
    ).error


def _rights(spot: Spot) -> Iterator[Case]:
    def fresh() -> Backward:
        return spot.subject.backward

    yield Case("right", "right", spot, fresh)
    if spot.size != "hard":
        for style, forms in STYLES.items():
            yield Case(f"right-{style}", "right", spot, fresh, forms=forms, style=style)


def _wrongs(
    spot: Spot, point: Point, rights: tuple[Grads, Grads], taken: Callable[[str], bool]
) -> Iterator[Case]:
    hard = HARD.get(spot.name) if spot.size == "hard" else None
    if hard and hard.kinked:
        return
    for alteration in (*VALUES, *CONDUCT):
        if taken(alteration.name) and (not hard or alteration.name in ON_HARD):
            yield _altered(spot, point, rights, alteration)
    for wrong in () if hard else spot.subject.wrongs:
        if taken(wrong.name):
            yield _written_for(spot, point, rights, wrong)


def _written_for(spot: Spot, point: Point, rights: tuple[Grads, Grads], wrong: Wrong) -> Case:
    with np.errstate(all="ignore"):
        fault = value_fault(point, rights, wrong.backward)
    fresh, codes = partial(_same, wrong.backward), wrong.codes | fault.codes
    return Case(wrong.name, "value", spot, fresh, fault, codes, wrong.forms)


def _same(backward: Backward) -> Backward:
    return backward


def _altered(spot: Spot, point: Point, rights: tuple[Grads, Grads], alteration: Alteration) -> Case:
    place = _place(spot, alteration.name, rights[0])
    fresh = partial(alteration.make, spot.subject.backward, place)
    with np.errstate(all="ignore"):
        if alteration.kind in FIRST_ORDER:
            fault = value_fault(point, rights, fresh())
        else:
            fault = conduct_fault(alteration.kind, point, place, fresh())
    codes = alteration.codes | fault.codes
    return Case(alteration.name, alteration.kind, spot, fresh, fault, codes, alteration.forms)


def _place(spot: Spot, name: str, right: Grads) -> Place:
    """Choose an input by the names, and one of its entries that is not small."""
    moving = [i for i, gradient in enumerate(right) if gradient is not None]
    draw = crc32(f"{spot.name}/{name}".encode())
    position = moving[draw % len(moving)]
    gradient = np.abs(np.asarray(right[position])).reshape(-1)
    large = np.flatnonzero(gradient >= np.median(gradient[gradient > 0])) if gradient.any() else [0]
    x = np.sort(list(spot.inputs.values())[position].reshape(-1))
    tail = x[-1 - max(1, x.size // 100)] if x.size > 1 else float("inf")
    return Place(position, int(large[draw % len(large)]), _gap(x), float(tail), float(x[-1]))


def _gap(x: Numbers) -> tuple[float, float]:
    """Return most of the largest gap between sorted values."""
    if x.size < 2:  # noqa: PLR2004 - one value has no range
        return float("nan"), float("nan")
    gaps = np.diff(x)
    first = int(np.argmax(gaps))
    return float(x[first] + 0.1 * gaps[first]), float(x[first] + 0.9 * gaps[first])
