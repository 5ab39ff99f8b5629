"""Concerns are what somebody must look at: each once, with its size, the worst first."""

from dataclasses import replace
from math import inf, nan

import pytest

from gradverify.baseline.compared import Change, Regression, SpecCompared
from gradverify.report.concerns import concerns, render_times, times_allowed, worst_first
from gradverify.report.record import Record
from gradverify.verdict.verdict import Severity, SpecResult, Status


def test_a_finding_says_how_many_times_what_was_allowed_its_array_is_off(record: Record) -> None:
    mask, fault = concerns(record)
    assert mask.times == pytest.approx(0.73 / 4e-13)
    assert render_times(mask) == "1.8e+12 times what is allowed"
    assert render_times(fault) == ""


def test_a_run_that_passes_has_none(expected: SpecResult) -> None:
    assert concerns(Record(results=(expected,))) == ()


def test_a_disagreement_is_told_once_by_its_finding_or_alone(failed: SpecResult) -> None:
    assert [c.code for c in concerns(Record(results=(failed,)))] == ["mask-from-wrong-variable"]
    alone = concerns(Record(results=(replace(failed, findings=()),)))
    assert [c.code for c in alone] == ["disagreement"]


def test_differences_that_cannot_tell_are_nobodys_concern(failed: SpecResult) -> None:
    blind = replace(failed.comparisons[0], party="finite_difference", status=Status.UNDECIDED)
    torch = replace(blind, party="torch")
    for verdicts, codes in (((blind,), []), ((blind, torch), ["undecided"])):
        result = replace(failed, findings=(), comparisons=verdicts)
        assert [c.code for c in concerns(Record(results=(result,)))] == codes


def test_a_new_finding_is_told_by_itself_and_not_as_a_change_too(failed: SpecResult) -> None:
    change = Regression(Change.FINDING, "derived", "w1", "", "is new", inf)
    silent = Regression(Change.SILENT, "jax", "", "", "jax answered before", inf)
    compared = {failed.id: SpecCompared(regressions=(change, silent))}
    found = concerns(Record(results=(failed,), compared=compared))
    assert [(c.code, c.state) for c in found] == [
        ("mask-from-wrong-variable", "new"),
        ("oracle-silent", "new"),
    ]


def test_a_change_whose_finding_is_not_there_is_told(expected: SpecResult) -> None:
    change = Regression(Change.FINDING, "derived", "w1", "", "is graver", inf)
    compared = {expected.id: SpecCompared(regressions=(change,))}
    found = concerns(Record(results=(expected,), compared=compared))
    assert [(c.code, c.message) for c in found] == [("new-finding", "is graver")]


def test_what_the_baseline_knows_is_unchanged_with_its_reason(against: Record) -> None:
    moved, known = concerns(against)
    assert (moved.code, moved.state, moved.times) == ("gradient-moved", "new", 1.2e12)
    assert (known.code, known.state, known.reason) == (
        "mask-from-wrong-variable",
        "unchanged",
        "see issue 12",
    )


def test_where_nothing_was_compared_nobody_could_tell(failed: SpecResult) -> None:
    empty = replace(failed, status="undecided", findings=(), comparisons=(), faults=("nothing",))
    assert [c.code for c in concerns(Record(results=(empty,)))] == ["undecided"]


def test_the_worst_come_first_and_broken_specs_above_them(record: Record) -> None:
    mask, fault = concerns(record)
    note = replace(mask, level=Severity.NOTE, times=inf)
    small = replace(mask, times=2.0)
    assert worst_first([note, small, mask, fault]) == [fault, mask, small, note]


def test_an_error_where_none_is_allowed_or_none_can_be_told_is_infinite(
    failed: SpecResult,
) -> None:
    verdict = failed.comparisons[2]
    assert times_allowed(replace(verdict, allowed=0.0)) == inf
    assert times_allowed(replace(verdict, error=nan)) == inf
