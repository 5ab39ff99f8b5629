"""A result is kept under names of its own, with as many bits as anybody reads."""

from dataclasses import replace
from math import inf, isnan, nan
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradverify.baseline.keep import bar_of, id_of, kept, rounded, rows_of
from gradverify.verdict.verdict import Answer, Status
from tests.baseline.examples import TODAY, W1, finding, plain, verdict


@given(st.floats(min_value=1e-300, max_value=1e300))
def test_a_number_is_rounded_up_and_by_little(number: float) -> None:
    assert number <= rounded(number) <= number * (1 + 2**-7)
    assert rounded(rounded(number)) == rounded(number)


@pytest.mark.parametrize("number", [0.0, inf, 1.0, 0.75])
def test_a_number_that_has_few_bits_stays(number: float) -> None:
    assert rounded(number) == number


def test_a_second_verdict_of_a_name_is_numbered() -> None:
    result = plain(comparisons=(verdict(), verdict(error=1e-13), verdict(at="tape step 2")))
    places = [key[3] for key in rows_of(result)]
    assert places == ["", "#2", "tape step 2"]


def test_a_second_finding_of_a_name_is_numbered() -> None:
    result = plain(findings=(finding(at="tape step 2"), finding(at="tape step 2")))
    assert [key[3] for key in kept(result, TODAY).findings] == ["tape step 2", "tape step 2 #2"]


def test_an_array_of_which_all_entries_are_kept_needs_no_projections() -> None:
    (few,) = rows_of(plain(np.array([1.0, 2.0]))).values()
    (many,) = rows_of(plain()).values()
    assert few.print is not None
    assert many.print is not None
    assert (few.print.projections, len(many.print.projections)) == ((), 2)


def test_what_is_allowed_of_zeros_is_absolute() -> None:
    shown = plain(np.zeros(3)).prints[0]
    assert bar_of(verdict(allowed=1e-15), shown) == 1e-15
    assert bar_of(verdict(allowed=1e-15), plain(2 * W1 / np.max(np.abs(W1))).prints[0]) == 2e-15


def test_the_widest_slack_counts_where_it_is_a_number() -> None:
    shown = plain(np.ones(3)).prints[0]
    assert bar_of(verdict(slack=1e-3), shown) == 1e-3
    assert bar_of(verdict(slack=nan), shown) == 4e-13
    assert isnan(bar_of(verdict(allowed=nan, slack=1e-3), shown))


def test_who_answered_is_whoever_was_not_silent() -> None:
    answers = [Answer(status.value, status, "") for status in Status]
    found = kept(plain(oracles=tuple(answers)), TODAY)
    assert found.answered == ("agree", "disagree", "undecided")


def test_an_id_does_not_depend_on_how_the_path_was_written(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    here = tmp_path.resolve().as_posix()
    monkeypatch.chdir(here)
    assert id_of(f"{here}/specs/a.grad.yaml::t") == "specs/a.grad.yaml::t"
    assert id_of("specs/a.grad.yaml::t::u") == "specs/a.grad.yaml::t::u"
    assert id_of("/elsewhere/a.grad.yaml::t") == "/elsewhere/a.grad.yaml::t"
    assert id_of(f"{here}-other/a.grad.yaml::t") == f"{here}-other/a.grad.yaml::t"


def test_findings_begin_today() -> None:
    (found,) = kept(plain(findings=(finding(),)), TODAY).findings.values()
    assert (found.first_seen, found.last_seen) == ("2026-11-22", "2026-11-22")
    assert replace(found, expires="").reason == ""
