"""A run fails on what is new or worse than its baseline, and on nothing that rounding does."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import numpy as np
import pytest

from gradverify.baseline.compare import compared
from gradverify.baseline.compared import Change, Known, SpecCompared
from gradverify.baseline.keep import kept
from gradverify.baseline.model import Kept
from gradverify.errors import Mark
from gradverify.verdict.verdict import Answer, Severity, SpecResult, Status
from tests.baseline.examples import (
    AGAINST,
    TODAY,
    W1,
    finding,
    held,
    plain,
    result_of,
    verdict,
)

SILENT = Answer("jax", Status.UNSUPPORTED, "no lowering for erfinv")
BROKEN = Answer("jax", Status.BROKEN, "it raised ValueError")
TWO = {("torch", "w1"): W1, ("jax", "w1"): W1}


def changes(found: SpecCompared) -> list[Change]:
    return [regression.change for regression in found.regressions]


def shifted(by: float, index: tuple[int, int] = (0, 14)) -> SpecResult:
    array = W1.copy()
    array[index] += by
    return plain(array)


def test_the_same_result_differs_in_nothing() -> None:
    assert held(plain(), plain()) == SpecCompared()


def test_a_spec_that_is_new_is_not_compared() -> None:
    failed = plain(status="failed", findings=(finding(),))
    assert compared(failed, None, AGAINST) == SpecCompared(is_new=True)


def test_of_a_spec_that_could_not_be_run_nothing_is_compared() -> None:
    broken = replace(plain(), status="broken", comparisons=(), prints=(), oracles=())
    assert held(broken, plain(findings=(finding(),))) == SpecCompared()


def test_a_gradient_that_moved_is_told_with_its_entry_and_both_values() -> None:
    index = np.unravel_index(np.argmax(np.abs(W1)), W1.shape)
    before = W1.copy()
    before[index] = 3.07
    now = before.copy()
    now[index] = 3.0701
    (found,) = held(plain(now), plain(before)).regressions
    assert found.change is Change.MOVED
    assert (found.index, found.before, found.now) == (index, 3.07, 3.0701)
    assert found.message == (
        "the gradient of `loss` by `w1`, as torch computes it, moved by 3.3e-05 of its largest "
        f"entry, 4.1e+07 times what its error bars allow: {[*map(int, index)]} was 3.07 and is "
        "3.0701"
    )


def test_an_entry_that_is_not_kept_shows_in_the_mean() -> None:
    kept_entries = {k for k, _ in plain().prints[0].probes}
    hidden = next(k for k in range(W1.size) if k not in kept_entries)
    (found,) = held(shifted(1.0, divmod(hidden, 72)), plain()).regressions  # pyright: ignore[reportArgumentType] # a pair
    assert (found.change, found.index) == (Change.MOVED, None)
    assert "the mean of its entries with signs was" in found.message
    assert found.before is not None
    assert found.now is not None
    assert abs(found.now - found.before) == pytest.approx(1 / W1.size)


def test_what_is_too_small_for_every_mean_passes() -> None:
    bar = 2 * 4e-13 * np.max(np.abs(W1))
    hidden = next(k for k in range(W1.size) if k not in dict(plain().prints[0].probes))
    assert not held(shifted(0.9 * bar * W1.size, divmod(hidden, 72)), plain()).regressions  # pyright: ignore[reportArgumentType] # a pair


def test_another_text_of_the_spec_is_named_as_the_cause() -> None:
    (found,) = held(plain(2 * W1), plain(), digest="b").regressions
    assert found.message.endswith("; the text of the spec has changed since")
    (found,) = held(plain(2 * W1), plain(), digest="").regressions
    assert "text" not in found.message


def test_another_seed_is_one_regression_and_no_gradient_is_compared() -> None:
    (found,) = held(plain(2 * W1, seed=7), plain()).regressions
    assert found.change is Change.SEED
    assert found.message == (
        "random inputs were drawn with the seed 7, and with 0 for the baseline: gradients are "
        "not compared; `--seed 0` draws those of the baseline"
    )


def test_another_seed_of_a_spec_that_draws_nothing_is_none() -> None:
    assert held(plain(seed=7), plain()) == SpecCompared()


def test_a_new_finding_is_a_regression_where_it_stands() -> None:
    mark = Mark("ops.py", 12, 1, "")
    now = plain(status="failed", findings=(finding(mark=mark, details={"index": (0, 3)}),))
    found = held(now, plain())
    (regression,) = found.regressions
    assert (regression.change, regression.mark, regression.index) == (Change.FINDING, mark, (0, 3))
    assert regression.message == "off-by-factor is new: it is 2 times too large"
    assert not found.excused


def test_another_cause_in_the_place_of_one_is_new_and_says_so() -> None:
    wrong = verdict(status=Status.DISAGREE, error=1.0)
    before = plain(status="failed", findings=(finding("mismatch"),), verdicts=(wrong,))
    now = plain(status="failed", findings=(finding(),), verdicts=(wrong,))
    found = held(now, before)
    assert found.regressions[0].message.startswith(
        "off-by-factor is new (the baseline has mismatch there): "
    )
    assert found.gone == ("the finding mismatch of torch by `w1` is gone",)


@pytest.mark.parametrize(
    ("severity", "expected", "count"),
    [
        (Severity.ERROR, False, 1),
        (Severity.WARNING, False, 1),
        (Severity.NOTE, False, 0),
        (Severity.ERROR, True, 0),
    ],
)
def test_notes_and_what_the_spec_expects_are_no_regressions(
    severity: Severity, *, expected: bool, count: int
) -> None:
    now = plain(findings=(finding(severity=severity, expected=expected),))
    assert changes(held(now, plain())) == [Change.FINDING] * count


def test_a_finding_that_is_graver_than_it_was_is_new() -> None:
    before = plain(findings=(finding(severity=Severity.WARNING),))
    found = held(plain(status="failed", findings=(finding(),)), before)
    assert [r.message for r in found.regressions] == [
        "off-by-factor is an error now, and was a warning: it is 2 times too large"
    ]


def test_an_array_that_is_newly_wrong_has_no_change_besides() -> None:
    wrong = verdict(status=Status.DISAGREE, error=1.0)
    now = plain(2 * W1, status="failed", findings=(finding(),), verdicts=(wrong,))
    assert changes(held(now, plain())) == [Change.FINDING]
    open_ = held(replace(now, findings=()), plain())
    assert (open_.regressions, open_.excused) == ((), False)  # and the run fails of its status


def test_other_arrays_of_a_spec_with_a_new_error_are_compared() -> None:
    before = result_of({("torch", "w1"): W1, ("jax", "w1"): W1, ("torch", "w2"): W1})
    moved = {("torch", "w1"): 2 * W1, ("jax", "w1"): 2 * W1, ("torch", "w2"): 2 * W1}
    wrong = verdict(status=Status.DISAGREE, error=1.0)
    now = result_of(moved, (wrong,), status="failed", findings=(finding(),))
    told = [(r.change, r.party, r.of) for r in held(now, before).regressions]
    assert told == [
        (Change.MOVED, "jax", "w1"),
        (Change.MOVED, "torch", "w2"),
        (Change.FINDING, "torch", "w1"),
    ]


@pytest.mark.parametrize("more", [{"expected": True}, {"severity": Severity.WARNING}])
def test_what_fails_of_nothing_else_fails_since_it_moved(more: dict[str, Any]) -> None:
    wrong = verdict(status=Status.DISAGREE if "expected" in more else Status.AGREE)
    now = plain(2 * W1, findings=(finding(**more),), verdicts=(wrong,))
    assert Change.MOVED in changes(held(now, plain()))
    assert Change.MOVED in changes(held(replace(now, status="failed"), plain()))


def test_a_known_error_that_moved_is_told() -> None:
    wrong = verdict(status=Status.DISAGREE, error=1.0)
    before, now = (
        plain(k * W1, status="failed", findings=(finding(),), verdicts=(wrong,)) for k in (2, 3)
    )
    assert changes(held(now, before)) == [Change.MOVED]


def test_a_finding_has_its_code() -> None:
    (found,) = held(plain(status="failed", findings=(finding(),)), plain()).regressions
    assert found.code == "off-by-factor"
    (found,) = held(plain(2 * W1), plain()).regressions
    assert found.code == ""


@pytest.mark.parametrize(
    ("party", "words"),
    [
        ("torch", "as torch computes it, moved"),
        ("stated", "as stated, moved"),
        ("derived", "as derived, moved"),
    ],
)
def test_a_claim_of_the_spec_is_computed_by_nobody(party: str, words: str) -> None:
    before, now = (result_of({(party, "w1"): k * W1}) for k in (1, 2))
    (found,) = held(now, before).regressions
    assert words in found.message


def accepted(**of: Any) -> tuple[SpecResult, Kept]:
    """Return a result that does not pass, and a baseline that knows why."""
    wrong = verdict(status=Status.DISAGREE, error=1.0)
    now = plain(status="failed", findings=(finding(),), verdicts=(wrong,))
    before = kept(now, TODAY - timedelta(days=90))
    (known,) = before.findings.values()
    return now, replace(before, findings={known.key: replace(known, **of)})


def test_a_known_finding_is_excused_and_told() -> None:
    now, before = accepted(expires="2026-11-22", reason="upstream #12")
    found = compared(now, before, AGAINST)
    assert found.excused
    assert found.regressions == ()
    known = Known("off-by-factor", "torch", "w1", "", "2026-08-24", "2026-11-22", "upstream #12")
    assert found.known == (known,)


def test_a_known_finding_is_no_longer_known_after_its_day() -> None:
    now, before = accepted(expires="2026-11-21", reason="upstream #12")
    found = compared(now, before, AGAINST)
    assert (found.excused, found.known) == (False, ())
    assert [r.message for r in found.regressions] == [
        (
            "off-by-factor was accepted until 2026-11-21 because “upstream #12”, and is still "
            "there: it is 2 times too large"
        ),
    ]


@pytest.mark.parametrize("answer", [SILENT, BROKEN])
def test_an_oracle_that_answers_no_more_is_told_once_with_its_reason(answer: Answer) -> None:
    torch = Answer("torch", Status.AGREE, "")
    now = plain(oracles=(torch, answer))
    found = held(now, result_of({**TWO, ("jax", "w2"): W1}))
    assert [r.message for r in found.regressions] == [
        f"jax answered before and does not now: {answer.reason}"
    ]
    assert found.regressions[0].change is Change.SILENT


def test_an_oracle_that_nobody_asked_is_not_missed() -> None:
    before = result_of(TWO, findings=(finding(party="jax"),))
    assert held(plain(), before, asked=("torch",)) == SpecCompared()
    assert changes(held(plain(), before, asked=("torch", "jax"))) == [Change.SILENT]


def test_what_a_spec_claims_is_missed_whatever_was_asked() -> None:
    before = result_of({**TWO, ("derived", "w1"): W1})
    assert changes(held(plain(), before, asked=("torch",))) == [Change.SILENT]


def test_the_tape_is_missed_only_where_all_were_asked() -> None:
    before = result_of({**TWO, ("tape", "w1"): W1})
    assert changes(held(plain(), before, asked=("torch", "jax"))) == [Change.SILENT] * 2
    assert changes(held(plain(), before, asked=("torch",))) == []


def test_a_party_that_leaves_out_an_array_is_told_and_an_array_that_all_leave_out_is_gone() -> None:
    full = result_of({**TWO, ("torch", "w2"): W1, ("jax", "w2"): W1})
    found = held(result_of({**TWO, ("torch", "w2"): W1}), full)
    assert [r.message for r in found.regressions] == [
        "jax answered for the gradient of `loss` by `w2` before and does not now, while others do"
    ]
    found = held(result_of(TWO), full)
    assert found.regressions == ()
    assert found.gone == ("the gradient of `loss` by `w2` is gone",)


def test_an_interrupted_spec_misses_nothing() -> None:
    now = plain(interrupted=True, status="broken")
    assert held(now, result_of(TWO, findings=(finding(),))) == SpecCompared()


def test_an_oracle_that_is_new_is_welcome() -> None:
    assert held(result_of(TWO), plain()) == SpecCompared()
