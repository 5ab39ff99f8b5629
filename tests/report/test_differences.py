"""The text says how a run differs from its baseline: how much, where, both values, what to do."""

from dataclasses import replace
from math import inf

import pytest

from gradverify.baseline.compared import Change, Compared, Known, Regression, SpecCompared
from gradverify.report.console import render_progress, render_record, render_spec
from gradverify.report.differences import (
    SHOWN,
    WIDTH,
    commands,
    gone,
    render_differences,
    render_outcomes,
)
from gradverify.report.record import Record, exit_code, summarise
from gradverify.verdict.verdict import Severity, SpecResult

WHOLE = """\
Against the baseline baseline.json: 1 new or worse in 1 spec, 2 gone.
  environment: torch 2.12.0 -> 2.13.0

specs/autograd-intro/two-layer-numpy.grad.yaml:2  gradient-moved: `w1`, by torch
    the gradient of `loss` by `w1`, as torch computes it, moved by 0.5 of its largest entry, \
1.2e+12 times what its error bars allow: [0, 14] was 3.07 and is 1.53
  Again: gradverify run expected

  known: specs/autograd-intro/two-layer-numpy.grad.yaml:2  Two layers by hand:
    mask-from-wrong-variable of `w1`, as derived, since 2026-01-31, accepted until 2027-01-31,
    because see issue 12
  gone: specs/old.grad.yaml::Old is no longer there
  gone: specs/autograd-intro/two-layer-numpy.grad.yaml::Two layers by hand: a finding is gone
  If this was meant: gradverify baseline update
  To drop what is gone: gradverify baseline prune"""


def test_what_differs_is_told_whole(against: Record) -> None:
    assert render_differences(against, verbose=False) == WHOLE


def test_without_a_baseline_nothing_is_told(record: Record) -> None:
    assert render_differences(record, verbose=True) == ""


def test_a_run_like_its_baseline_says_so_and_names_no_command(against: Record) -> None:
    assert against.baseline is not None
    same = replace(
        against, compared={}, baseline=replace(against.baseline, environment=(), gone=())
    )
    assert render_differences(same, verbose=False) == (
        "Against the baseline baseline.json: nothing is worse.\n  environment: as in the baseline"
    )


def test_what_is_known_is_no_failure_and_what_moved_is_one(against: Record) -> None:
    text = render_record(against, verbose=False)
    assert text.startswith("specs/autograd-intro/two-layer-numpy.grad.yaml Rk\n\nAgainst the")
    assert "is wrong" not in text
    counts = "\n2 specs: 0 passed, 1 known, 1 worse, 0 failed, 0 undecided, 0 broken, in 1.5 s\n"
    assert counts in text
    assert text.count("new or worse") == 1  # in the head, and not in the numbers again
    assert exit_code(summarise(against)) == 1
    known = replace(
        against, compared={against.results[1].id: against.compared[against.results[1].id]}
    )
    assert exit_code(summarise(known)) == 0


def test_verbose_says_of_a_spec_that_it_is_known(against: Record) -> None:
    result = against.results[1]
    compared = against.compared[result.id]
    assert ":2  failed (known)  Two layers" in render_spec(result, compared)
    assert render_progress(None, result, compared, verbose=False).endswith(" k")
    assert render_progress(None, result, None, verbose=False).endswith(" F")


def test_the_worst_is_told_first_and_many_are_counted(against: Record) -> None:
    name = against.results[0].id
    (moved,) = against.compared[name].regressions
    many = tuple(replace(moved, times=float(k), of=f"w{k}") for k in range(SHOWN + 5))
    compared = {name: replace(against.compared[name], regressions=many)}
    text = render_differences(replace(against, compared=compared), verbose=False)
    assert "and 5 more, which -v shows" in text
    assert text.index(f"`w{SHOWN + 4}`") < text.index(f"`w{SHOWN}`")
    assert "`w4`" not in text
    assert "`w4`" in render_differences(replace(against, compared=compared), verbose=True)


def new_finding(failed: SpecResult, *more: Regression) -> Record:
    """Return a run in which one spec has a new error."""
    (found,) = failed.findings
    new = Regression(
        Change.FINDING, "derived", "w1", "", "is new", inf, mark=found.mark, code=found.code
    )
    compared = {failed.id: SpecCompared(regressions=(new, *more))}
    again = {failed.id: "gradverify run it"}
    baseline = Compared("b.jsonl", update="gradverify baseline update")
    return Record((failed,), total=1, again=again, compared=compared, baseline=baseline)


def test_a_new_error_whose_failure_is_told_above_is_named_in_one_line(failed: SpecResult) -> None:
    record = new_finding(failed)
    assert render_differences(record, verbose=True).splitlines()[3:] == [
        f"  new: {failed.path}:2  Two layers by hand:",
        "    mask-from-wrong-variable of `w1`, as derived, told above",
    ]
    assert render_record(record, verbose=False).count("agrees to 2e-15") == 1
    passing = replace(record, results=(replace(failed, status="passed"),))
    assert "    is new" in render_differences(passing, verbose=True)


def test_nobody_is_told_how_to_accept_a_plain_error(failed: SpecResult) -> None:
    assert commands(new_finding(failed)) == ()
    moved = Regression(Change.MOVED, "torch", "w2", "", "moved", 5.0)
    meant = (("If this was meant", "gradverify baseline update"),)
    assert commands(new_finding(failed, moved)) == meant
    warning = replace(failed, findings=(replace(failed.findings[0], severity=Severity.WARNING),))
    assert commands(new_finding(warning)) == meant


def test_a_spec_that_is_new_can_be_added_where_nothing_is_worse(failed: SpecResult) -> None:
    record = new_finding(failed)
    new = replace(record, compared={failed.id: SpecCompared(is_new=True)})
    assert commands(new) == (("To add what is new", "gradverify baseline update"),)
    assert "1 not in it yet" in render_differences(new, verbose=False)


@pytest.mark.parametrize("reason", ["", "a word " * 40, "x" * 300, "two\nlines"])
def test_what_is_known_fits_in_columns_whatever_the_reason(against: Record, reason: str) -> None:
    failed = against.results[1]
    known = Known("mismatch", "torch", "w1", "", "2026-01-31", "", reason)
    compared = {failed.id: SpecCompared(excused=True, known=(known,))}
    text = render_differences(replace(against, compared=compared), verbose=False)
    lines = [line for line in text.splitlines()[3:] if "x" * 300 not in line]
    assert max(map(len, lines)) <= WIDTH
    assert " ".join(reason.split()) in " ".join(text.split())


def test_outcomes_without_a_baseline_are_those_that_there_always_were() -> None:
    assert render_outcomes({"passed": 2}) == "2 passed, 0 failed, 0 undecided, 0 broken"
    both = {"passed": 4, "known": 1, "worse": 2}
    told = "4 passed, 1 known, 2 worse, 0 failed, 0 undecided, 0 broken"
    assert render_outcomes(both) == told


def test_what_is_gone_is_specs_and_what_specs_had(against: Record) -> None:
    assert len(gone(against)) == 2
    assert gone(replace(against, compared={}, baseline=None)) == ()
