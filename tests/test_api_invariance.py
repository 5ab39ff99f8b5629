"""A verdict does not depend on scale, order, shape or company, be the gradient right or wrong."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias, final

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import gradverify
from gradverify.arrays import Array

Forward: TypeAlias = Callable[..., Any]
Backward: TypeAlias = Callable[..., Any]


@final
@dataclass(frozen=True, slots=True)
class Subject:
    """A function of one array of any shape and of its own shape, and its claimed gradient."""

    forward: Forward
    vjp: Backward
    right: bool


def tanh_vjp(ct: Array, out: Array, _: Array) -> Array:
    return ct * (1 - out**2)


def softmax(x: Array) -> Array:
    grown = np.exp(x - x.max())
    return grown / grown.sum()


def softmax_vjp(ct: Array, out: Array, _: Array) -> Array:
    return out * (ct - (ct * out).sum())


def linear_vjp(ct: Array, out: Array, _: Array) -> Array:
    return ct * (1 - out)


def diagonal_vjp(ct: Array, out: Array, _: Array) -> Array:
    return ct * out


def cube(x: Array) -> Array:
    return x**3


def cube_vjp(ct: Array, _: Array, x: Array) -> Array:
    return ct * 3 * x**2


def nearly_cube_vjp(ct: Array, out: Array, x: Array) -> Array:
    return cube_vjp(ct, out, x) * (1 + 1e-5)


def at_largest(vjp: Backward, factor: float) -> Backward:
    """Return a backward pass that is off by a factor at its largest input alone."""

    def wrong(ct: Array, out: Array, x: Array) -> Array:
        gradient = np.array(vjp(ct, out, x))
        gradient.flat[int(np.argmax(x))] *= factor
        return gradient

    return wrong


SUBJECTS = {
    "tanh": Subject(np.tanh, tanh_vjp, right=True),
    "tanh, without a square": Subject(np.tanh, linear_vjp, right=False),
    "tanh, one entry": Subject(np.tanh, at_largest(tanh_vjp, 1.001), right=False),
    "softmax": Subject(softmax, softmax_vjp, right=True),
    "softmax, term missing": Subject(softmax, diagonal_vjp, right=False),
    "softmax, one entry": Subject(softmax, at_largest(softmax_vjp, 1.01), right=False),
    "cube": Subject(cube, cube_vjp, right=True),
    "cube, by 1e-5": Subject(cube, nearly_cube_vjp, right=False),
}
every_subject = pytest.mark.parametrize("subject", SUBJECTS.values(), ids=SUBJECTS)
few = settings(max_examples=12, deadline=None, derandomize=True, database=None)

seeds = st.integers(0, 2**16)


def drawn(seed: int, size: int = 12) -> Array:
    """Return numbers between 0.1 and 2 of both signs, in short decimals."""
    draws = np.random.default_rng(seed)
    return np.round(draws.uniform(0.1, 2.0, size) * draws.choice([-1.0, 1.0], size), 3)


def status(forward: Forward, inputs: Any, vjp: Backward, seed: int = 0) -> str:
    return gradverify.verify(forward, inputs, vjp=vjp, seed=seed).status.value


def expected(subject: Subject) -> str:
    return "agree" if subject.right else "disagree"


@every_subject
@few
@given(seed=seeds)
def test_the_numbers_and_the_seed_do_not_decide(subject: Subject, seed: int) -> None:
    assert status(subject.forward, (drawn(seed),), subject.vjp, seed) == expected(subject)


@every_subject
@few
@given(seed=seeds, inner=st.integers(-30, 30), outer=st.integers(-30, 30))
def test_scaling_inputs_and_outputs_changes_nothing(
    subject: Subject, seed: int, inner: int, outer: int
) -> None:
    small, large = 10.0**inner, 10.0**outer

    def forward(x: Array) -> Array:
        return subject.forward(x / small) * large

    def backward(ct: Array, out: Array, x: Array) -> Array:
        return subject.vjp(ct * large, out / large, x / small) / small

    assert status(forward, (drawn(seed) * small,), backward) == expected(subject)


@every_subject
@few
@given(seed=seeds, order=st.permutations(range(12)))
def test_permuting_the_entries_changes_nothing(
    subject: Subject, seed: int, order: list[int]
) -> None:
    places = np.array(order)
    back = np.argsort(places)

    def forward(x: Array) -> Array:
        return subject.forward(x[back])

    def backward(ct: Array, out: Array, x: Array) -> Array:
        return subject.vjp(ct, out, x[back])[places]

    assert status(forward, (drawn(seed)[places],), backward) == expected(subject)


@every_subject
@few
@given(seed=seeds, shape=st.sampled_from([(12,), (3, 4), (4, 3), (2, 3, 2), (1, 12), (12, 1, 1)]))
def test_the_shape_changes_nothing(subject: Subject, seed: int, shape: tuple[int, ...]) -> None:
    inputs = (drawn(seed).reshape(shape),)
    assert status(subject.forward, inputs, subject.vjp) == expected(subject)


@every_subject
@few
@given(seed=seeds, before=st.integers(0, 2), after=st.integers(0, 2), size=st.integers(0, 50))
def test_unrelated_inputs_change_nothing(
    subject: Subject, seed: int, before: int, after: int, size: int
) -> None:
    others = [drawn(seed + k + 1, size) for k in range(before + after)]
    inputs = (*others[:before], drawn(seed), *others[before:])

    def forward(*arrays: Array) -> Array:
        return subject.forward(arrays[before])

    def backward(ct: Array, out: Array, *arrays: Array) -> list[Array]:
        gradients = [np.zeros_like(array) for array in arrays]
        gradients[before] = subject.vjp(ct, out, arrays[before])
        return gradients

    assert status(forward, inputs, backward) == expected(subject)


@every_subject
@few
@given(seed=seeds)
def test_an_input_that_is_huge_beside_it_hides_nothing(subject: Subject, seed: int) -> None:
    def forward(x: Array, far: Array) -> tuple[Array, Array]:
        return subject.forward(x), 3 * far

    def backward(ct: Any, out: Any, x: Array, _: Array) -> tuple[Array, Array]:
        return subject.vjp(ct[0], out[0], x), 3 * ct[1]

    inputs = (drawn(seed), drawn(seed + 1, 1000) * 1e6)
    assert status(forward, inputs, backward) == expected(subject)
