"""Words for what was compared and for who is meant: a party computes, a claim is as it is."""

from dataclasses import replace

import pytest

from gradverify.report.subjects import render_parties, render_subject
from gradverify.verdict.verdict import SpecResult


@pytest.mark.parametrize(
    ("parties", "words"),
    [
        (("torch",), "by torch"),
        (("rules", "torch", "jax"), "by rules, torch and jax"),
        (("derived",), "as derived"),
        (("torch", "stated", "recorded"), "by torch and as stated and recorded"),
    ],
)
def test_parties_are_listed_as_who_computes_and_what_is_claimed(
    parties: tuple[str, ...], words: str
) -> None:
    assert render_parties(parties) == words


def test_what_was_compared_is_named_with_its_place_in_a_script(failed: SpecResult) -> None:
    verdict = failed.comparisons[0]
    assert render_subject(verdict) == "the gradient of `loss` by `w1`"
    on_tape = replace(verdict, at="tape step 3")
    assert render_subject(on_tape) == "the gradient by `w1` of what goes backward, at tape step 3"
    assert render_subject(replace(verdict, kind="novel")) == "the novel of `w1`"
