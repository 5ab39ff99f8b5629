"""The console report is short for one failure, complete for many, and always counts."""

from dataclasses import replace
from math import nan

from gradverify.report.console import (
    render_progress,
    render_record,
    render_rest,
    render_spec,
    render_summary,
)
from gradverify.report.failure import render_failure
from gradverify.report.record import Record, summarise
from gradverify.verdict.verdict import Severity, SpecResult

BROKEN = "gradverify run specs/b.grad.yaml"
SUMMARY = """\
3 specs: 1 passed, 1 failed, 0 undecided, 1 broken, in 1.5 s
comparisons: 6 made of 8 possible
expected findings: 1 found
unsupported: jax in 2 specs: jax is not installed: pip install 'gradverify[jax]'"""

VERBOSE = """\
specs/autograd-intro/two-layer-numpy.grad.yaml:2  passed  Two layers by hand \
(3 of 4 comparisons, 0.25 s)
    ok  the gradient of `loss` by `w1`, rules: 1.1e-15 of 4e-13 allowed: \
rounding of 5 steps in float64
    ok  the gradient of `loss` by `w1`, torch: 0 of 4e-13 allowed: rounding of 5 steps in float64
    WRONG, as expected  the gradient of `loss` by `w1`, derived: 7.3e-01 of 4e-13 allowed: \
rounding of 5 steps in float64
    expected: mask-from-wrong-variable: `grad_h` is masked where `grad_h_relu < 0`; \
masking where `h < 0` agrees to 2e-15.
    Mask with the variable that entered the relu."""


def test_the_summary_counts_everything(record: Record) -> None:
    assert render_summary(summarise(record)) == SUMMARY


def test_a_whole_report_is_progress_failures_and_summary(
    record: Record, failed: SpecResult, broken: SpecResult, again: str
) -> None:
    progress = f"{failed.path} .F\n{broken.path} E"
    blocks = (progress, render_failure(failed, again), render_failure(broken, BROKEN), SUMMARY)
    assert render_record(record, verbose=False) == "\n\n".join(blocks) + "\n"


def test_text_that_comes_as_the_run_goes_adds_up_to_the_whole_report(record: Record) -> None:
    first, second, third = record.results
    pairs = ((None, first), (first, second), (second, third))
    for verbose in (True, False):
        parts = [render_progress(before, result, None, verbose=verbose) for before, result in pairs]
        whole = "".join([*parts, render_rest(record, verbose=verbose)])
        assert whole == render_record(record, verbose=verbose)


def test_verbose_gives_each_comparison_with_the_reason_of_its_tolerance(
    expected: SpecResult,
) -> None:
    assert render_spec(expected) == VERBOSE


def test_of_a_row_that_nobody_measured_no_numbers_are_told(expected: SpecResult) -> None:
    row = replace(expected.comparisons[0], error=nan, allowed=nan, worst=None)
    lines = render_spec(replace(expected, comparisons=(row, expected.comparisons[1]))).splitlines()
    assert lines[1] == "    ok  the gradient of `loss` by `w1`, rules"
    assert "0 of 4e-13 allowed" in lines[2]


def test_warnings_and_notes_are_counted_where_there_are_any(failed: SpecResult) -> None:
    note = replace(failed.findings[0], severity=Severity.NOTE)
    summary = summarise(Record(results=(replace(failed, findings=(note,)),)))
    assert "\nwarnings and notes: 1, which -v shows\n" in render_summary(summary)


def test_an_empty_and_an_interrupted_run_say_so() -> None:
    assert "no spec was selected" in render_record(Record(), verbose=False)
    assert "interrupted" in render_record(Record(interrupted=True), verbose=False)
