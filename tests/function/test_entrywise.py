"""Where the truth is known, a few wrong entries are counted and named; where many are, not."""

import numpy as np
import pytest

from gradverify.function.entrywise import by_truth, entries_wrong
from tests.function.functions import accused_of, normal, square, square_vjp

X = normal(6, 10)


def test_a_few_wrong_entries_are_named() -> None:
    accused = accused_of(square, square_vjp, X)
    truth = accused.claims[0].copy()
    truth[[12, 35]] += 1.0
    found = by_truth(accused, truth)
    assert found is not None
    assert found.message == "2 of 60 entries are wrong, all others right: [1, 2], [3, 5]"
    assert (found.code, found.details["entries"]) == ("entries-wrong", 2)
    np.testing.assert_array_equal(found.truth, truth)


def test_an_entry_that_is_not_a_number_is_wrong() -> None:
    accused = accused_of(square, square_vjp, X)
    accused.claims[0][7] = np.nan
    found = by_truth(accused, np.nan_to_num(accused.claims[0]))
    assert found is not None
    assert found.details["entries"] == 1


@pytest.mark.parametrize("factor", [1.0, 1 + 1e-15, 2.0])
def test_no_wrong_entry_or_very_many_are_no_cause(factor: float) -> None:
    accused = accused_of(square, square_vjp, X)
    assert by_truth(accused, factor * accused.claims[0]) is None


def test_one_wrong_entry_is_told() -> None:
    found = entries_wrong(accused_of(square, square_vjp, X), [0])
    assert found.message == "1 of 60 entries is wrong, all others right: [0, 0]"


def test_of_many_the_first_few_are_shown() -> None:
    found = entries_wrong(accused_of(square, square_vjp, X), range(6))
    shown = "[0, 0], [0, 1], [0, 2], [0, 3] and 2 more"
    assert found.message == f"6 of 60 entries are wrong, all others right: {shown}"
