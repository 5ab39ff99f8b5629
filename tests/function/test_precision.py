# what users hand over is of any type, which a strict checker does not let pass:
# pyright: basic
"""Digits that a narrower format took are told from any other error."""

from collections.abc import Callable
from typing import Any

import ml_dtypes
import numpy as np
import pytest

from gradverify.arrays import Array
from gradverify.function.precision import precision_lost
from tests.function.functions import accused_of, normal

X = normal(60)


def accused(
    change: Callable[[Array], Array], of_input: Callable[[Array], Array] = np.asarray
) -> Any:
    return accused_of(np.sin, lambda ct, _, x: change(ct * np.cos(of_input(x))), X)


def through(dtype: Any) -> Callable[[Array], Array]:
    return lambda array: array.astype(dtype).astype(np.float64)


FORMATS = {"float32": np.float32, "float16": np.float16, "bfloat16": ml_dtypes.bfloat16}
every_format = pytest.mark.parametrize("name", FORMATS)


@every_format
def test_a_gradient_that_was_cast_has_the_digits_of_its_format(name: str) -> None:
    found = precision_lost(accused(through(FORMATS[name])))
    assert found is not None
    assert found.code == "precision-lost"
    assert found.details["format"] in {name, "float16"}  # which holds what bfloat16 does


@every_format
def test_an_input_that_was_cast_is_noticed_too(name: str) -> None:
    found = precision_lost(accused(np.asarray, through(FORMATS[name])))
    assert found is not None
    assert found.code == "precision-lost"


@pytest.mark.parametrize("factor", [1.0, 1 + 1e-5, 1.001, 1.01, 2.0, -1.0])
def test_an_error_of_the_same_size_that_is_no_cast_is_not(factor: float) -> None:
    assert precision_lost(accused(lambda gradient: factor * gradient)) is None


def test_noise_is_no_cast() -> None:
    noise = 1 + 1e-4 * np.random.default_rng(3).normal(size=60)
    assert precision_lost(accused(lambda gradient: gradient * noise)) is None
