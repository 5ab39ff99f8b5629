# what users hand over is of any type, which a strict checker does not let pass:
# pyright: basic
"""Answers that depend on earlier calls, on chance, or wrongly on the cotangent are told apart."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from gradverify.arrays import Array
from gradverify.function.memory import bent, misused, unstable
from gradverify.function.trial import Trial
from gradverify.verdict.verdict import Finding
from tests.function.functions import Vjp, normal, square, square_vjp, trial_of

X = normal(6)


def random(size: float) -> Vjp:
    rng = np.random.default_rng(2)
    return lambda ct, out, x: square_vjp(ct, out, x) * (1 + size * rng.normal(size=x.shape))


def adding() -> Vjp:
    total = np.zeros(6)

    def vjp(ct: Array, out: Array, x: Array) -> Array:
        nonlocal total
        total = total + square_vjp(ct, out, x)
        return total

    return vjp


def right_once() -> Vjp:
    calls: list[int] = []

    def vjp(ct: Array, out: Array, x: Array) -> Array:
        calls.append(1)
        return square_vjp(ct, out, x) * (1.0 if len(calls) == 1 else 1.01)

    return vjp


def said(found: Finding | None) -> str:
    return "" if found is None else found.code


@pytest.mark.parametrize(
    ("vjp", "code"),
    [
        (square_vjp, ""),
        (random(0.1), "not-deterministic"),
        (random(1e-6), "not-deterministic"),
        (random(1e-17), ""),
        (adding(), "remembers-last-call"),
        (right_once(), "remembers-last-call"),
    ],
)
def test_what_a_repeated_call_shows(vjp: Vjp, code: str) -> None:
    assert said(unstable(trial_of(square, vjp, X))) == code


def ones_alone(_ct: Array, _: Array, x: Array) -> Array:
    return 2 * x


def averaged(ct: Array, out: Array, x: Array) -> Array:
    return square_vjp(np.full_like(ct, np.mean(ct)), out, x)


def squared(ct: Array, out: Array, x: Array) -> Array:
    return square_vjp(ct * ct, out, x)


def absolute(ct: Array, out: Array, x: Array) -> Array:
    return square_vjp(np.abs(ct), out, x)


WRONGS: list[Callable[..., Any]] = [ones_alone, averaged, squared, absolute]


@pytest.mark.parametrize("vjp", WRONGS)
def test_a_misused_cotangent_is_noticed(vjp: Vjp) -> None:
    assert said(misused(trial_of(square, vjp, X))) == "cotangent-misused"


@pytest.mark.parametrize("factor", [0.0, 1.0, 3.0, -1.0])
def test_what_is_wrong_but_linear_in_the_cotangent_is_not_called_misused(factor: float) -> None:
    trial = trial_of(square, lambda ct, out, x: factor * square_vjp(ct, out, x), X)
    assert misused(trial) is None


@pytest.mark.parametrize(("vjp", "code"), [(squared, "cotangent-misused"), (averaged, "")])
def test_what_is_not_linear_is_bent(vjp: Vjp, code: str) -> None:
    assert said(bent(trial_of(square, vjp, X))) == code


def test_what_raises_for_another_cotangent_is_not_called_bent() -> None:
    calls: list[int] = []

    def vjp(ct: Array, out: Array, x: Array) -> Array:
        calls.append(1)
        if len(calls) > 1:
            raise RuntimeError
        return square_vjp(ct, out, x)

    trial: Trial = trial_of(square, vjp, X)
    assert (unstable(trial), misused(trial), bent(trial)) == (None, None, None)
