"""Wrong backward passes of the benchmark, a fixed sample of them, are told; right ones are not."""

import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Final

import pytest
from threadpoolctl import threadpool_limits  # pyright: ignore[reportMissingTypeStubs] - has none

from benchmarks.wrong_gradients.cases import Case, cases_at, spots
from benchmarks.wrong_gradients.checkers import chosen
from benchmarks.wrong_gradients.rows import Row, row_of

EVERY: Final[dict[tuple[str, str], int]] = {
    ("10", "float64"): 40,
    ("10", "float32"): 60,
    ("1000", "float64"): 60,
    ("1000", "float32"): 80,
    ("hard", "float64"): 1,
    ("hard", "float32"): 1,
}
"""One wrong backward pass in so many is taken, by size and dtype; always the same ones."""
FORMS: Final = "verify-numpy,verify-torch"


def cases(size: str, dtype: str) -> Iterator[Case]:
    for spot in spots(size, dtype, ""):
        for case in cases_at(spot, "", EVERY[size, dtype]):
            if size != "hard" or case.is_right:
                yield case


def answers(size: str, dtype: str) -> list[Row]:
    """Return what each form of each case was said to be, each asked once."""
    return [
        row_of(checker.name, case, checker.answer(case))
        for case in cases(size, dtype)
        for checker in chosen(FORMS)
        if checker.takes(case)
    ]


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    _ = import_module("torch")  # its threads are limited only if they are there
    with threadpool_limits(1):  # those of torch and of BLAS wait for each other where it is busy
        return [row for size, dtype in EVERY for row in answers(size, dtype)]


def titles(rows: list[Row], wanted: Callable[[Row], bool]) -> list[str]:
    return [f"{r.checker} {r.size} {r.dtype} {r.title}: {r.message}" for r in rows if wanted(r)]


def share(rows: list[Row], wanted: Callable[[Row], bool]) -> float:
    return sum(map(wanted, rows)) / (len(rows) or 1)


def wrong(rows: list[Row]) -> list[Row]:
    return [row for row in rows if not row.is_right]


def nameable(rows: list[Row]) -> list[Row]:
    return [row for row in rows if row.cause is not None and row.nameable]


def test_the_sample_is_large_and_of_every_kind(rows: list[Row]) -> None:
    assert len(wrong(rows)) >= 150
    assert len(rows) - len(wrong(rows)) >= 500
    kinds = {row.kind for row in rows}
    assert kinds >= {"right", "value", "cotangent", "layout", "second-call", "second-order"}


def test_every_wrong_one_is_told(rows: list[Row]) -> None:
    assert titles(wrong(rows), lambda row: not row.told) == []


def test_no_right_one_is_accused(rows: list[Row]) -> None:
    assert titles(rows, lambda row: row.is_right and row.outcome in {"disagree", "raised"}) == []


def test_a_right_one_is_undecided_at_a_hard_input_alone_and_hardly_there(rows: list[Row]) -> None:
    undecided = [row for row in rows if row.is_right and row.outcome == "undecided"]
    assert titles(undecided, lambda row: row.size != "hard") == []
    hard = [row for row in rows if row.size == "hard"]
    assert share(hard, lambda row: row.outcome == "undecided") <= 1 / 20, titles(undecided, bool)


def test_the_input_and_the_entry_at_fault_are_named(rows: list[Row]) -> None:
    assert titles(rows, lambda row: row.input_named is False) == []
    assert titles(rows, lambda row: row.entry_named is False) == []


def test_the_cause_is_named_and_hardly_ever_a_wrong_one(rows: list[Row]) -> None:
    named = nameable(rows)
    nameless = titles(named, lambda row: row.cause != "named")
    assert share(named, lambda row: row.cause == "named") >= 0.9, nameless
    falsely = titles(wrong(rows), lambda row: row.cause == "wrong")
    assert share(wrong(rows), lambda row: row.cause == "wrong") < 0.01, falsely


def test_the_shares_are_printed(
    rows: list[Row],
    capsys: pytest.CaptureFixture[str],
    record_property: Callable[[str, object], None],
) -> None:
    bad, good = wrong(rows), [row for row in rows if row.is_right]
    shares = {
        "wrong functions told": share(bad, lambda row: row.told),
        "right functions accused": share(good, lambda row: row.outcome == "disagree"),
        "right functions undecided": share(good, lambda row: row.outcome == "undecided"),
        "cause named": share(nameable(rows), lambda row: row.cause == "named"),
        "wrong cause": share(bad, lambda row: row.cause == "wrong"),
    }
    for name, found in shares.items():
        record_property(name, found)
    lines = [f"{name}: {found:.2%}" for name, found in shares.items()]
    with capsys.disabled():
        _ = sys.stdout.write("\n".join(["", f"of {len(bad)} and {len(good)}", *lines, ""]))
    assert all(0 <= found <= 1 for found in shares.values())
