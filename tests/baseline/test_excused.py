"""A spec that does not pass is excused only if everything that keeps it from passing is known."""

from dataclasses import replace

import pytest

from gradverify.verdict.verdict import Answer, SpecResult, Status
from tests.baseline.examples import W1, finding, held, plain, result_of, verdict

WRONG = verdict(status=Status.DISAGREE, error=1.0)
OPEN = verdict(status=Status.UNDECIDED)
MISSING = ({"code": "kink", "party": "", "of": "x"},)
FAILED = plain(status="failed", findings=(finding(),), verdicts=(WRONG,))


@pytest.mark.parametrize(
    "result",
    [
        FAILED,
        plain(status="undecided", verdicts=(OPEN,)),
        plain(status="failed", missing=MISSING),
        plain(status="failed", verdicts=(WRONG,)),
    ],
)
def test_what_was_so_before_is_excused(result: SpecResult) -> None:
    found = held(result, result)
    assert found.excused
    assert found.regressions == ()


@pytest.mark.parametrize(
    ("now", "before"),
    [
        (FAILED, plain(status="failed", findings=(finding(),))),  # nobody disagreed
        (plain(status="failed", missing=MISSING), plain()),
        (plain(status="failed", missing=MISSING), FAILED),
        (plain(status="undecided", verdicts=(OPEN,)), plain()),
        (replace(FAILED, faults=("a fault",)), FAILED),
        (plain(), FAILED),
    ],
)
def test_what_is_new_is_not(now: SpecResult, before: SpecResult) -> None:
    assert not held(now, before).excused


def test_what_is_broken_never_is() -> None:
    torch = Answer("torch", Status.BROKEN, "it raised")
    broken = replace(FAILED, status="broken", oracles=(torch,), faults=("it raised",))
    assert not held(broken, broken).excused


def test_a_row_that_is_new_and_undecided_is_not() -> None:
    before = plain(status="undecided", verdicts=(OPEN,))
    two = {("torch", "w1"): W1, ("jax", "w1"): W1}
    now = result_of(two, (OPEN, verdict("jax", status=Status.UNDECIDED)), status="undecided")
    assert not held(now, before).excused
    measured = verdict("finite_difference", status=Status.UNDECIDED)
    assert held(result_of({}, (OPEN, measured), status="undecided"), before).excused


def test_a_disagreement_that_the_spec_expects_needs_no_excuse() -> None:
    listed = finding(expected=True)
    before = plain(status="failed", missing=MISSING)
    now = plain(status="failed", missing=MISSING, findings=(listed,), verdicts=(WRONG,))
    assert held(now, before).excused
