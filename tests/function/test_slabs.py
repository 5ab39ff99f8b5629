"""A fault in a whole row, column, border or half is told by its place along an axis."""

from typing import Any

import numpy as np
import pytest

from gradverify.arrays import Array
from gradverify.function.accused import Accused
from gradverify.function.slabs import right_outside, slab
from tests.function.functions import STEP, accused_of, changed, normal, square, square_vjp

X = normal(6, 8)


def accused(part: Any) -> tuple[Accused, list[int]]:
    """Return a claim that is wrong in some part, and two of its entries that are known to be."""

    def change(gradient: Array) -> Array:
        gradient[part] *= np.linspace(1.2, 1.9, 48).reshape(6, 8)[part]
        return gradient

    inside = np.zeros((6, 8), dtype=bool)
    inside[part] = True
    wrong = np.flatnonzero(inside)
    found = accused_of(square, changed(square_vjp, change), X)
    return found, [int(wrong[0]), int(wrong[-1])]


@pytest.mark.parametrize(
    ("part", "said"),
    [
        ((2,), "index 2 of axis 0: 8 of 48"),
        ((slice(None), 5), "index 5 of axis 1: 6 of 48"),
        ((slice(None), [0, -1]), "indices 0 and 7 of axis 1: 12 of 48"),
        ((slice(3, None),), "indices 3 to 5 of axis 0: 24 of 48"),
        ((slice(None), slice(4)), "indices 0 to 3 of axis 1: 24 of 48"),
    ],
)
def test_a_slab_is_told(part: Any, said: str) -> None:
    found = slab(*accused(part), STEP)
    assert found is not None
    assert (found.code, found.message) == ("entries-wrong", f"all wrong entries are at {said}")


@pytest.mark.parametrize("part", [(slice(None),), (slice(1, 4), slice(2, 7))])
def test_what_is_no_slab_is_not_called_one(part: Any) -> None:
    assert slab(*accused(part), STEP) is None


def test_where_no_wrong_entry_is_known_nothing_is_said() -> None:
    assert slab(accused((2,))[0], [], STEP) is None


def test_the_claim_is_right_outside_of_what_is_wrong_and_nowhere_else() -> None:
    found, _ = accused((2,))
    inside = np.zeros((6, 8), dtype=bool)
    inside[2] = True
    assert right_outside(found, inside.ravel(), STEP)
    inside[2, 3] = False
    assert not right_outside(found, inside.ravel(), STEP)
