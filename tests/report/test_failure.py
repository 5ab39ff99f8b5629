"""A failure says where, who is wrong and by how much, why, and how to see it again."""

from dataclasses import replace
from math import inf, nan

import pytest

from gradverify.report.failure import render_failure, render_pair, render_party_failure
from gradverify.verdict.verdict import SpecResult, Status, Worst

FAILURE = """\
specs/autograd-intro/two-layer-numpy.grad.yaml:31  the gradient of `loss` by `w1`, as derived, is wrong

  party               against the truth      allowed     worst at
  rules                      1.1e-15          4e-13      [3, 71]     ok
  torch                            0          4e-13      [3, 71]     ok
  derived                    7.3e-01          4e-13      [0, 14]     WRONG  derived -12.41, true 3.07
  jax                 unsupported: jax is not installed: pip install 'gradverify[jax]'

  mask-from-wrong-variable: `grad_h` is masked where `grad_h_relu < 0`; masking where `h < 0` agrees to 2e-15.
    Mask with the variable that entered the relu.
  Would have noticed: 6e-13 of the whole gradient, 8e-11 in one entry.

  Again: gradverify run specs/autograd-intro/two-layer-numpy.grad.yaml -k 'Two layers by hand' --seed 7"""  # noqa: E501 - the layout is what is tested


def test_a_wrong_gradient_is_told_whole(failed: SpecResult) -> None:
    assert render_failure(failed) == FAILURE


def test_the_failure_of_the_guilty_party_is_the_same_and_an_innocent_one_has_none(
    failed: SpecResult,
) -> None:
    assert render_party_failure(failed, "derived") == FAILURE
    assert render_party_failure(failed, "torch") == ""


def test_an_undecided_array_is_told_as_undecided(failed: SpecResult) -> None:
    rules = replace(failed.comparisons[0], status=Status.UNDECIDED)
    text = render_failure(replace(failed, status="undecided", comparisons=(rules,), findings=()))
    first = text.splitlines()[0]
    assert first.endswith(":2  the gradient of `loss` by `w1`, by rules, is undecided")
    assert "[3, 71]     UNDECIDED  rules 1.5, true 1.5" in text


MISSING = """\
specs/autograd-intro/two-layer-numpy.grad.yaml:2  the finding `sign-flipped` (party derived, of w2) \
is listed, and nothing of the kind was found

  Mend the spec's `findings`, or say why the party is right after all.

  Again: gradverify run specs/autograd-intro/two-layer-numpy.grad.yaml -k 'Two layers by hand' --seed 7"""  # noqa: E501 - the layout is what is tested


def test_a_finding_that_nobody_made_is_told(expected: SpecResult) -> None:
    missing = {"code": "sign-flipped", "party": "derived", "of": "w2"}
    result = replace(expected, status="failed", missing=(missing,))
    assert render_failure(result) == MISSING
    anybody = {"code": "sign-flipped", "party": "", "of": ""}
    text = render_failure(replace(result, missing=(anybody,)))
    assert "the finding `sign-flipped` is listed, and nothing of the kind was found\n" in text


def test_a_finding_without_a_wrong_array_has_a_block_of_its_own(failed: SpecResult) -> None:
    text = render_failure(replace(failed, comparisons=failed.comparisons[:2]))
    assert text.startswith(f"{failed.path}:31  `w1`, as derived\n\n  mask-from-wrong-variable: ")


def test_the_faults_of_a_broken_spec_are_printed_as_they_are(broken: SpecResult) -> None:
    assert render_failure(broken).startswith(f"{broken.faults[0]}\n\n  Again: ")


NOTHING = """\
specs/autograd-intro/two-layer-numpy.grad.yaml:2  Two layers by hand: nothing was compared

  jax                 unsupported: jax is not installed: pip install 'gradverify[jax]'

  Again: gradverify run specs/autograd-intro/two-layer-numpy.grad.yaml -k 'Two layers by hand' --seed 7"""  # noqa: E501 - the layout is what is tested


def test_a_spec_that_compares_nothing_says_so_and_who_did_not_answer(failed: SpecResult) -> None:
    faults = ("nothing was compared",)
    result = replace(failed, comparisons=(), findings=(), faults=faults, status="undecided")
    assert render_failure(result) == NOTHING


def test_a_finding_is_told_once(failed: SpecResult) -> None:
    value = replace(failed.comparisons[2], kind="value")
    text = render_failure(replace(failed, comparisons=(value, *failed.comparisons)))
    assert text.count("is wrong\n") == 2
    assert text.count("mask-from-wrong-variable: ") == 1


@pytest.mark.parametrize(
    ("claimed", "true", "text"),
    [
        (-12.41, 3.07, "p -12.41, true 3.07"),
        (4.50004, 4.5, "p 4.50004, true 4.5"),
        (nan, 1.0, "p nan, true 1"),
        (-inf, 0.0, "p -inf, true 0"),
        (2.0, 2.0, "p 2, true 2"),
    ],
)
def test_two_values_have_the_digits_that_tell_them_apart(
    claimed: float, true: float, text: str
) -> None:
    assert render_pair(Worst((), claimed, true), "p") == text
