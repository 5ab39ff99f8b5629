# what users hand over is of any type, which a strict checker does not let pass:
# pyright: basic
"""A fault where an input lies in some range is told by that range."""

from collections.abc import Callable

import numpy as np
import pytest

from gradverify.arrays import Array
from gradverify.function.accused import Accused
from gradverify.function.regions import region
from tests.function.functions import STEP, accused_of, normal

X, Y = normal(200), normal(200, seed=1)


def product(x: Array, y: Array) -> Array:
    return x * y


def accused(where: Callable[[Array, Array], Array]) -> Accused:
    def vjp(ct: Array, _: Array, x: Array, y: Array) -> tuple[Array, Array]:
        return ct * y * np.where(where(x, y), 1.5, 1.0), ct * x

    return accused_of(product, vjp, X, Y)


def told(where: Callable[[Array, Array], Array]) -> str:
    wrong = np.flatnonzero(where(X, Y))[:3]
    found = region(accused(where), [int(k) for k in wrong], STEP)
    assert found is None or found.code == "entries-wrong"
    return "" if found is None else found.message


def test_a_range_of_the_input_itself_is_told() -> None:
    inside = X[X > 1.5]
    said = told(lambda x, _: x > 1.5)
    ends = f"{inside.min():.6g} <= x <= {inside.max():.6g}"
    assert said == f"all wrong entries are where {ends}: {inside.size} of 200"


def test_a_range_of_another_input_is_told() -> None:
    inside = Y[(Y > 0.8) & (Y < 1.3)]
    said = told(lambda _, y: (y > 0.8) & (y < 1.3))
    ends = f"{inside.min():.6g} <= y <= {inside.max():.6g}"
    assert said == f"all wrong entries are where {ends}: {inside.size} of 200"


@pytest.mark.parametrize(
    "where",
    [
        lambda x, y: np.sin(40 * x * y) > 0.5,
        lambda x, _: x > -5,
        lambda x, y: (x > 0) == (y > 0),
    ],
)
def test_what_has_no_range_has_none_told(where: Callable[[Array, Array], Array]) -> None:
    assert told(where) == ""


def test_nothing_is_said_where_no_wrong_entry_is_known() -> None:
    assert region(accused(lambda x, _: x > 1.5), [], STEP) is None
