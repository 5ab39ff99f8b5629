"""Whether a wrong backward shows, in which inputs and entries, and what it may rightly be called.

All of it in float64, from the right backward: no checker is asked.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, Final, TypeAlias, final

import numpy as np

from benchmarks.wrong_gradients.namespaces import numpy_space, torch_space
from benchmarks.wrong_gradients.subject import Backward, Subject

Numbers: TypeAlias = np.ndarray[Any, Any]
Grads: TypeAlias = tuple[Numbers | None, ...]

ULP: Final[Mapping[str, float]] = MappingProxyType(
    {"float64": 2.0**-52, "float32": 2.0**-23, "float16": 2.0**-10, "bfloat16": 2.0**-7}
)
"""The last place of one, by dtype."""
ULPS: Final = 8
"""Errors below so many units in the last place of the largest entry are left out ..."""
LEAST: Final = 1e-9
"""... and in float64 those below this part of it."""
FEW: Final = 0.1
"""The largest share of entries that counts as a few; one of several always does."""
SOME: Final = 0.9
"""Up to this share it is right to say that entries are wrong and others right."""
SAME: Final = 1e-9


@final
@dataclass(frozen=True, slots=True)
class Point:
    """A subject at given inputs: its output and two cotangents, all in float64."""

    subject: Subject
    inputs: Mapping[str, Numbers]
    out: Numbers
    cotangents: tuple[Numbers, Numbers]

    def grads(self, backward: Backward, which: int = 0) -> Grads:
        """Return what a backward gives for the first or the second cotangent."""
        ct, values = self.cotangents[which].copy()[()], [x.copy() for x in self.inputs.values()]
        grads = backward(numpy_space(), ct, self.out.copy()[()], *values)
        return tuple(None if g is None else np.asarray(g) for g in grads)


def point_of(subject: Subject, inputs: Mapping[str, Numbers]) -> Point:
    """Return the point of these inputs, with cotangents of both signs."""
    rng = np.random.default_rng(3)
    out = np.asarray(subject.forward(numpy_space(), *inputs.values()))
    if not out.ndim:
        return Point(subject, inputs, out, (np.asarray(-1.37), np.asarray(0.61)))
    first, second = rng.normal(size=(2, *out.shape))
    return Point(subject, inputs, out, (first, second))


@final
@dataclass(frozen=True, slots=True)
class Fault:
    """How a wrong backward differs from the right one: by input, where, and by how much at most.

    `error` is relative to the largest entry of the right gradient; infinite for a wrong shape.
    """

    error: float
    inputs: frozenset[str]
    entries: Mapping[str, Numbers]
    codes: frozenset[str]

    def shows(self, dtype: str) -> bool:
        """Whether the error is large enough to be told in this dtype."""
        least = LEAST if dtype == "float64" else ULPS * ULP[dtype]
        return self.error > least


NO_FAULT: Final = Fault(0.0, frozenset(), MappingProxyType({}), frozenset())


def value_fault(point: Point, rights: tuple[Grads, Grads], wrong: Backward) -> Fault:
    """Compare a wrong backward with the right gradients at the given inputs."""
    worst, masks, codes = 0.0, dict[str, Numbers](), set[str]()
    for which, right in enumerate(rights):
        given = point.grads(wrong, which)
        for name, r, w in zip(point.inputs, right, given, strict=True):
            error, mask = _difference(r, w)
            worst = max(worst, error)
            if error > 0:
                masks[name] = masks.get(name, np.asarray(False)) | mask  # noqa: FBT003 - numpy's
                codes |= _names(r, w, mask, right)
    if worst and not _is_linear(point, wrong):
        codes.add("cotangent-misused")
    return Fault(worst, frozenset(masks), masks, frozenset(codes))


def _is_linear(point: Point, wrong: Backward) -> bool:
    """Whether minus twice a cotangent gives minus twice its gradients."""
    ct, other = point.cotangents
    scaled = replace(point, cotangents=(-2.0 * ct, other)).grads(wrong)
    pairs = zip(point.grads(wrong), scaled, strict=True)
    return all(one is None or other is None or _same(other, -2.0 * one) for one, other in pairs)


def error_between(rights: Grads, given: Grads) -> Fault:
    """Return the fault of given gradients, without its names."""
    return Fault(
        max((_difference(r, w)[0] for r, w in zip(rights, given, strict=True)), default=0.0),
        frozenset(), MappingProxyType({}), frozenset(),
    )  # fmt: skip


def _difference(right: Numbers | None, wrong: Numbers | None) -> tuple[float, Numbers]:
    """Return the largest error relative to the largest entry, and the mask of wrong entries."""
    if right is None or not right.size:
        return 0.0, np.asarray(False)  # noqa: FBT003 - numpy's
    if wrong is None:
        wrong = np.zeros_like(right)
    if wrong.shape != right.shape:
        return float("inf"), np.ones(right.shape, bool)
    largest = float(np.max(np.abs(right))) or 1.0
    error = np.abs(wrong - right) / largest
    error = np.where(np.isfinite(error), error, np.inf)
    error = np.where(error > 1e-13, error, 0.0)  # noqa: PLR2004 - another order of summation
    return float(np.max(error)), error > 0


def is_few(mask: Numbers) -> bool:
    """Whether an array has a few wrong entries among right ones."""
    return mask.size > 1 and 0 < int(mask.sum()) <= max(1.0, FEW * mask.size)


def _names(
    right: Numbers | None, wrong: Numbers | None, mask: Numbers, every: Grads
) -> frozenset[str]:
    """Return the codes that describe the numbers, whatever was meant."""
    if right is None:
        return frozenset()
    if wrong is None or not np.any(wrong):
        return frozenset({"gradient-missing"})
    if wrong.shape != right.shape:
        return frozenset({"shape-differs"})
    if not np.all(np.isfinite(wrong)):
        return frozenset({"not-finite", "entries-wrong"})
    tests: Mapping[str, Callable[[], bool]] = {
        "entries-wrong": lambda: float(np.mean(mask)) <= SOME,
        "transposed": lambda: wrong.ndim > 1 and _same(_turned(wrong), right),
        "inputs-swapped": lambda: any(g is not right and _same(g, wrong) for g in every),
    }
    return frozenset(code for code, test in tests.items() if test()) | _factor(right, wrong)


def _turned(x: Numbers) -> Numbers:
    return np.swapaxes(x, -1, -2)


def _same(one: Numbers | None, other: Numbers) -> bool:
    if one is None or one.shape != other.shape:
        return False
    return bool(np.max(np.abs(one - other)) <= SAME * np.max(np.abs(other)))


def _factor(right: Numbers, wrong: Numbers) -> frozenset[str]:
    square = float(np.sum(right * right))
    factor = float(np.sum(right * wrong)) / square if square else 0.0
    if not factor or not _same(factor * right, wrong):
        return frozenset()
    return frozenset({"sign-flipped" if abs(factor + 1) < SAME else "off-by-factor"})


def second_order_fault(point: Point, right: Backward, wrong: Backward) -> Fault:
    """Compare the derivatives of both gradients by the inputs."""
    return error_between(_second(point, right), _second(point, wrong))


def _second(point: Point, backward: Backward) -> Grads:
    import torch

    xp = torch_space()
    inputs: list[Any] = [torch.tensor(x) for x in point.inputs.values()]
    moving: list[Any] = [x.requires_grad_() for x in inputs if x.is_floating_point()]
    out = point.subject.forward(xp, *inputs)
    ct: Any = torch.tensor(point.cotangents[0], requires_grad=True)
    grads: list[Any] = [g for g in backward(xp, ct, out, *inputs) if g is not None]
    total: Any = sum((g * _weights(g)).sum() for g in grads)
    if not total.requires_grad:
        return tuple(np.zeros(tuple(x.shape)) for x in moving)
    found = torch.autograd.grad(total, moving, allow_unused=True, materialize_grads=True)
    return tuple(g.numpy() for g in found)


def _weights(gradient: Any) -> Any:
    """Return weights without structure, so that nothing cancels."""
    xp = torch_space()
    size = max(1, gradient.numel())
    return xp.reshape(xp.cos(1.7 * xp.arange(size, dtype=gradient.dtype)), gradient.shape)
