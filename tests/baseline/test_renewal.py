"""A whole baseline is brought up to date: what is added, changed, kept, refused and removed."""

from dataclasses import replace
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from gradverify.baseline.lines import text_of
from gradverify.baseline.model import Baseline
from gradverify.baseline.read import parsed
from gradverify.baseline.renew import Remark
from gradverify.baseline.renewal import Renewal, pruning, renewal
from gradverify.verdict.verdict import Answer, SpecResult, Status
from tests.baseline.examples import AGAINST, W1, finding, plain

NOW = {"torch": "2.13.0"}


def spec(name: str, times: float = 1.0) -> SpecResult:
    return plain(times * W1, id=f"{name}.grad.yaml::t")


def updated(before: Baseline, *results: SpecResult) -> Renewal:
    given = [(result, "") for result in results]
    return renewal(before, given, NOW, AGAINST, Remark())


BEFORE = updated(Baseline(), spec("a"), spec("b"), spec("c")).after


def test_each_spec_is_added_changed_or_kept() -> None:
    made = updated(BEFORE, spec("a"), spec("b", 2.0), spec("d"))
    assert made.added == ("d.grad.yaml::t",)
    assert made.changed == ("b.grad.yaml::t",)
    assert made.kept == ("a.grad.yaml::t",)
    assert set(made.after.specs) == {f"{name}.grad.yaml::t" for name in "abcd"}


def test_lines_of_specs_that_were_not_run_stay() -> None:
    before = text_of(BEFORE).splitlines()
    after = text_of(updated(BEFORE, spec("b", 2.0)).after).splitlines()
    assert [("b.grad.yaml" in x, "row" in x) for x, y in zip(before, after, strict=True) if x != y]
    assert len([1 for x, y in zip(before, after, strict=True) if x != y]) == 1


@given(st.permutations([spec("a"), spec("b", 2.0), spec("d")]))
def test_the_order_of_results_changes_no_byte(results: list[SpecResult]) -> None:
    expected = text_of(updated(BEFORE, spec("a"), spec("b", 2.0), spec("d")).after)
    assert text_of(updated(BEFORE, *results).after) == expected
    assert text_of(updated(parsed(expected, Path("b")), *results).after) == expected


def test_an_oracle_that_no_longer_answers_is_named() -> None:
    mute = replace(spec("a"), oracles=(Answer("torch", Status.UNSUPPORTED, "not installed"),))
    made = updated(BEFORE, mute, spec("b"), spec("d"))
    assert made.silent == (("torch", 1),)
    assert updated(BEFORE, spec("a"), spec("d")).silent == ()
    assert updated(made.after, mute).silent == ()


def test_what_is_broken_is_refused_and_stays_as_it_was() -> None:
    broken = replace(spec("a", 2.0), status="broken", faults=("it raised",))
    stopped = replace(spec("b", 2.0), interrupted=True)
    made = updated(BEFORE, broken, stopped)
    assert made.refused == ("a.grad.yaml::t", "b.grad.yaml::t")
    assert made.after == BEFORE


def test_what_is_accepted_is_told_once() -> None:
    wrong = replace(spec("a"), status="failed", findings=(finding(),))
    made = updated(BEFORE, wrong)
    assert made.accepted == ("a.grad.yaml::t: the finding off-by-factor of torch by `w1`",)
    assert updated(made.after, wrong).accepted == ()


def test_the_environment_is_that_of_now() -> None:
    before = replace(BEFORE, environment={"torch": "2.12.0", "python": "3.12"})
    assert updated(before, spec("a")).after.environment == {"torch": "2.13.0", "python": "3.12"}


def test_what_is_gone_is_pruned_and_told() -> None:
    wrong = replace(spec("a"), status="failed", findings=(finding(),))
    before = updated(BEFORE, wrong).after
    results = [(spec("a"), ""), (replace(spec("c"), status="broken", comparisons=()), "")]
    made = pruning(before, results, ["b.grad.yaml::t", "never.grad.yaml::t"], AGAINST)
    assert made.specs == ("b.grad.yaml::t",)
    assert made.parts == ("a.grad.yaml::t: the finding off-by-factor of torch by `w1`",)
    assert set(made.after.specs) == {"a.grad.yaml::t", "c.grad.yaml::t"}
    assert made.after.specs["a.grad.yaml::t"].findings == {}
    assert made.after.specs["c.grad.yaml::t"] == before.specs["c.grad.yaml::t"]
