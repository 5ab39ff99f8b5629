"""The table shows the worst first, every wrong row up to forty, and no column that says nothing."""

from dataclasses import replace
from math import inf, nan

import pytest

from gradverify.function.examined import Row
from gradverify.report.verified_table import (
    by_gravity,
    columns_of,
    remark_of,
    told_rows,
    untold_rows,
)
from gradverify.verdict.verdict import Status, Worst
from tests.report.examined import row, wrong


def many(wrongs: int, rights: int) -> tuple[Row, ...]:
    faulty = [wrong(f"w{k}", error=0.01 * k) for k in range(wrongs)]
    return by_gravity([*(row(f"x{k}") for k in range(rights)), *faulty])


def test_the_worst_comes_first_and_nan_is_worst() -> None:
    noisy = row("u", Status.UNDECIDED, 5.0)
    rows = [row("r"), noisy, wrong("a", 0.1), wrong("n", nan), wrong("b", 0.9)]
    assert [item.name for item in by_gravity(rows)] == ["n", "b", "a", "u", "r"]


@pytest.mark.parametrize(
    ("wrongs", "rights", "shown", "text"),
    [
        (1, 3, 4, ""),
        (1, 42, 12, "... and 31 more, all ok"),
        (30, 30, 30, "... and 30 more, all ok"),
        (43, 2, 40, "... and 5 more, in report.inputs: 3 WRONG and 2 ok"),
        (0, 50, 0, ""),
    ],
)
def test_wrong_rows_are_shown_and_the_rest_is_counted(
    wrongs: int, rights: int, shown: int, text: str
) -> None:
    rows = many(wrongs, rights)
    assert len(told_rows(rows)) == shown
    assert untold_rows(rows) == text


def test_a_column_that_says_nothing_is_left_out() -> None:
    scalar = replace(wrong("x"), worst=Worst((), 1.0, 2.0))
    titles = [column.title for column in columns_of([scalar])]
    assert titles == ["input", "shape", "against the truth", "allowed"]
    mixed = [replace(scalar, dtype="bfloat16"), replace(wrong("w"), party="jax")]
    titles = [column.title for column in columns_of(mixed)]
    assert titles == [
        "input", "party", "shape", "dtype", "against the truth", "allowed", "worst at",
    ]  # fmt: skip


def test_what_was_not_measured_is_no_number() -> None:
    missing = replace(wrong("x", inf), worst=None, allowed=nan, because="it has no gradient")
    titles = [column.title for column in columns_of([missing])]
    assert titles == ["input", "shape"]
    assert remark_of(missing) == "it has no gradient"


def test_values_that_look_equal_have_the_digits_that_tell_them_apart() -> None:
    close = replace(wrong("x"), worst=Worst((0,), 1.0000001, 1.0))
    assert remark_of(close) == "torch 1.0000001, true 1"
    assert remark_of(wrong("x")) == "torch -12.41, true 3.07"
    assert remark_of(row("x")) == ""
