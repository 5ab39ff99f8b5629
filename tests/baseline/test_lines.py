"""A baseline is lines that stand by themselves: the same in any order, and merged line by line."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradverify.baseline.keep import kept
from gradverify.baseline.lines import hex_of, key_of, text_of
from gradverify.baseline.model import Baseline, Kept
from gradverify.baseline.read import parsed
from gradverify.verdict.verdict import Severity, Status
from tests.baseline.examples import TODAY, W1, finding, plain, result_of, verdict

FILE = Path("b.jsonl")
NAMES = st.text(st.characters(codec=None), min_size=1, max_size=12)
NUMBERS = st.floats(width=64).map(lambda number: number + 0.0)  # no -0.0, which is kept as 0


def baseline_of(*specs: Kept) -> Baseline:
    return Baseline({"torch": "2.13.0"}, {spec.id: spec for spec in specs})


def named(name: str, array: object = W1) -> Kept:
    result = plain(np.asarray(array), id=f"{name}.grad.yaml::t", findings=(finding(),))
    return kept(result, TODAY, "d1")


@st.composite
def specs(draw: st.DrawFn) -> Kept:
    """Draw what is kept of any spec: names in any letters, numbers of any kind."""
    of, at, title = draw(NAMES), draw(st.sampled_from(["", "tape step 2"])), draw(NAMES)
    array = np.array(draw(st.lists(NUMBERS, max_size=7)))
    status = draw(st.sampled_from([Status.AGREE, Status.DISAGREE, Status.UNDECIDED]))
    number = draw(NUMBERS.map(abs))
    made = verdict("torch", of, error=number, allowed=number, at=at, status=status)
    other = verdict("jax", of, kind="value", error=0.0, allowed=0.0)
    found = finding(of=of, at=at, severity=draw(st.sampled_from([*Severity])))
    with np.errstate(all="ignore"):
        result = result_of({("torch", of): array}, (made, other))
    result = replace(
        result, id=f"{title}.grad.yaml::{title}", findings=(found,), seed=draw(st.integers(0, 99))
    )
    return kept(result, TODAY, draw(st.sampled_from(["", "0123456789ab"])))


@given(st.lists(specs(), max_size=4))
def test_what_is_written_is_read(drawn: list[Kept]) -> None:
    baseline = baseline_of(*drawn)
    text = text_of(baseline)
    assert repr(parsed(text, FILE)) == repr(sorted_as_text(baseline))
    assert text_of(parsed(text, FILE)) == text


def sorted_as_text(baseline: Baseline) -> Baseline:
    """Return a baseline with everything in the order of its file."""
    whole = {
        name: replace(
            spec, rows=dict(sorted(spec.rows.items())), findings=dict(sorted(spec.findings.items()))
        )
        for name, spec in sorted(baseline.specs.items())
    }
    return Baseline(dict(sorted(baseline.environment.items())), whole)


@given(st.permutations("abcd"))
def test_the_order_of_specs_changes_no_byte(order: list[str]) -> None:
    text = text_of(baseline_of(*map(named, order)))
    assert text == text_of(baseline_of(*map(named, "abcd")))


@given(st.permutations(range(8)))
def test_the_order_of_lines_changes_nothing(order: list[int]) -> None:
    first, *between, last = text_of(baseline_of(named("a"), named("b"))).splitlines()
    assert len(between) == 7
    mixed = [between[k] for k in order if k < len(between)]
    text = "\n".join([first, *mixed, last])
    assert text_of(parsed(text, FILE)) == text_of(baseline_of(named("a"), named("b")))


def test_two_updates_merge_line_by_line() -> None:
    start = baseline_of(named("b"), named("d"))
    ours = baseline_of(named("a"), named("b"), named("d"))
    theirs = baseline_of(named("b"), named("c", [1.0, 2.0]), named("d"))
    assert text_of(parsed(union(*map(text_of, (start, ours, theirs))), FILE)) == text_of(
        baseline_of(named("a"), named("b"), named("c", [1.0, 2.0]), named("d"))
    )


def union(start: str, ours: str, theirs: str) -> str:
    """Merge as git does with `merge=union`: the lines of both, where both added some."""
    before = start.splitlines()
    merged = [*ours.splitlines()]
    merged[1:1] = [line for line in theirs.splitlines() if line not in before]
    return "\n".join([*merged[:-1], *merged[1:3], merged[-1]])  # and some of them twice


def test_a_spec_that_changes_changes_its_own_lines_alone() -> None:
    before = text_of(baseline_of(named("a"), named("b"))).splitlines()
    after = text_of(baseline_of(named("a"), named("b", 2 * W1))).splitlines()
    changed = [line for line in after if line not in before]
    assert [json.loads(line)["row"] for line in changed] == [key_of("b.grad.yaml::t")]


@given(st.floats(allow_nan=False))
def test_a_number_keeps_all_of_its_bits(number: float) -> None:
    assert float.fromhex(hex_of(number)) == number
    assert "0p" not in hex_of(number).replace("0x0p", "").replace("0x1.0p", "?")


@pytest.mark.parametrize(
    ("number", "text"),
    [(1.0, "0x1p+0"), (-1.5, "-0x1.8p+0"), (0.0, "0"), (2.0**-1074, "0x0.0000000000001p-1022")],
)
def test_a_number_is_as_short_as_it_can_be(number: float, text: str) -> None:
    assert hex_of(number) == text


def test_a_small_spec_takes_a_kilobyte_and_a_half() -> None:
    parties = ("rules", "torch", "jax", "finite_difference", "stated")
    array = np.array([0.1, 0.2, 0.3])
    values = [verdict(party, "loss", kind="value") for party in parties[:3]]
    result = result_of({(party, "x"): array for party in parties}, values)
    text = text_of(baseline_of(kept(result, TODAY, "0123456789ab")))
    assert len(text) < 1600


def test_unicode_stays_readable_and_bytes_that_are_no_text_can_be_written() -> None:
    text = text_of(baseline_of(named("梯度 <script>")))
    assert "梯度 <script>" in text
    strange = text_of(baseline_of(named("\udcff")))
    assert strange.encode()
    assert text_of(parsed(strange, FILE)) == strange
