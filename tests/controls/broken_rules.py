"""Ways to break a rule: each takes a case and its right gradients and returns wrong ones."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final, TypeAlias

import numpy as np

from gradverify.arrays import Array
from tests.ops.cases import Case
from tests.ops.differences import summed

Gradients: TypeAlias = tuple[Array, ...]
Break: TypeAlias = Callable[[Case, Gradients], Gradients]


def scaled(_: Case, right: Gradients) -> Gradients:
    return tuple(gradient * 1.0001 for gradient in right)


def sign_flipped(_: Case, right: Gradients) -> Gradients:
    return tuple(-gradient for gradient in right)


def moved(_: Case, right: Gradients) -> Gradients:
    return tuple(gradient + 0.0001 for gradient in right)


def transposed(_: Case, right: Gradients) -> Gradients:
    return tuple(np.swapaxes(g, -1, -2) if is_square(g) else g for g in right)


def is_square(gradient: Array) -> bool:
    return gradient.ndim > 1 and gradient.shape[-1] == gradient.shape[-2]


def first_dropped(_: Case, right: Gradients) -> Gradients:
    return (np.zeros_like(right[0]), *right[1:]) if right else right


def last_dropped(_: Case, right: Gradients) -> Gradients:
    return (*right[:-1], np.zeros_like(right[-1])) if right else right


def one_entry_dropped(_: Case, right: Gradients) -> Gradients:
    broken = tuple(gradient.copy() for gradient in right)
    for gradient in broken:
        gradient.reshape(-1)[:1] = 0
    return broken


def rolled(_: Case, right: Gradients) -> Gradients:
    return tuple(np.roll(gradient, 1) for gradient in right)


def swapped(_: Case, right: Gradients) -> Gradients:
    first, second, rest = right[:1], right[1:2], right[2:]
    same = [g.shape for g in first] == [g.shape for g in second]
    return (*second, *first, *rest) if same else right


def cotangent_ignored(case: Case, _: Gradients) -> Gradients:
    ct = np.ones_like(case.ct)
    return summed(case, case.vjp(ct, case.primal(), *case.operands))


def output_ignored(case: Case, _: Gradients) -> Gradients:
    return summed(case, case.vjp(case.ct, np.ones_like(case.primal()), *case.operands))


def not_summed(case: Case, right: Gradients) -> Gradients:
    unsummed = replace(case.op, broadcasts=False)
    broken = replace(case, op=unsummed)
    gradients = summed(broken, case.vjp(case.ct, case.primal(), *case.operands))
    return gradients if case.op.broadcasts else right


def averaged(case: Case, right: Gradients) -> Gradients:
    if not case.op.broadcasts:
        return right
    return tuple(gradient * gradient.size / max(case.ct.size, 1) for gradient in right)


BREAKS: Final[Mapping[str, Break]] = MappingProxyType(
    {
        "scaled by 1.0001": scaled,
        "sign flipped": sign_flipped,
        "moved by 0.0001": moved,
        "transposed": transposed,
        "first cotangent dropped": first_dropped,
        "last cotangent dropped": last_dropped,
        "one entry dropped": one_entry_dropped,
        "rolled by one entry": rolled,
        "operands swapped": swapped,
        "cotangent ignored": cotangent_ignored,
        "output ignored": output_ignored,
        "broadcast not summed": not_summed,
        "broadcast averaged": averaged,
    }
)


def changes(wrong: Gradients, right: Gradients) -> bool:
    """Whether a break changed anything: where it did not, there is nothing to notice."""
    return any(
        one.shape != other.shape or bool(np.any(np.abs(one - other) > 1e-6))
        for one, other in zip(wrong, right, strict=True)
    )
