"""An update keeps the lines whose numbers did not change, and what people said of findings."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradverify.baseline.both import Against
from gradverify.baseline.keep import kept
from gradverify.baseline.renew import Remark, pruned, renewed
from gradverify.verdict.verdict import Severity, SpecResult, Status
from tests.baseline.examples import AGAINST, TODAY, W1, finding, plain, result_of, verdict

LATER = Against(TODAY + timedelta(days=30))
TWO = {("torch", "w1"): W1, ("jax", "w1"): W1}
NOTHING = Remark()


@given(st.integers(0, 2**32))
def test_rounding_changes_no_line(seed: int) -> None:
    before = kept(plain(), TODAY)
    rng = np.random.default_rng(seed)
    now = plain(W1 * (1 + 1e-15 * rng.normal(size=W1.shape)), verdicts=(verdict(error=6e-16),))
    assert renewed(now, before, LATER, NOTHING) == before
    assert kept(now, TODAY) != before


@pytest.mark.parametrize(
    "now",
    [
        plain(W1 + 1e-9),
        plain(verdicts=(verdict(error=1e-13),)),
        plain(verdicts=(verdict(allowed=1e-10),)),
        plain(verdicts=(verdict(status=Status.UNDECIDED),)),
        plain(W1.astype(np.float32)),
        plain(W1.T),
        plain(prints=()),
    ],
)
def test_what_changed_is_written_down(now: SpecResult) -> None:
    before = kept(plain(), TODAY)
    assert renewed(now, before, LATER, NOTHING).rows == kept(now, TODAY).rows != before.rows


def test_a_finding_keeps_when_it_was_first_seen_and_what_people_say() -> None:
    first = renewed(
        plain(findings=(finding(),)), None, AGAINST, Remark("2027-03-31", "upstream #12")
    )
    again = renewed(plain(findings=(finding(),)), first, LATER, NOTHING)
    (found,) = again.findings.values()
    assert (found.first_seen, found.last_seen) == ("2026-11-22", "2026-12-22")
    assert (found.expires, found.reason) == ("2027-03-31", "upstream #12")
    (other,) = renewed(
        plain(findings=(finding(),)), again, LATER, Remark("", "fixed soon")
    ).findings.values()
    assert (other.expires, other.reason) == ("", "fixed soon")


def test_only_findings_that_have_to_be_accepted_get_a_remark() -> None:
    expected = finding(expected=True)
    note = finding("kink", severity=Severity.NOTE)
    now = plain(findings=(expected, note))
    assert {
        f.reason for f in renewed(now, None, AGAINST, Remark(reason="why")).findings.values()
    } == {""}


def test_a_finding_and_an_array_that_went_away_stay_until_they_are_pruned() -> None:
    full = result_of({**TWO, ("torch", "w2"): W1}, findings=(finding(),))
    before = kept(full, TODAY)
    after = renewed(result_of(TWO), before, LATER, NOTHING)
    assert after == before
    rid = pruned(result_of(TWO), after, LATER)
    assert rid == kept(result_of(TWO), TODAY)


def test_an_oracle_that_is_silent_is_forgotten_if_it_was_asked() -> None:
    before = kept(result_of(TWO), TODAY)
    assert renewed(plain(), before, LATER, NOTHING) == kept(plain(), TODAY)
    asked = replace(LATER, asked=("torch",))
    assert renewed(plain(), before, asked, NOTHING) == before
    assert pruned(plain(), before, asked) == before


def test_the_digest_is_that_of_now_where_there_is_one() -> None:
    before = kept(plain(), TODAY, "a")
    assert renewed(plain(), before, replace(LATER, digest="b"), NOTHING).digest == "b"
    assert renewed(plain(), before, LATER, NOTHING).digest == "a"
