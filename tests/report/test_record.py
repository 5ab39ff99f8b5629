"""A record counts what a run said, and the exit code follows from the counts alone."""

from dataclasses import replace

import pytest

from gradverify.baseline.compared import Change, Regression, SpecCompared
from gradverify.events import RunFinished, RunStarted, SpecFinished, SpecStarted
from gradverify.report.record import (
    Record,
    Summary,
    exit_code,
    is_expected,
    record_of,
    summarise,
)
from gradverify.verdict.verdict import SpecResult

CLEAN = Summary(3, 3, 0, 0, 0, 12, 12, 0, 0, {}, 1.0, interrupted=False)


@pytest.mark.parametrize(
    ("summary", "code"),
    [
        (CLEAN, 0),
        (replace(CLEAN, passed=2, failed=1), 1),
        (replace(CLEAN, passed=2, undecided=1), 1),
        (replace(CLEAN, passed=2, broken=1), 2),
        (replace(CLEAN, passed=1, failed=1, broken=1), 2),
        (replace(CLEAN, passed=0, broken=3, made=0), 2),
        (replace(CLEAN, made=0), 5),
        (replace(CLEAN, passed=2, failed=1, made=0), 5),
        (replace(CLEAN, specs=0, passed=0, made=0, possible=0), 5),
        (replace(CLEAN, interrupted=True), 130),
        (replace(CLEAN, failed=1, broken=1, made=0, interrupted=True), 130),
    ],
)
def test_the_exit_code_follows_from_the_counts(summary: Summary, code: int) -> None:
    assert exit_code(summary) == code


@pytest.mark.parametrize("status", ["passed", "failed", "undecided", "broken"])
@pytest.mark.parametrize("worse", [0, 1, 2])
@pytest.mark.parametrize("excused", [False, True])
def test_a_run_fails_where_it_counts_a_spec_that_fails(
    failed: SpecResult, status: str, worse: int, *, excused: bool
) -> None:
    moved = Regression(Change.MOVED, "torch", "w1", "", "moved", 2.0)
    known = excused and not worse and status in {"failed", "undecided"}
    compared = {failed.id: SpecCompared(excused=known, regressions=(moved,) * worse)}
    record = Record((replace(failed, status=status),), compared=compared)
    (outcome,) = summarise(record).outcomes
    assert (exit_code(summarise(record)) != 0) == (outcome not in {"passed", "known"})
    assert outcome == ("known" if known else "worse" if status == "passed" and worse else status)


def test_events_add_up_to_a_record(failed: SpecResult) -> None:
    events = (
        RunStarted(1, 7, ("rules",), {"python": "3.11"}),
        SpecStarted(failed.id, failed.title),
        SpecFinished(failed, "gradverify run a"),
        RunFinished(2.5, stopped=True),
    )
    record = record_of(events)
    environment, again = {"python": "3.11"}, {failed.id: "gradverify run a"}
    assert record == Record((failed,), 1, 7, environment, 2.5, stopped=True, again=again)


def test_a_summary_counts_specs_comparisons_and_absent_oracles(record: Record) -> None:
    summary = summarise(record)
    assert (summary.specs, summary.passed, summary.failed, summary.broken) == (3, 1, 1, 1)
    assert (summary.made, summary.possible, summary.expected_findings) == (6, 8, 1)
    assert list(summary.unsupported.values()) == [2]


def test_a_disagreement_is_expected_where_its_spec_lists_it(
    failed: SpecResult, expected: SpecResult
) -> None:
    assert is_expected(expected, expected.comparisons[2])
    assert not is_expected(failed, failed.comparisons[2])
