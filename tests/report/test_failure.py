"""A failure says where, who is wrong and by how much, why, and how to see it again."""

from dataclasses import replace

import pytest

from gradverify.errors import Mark
from gradverify.report.failure import render_failure, render_open, render_party_failure
from gradverify.verdict.verdict import SpecResult, Status

FAILURE = """\
specs/autograd-intro/two-layer-numpy.grad.yaml:31  the gradient of `loss` by `w1`, as derived, is wrong

  party               against the truth      allowed     worst at
  rules                      1.1e-15          4e-13      [3, 71]     ok
  torch                            0          4e-13      [3, 71]     ok
  derived                    7.3e-01          4e-13      [0, 14]     WRONG  derived -12.41, true 3.07
  jax                 unsupported: jax is not installed: pip install 'gradverify[jax]'
  Errors are relative to the largest true entry.

  mask-from-wrong-variable: `grad_h` is masked where `grad_h_relu < 0`; masking where `h < 0` agrees to 2e-15.
    Mask with the variable that entered the relu.
  Would have noticed: 6e-13 of the whole gradient, 8e-11 in one entry.

  Again: gradverify run 'specs/autograd-intro/two-layer-numpy.grad.yaml::Two layers by hand' --seed 7"""  # noqa: E501 - the layout is what is tested


def test_a_wrong_gradient_is_told_whole(failed: SpecResult, again: str) -> None:
    assert render_failure(failed, again) == FAILURE


def test_the_failure_of_the_guilty_party_is_the_same_and_an_innocent_one_has_none(
    failed: SpecResult, again: str
) -> None:
    assert render_party_failure(failed, "derived", again) == FAILURE
    assert render_party_failure(failed, "torch", again) == ""


def test_an_undecided_array_is_told_as_undecided(failed: SpecResult, again: str) -> None:
    rules = replace(failed.comparisons[0], status=Status.UNDECIDED)
    text = render_failure(
        replace(failed, status="undecided", comparisons=(rules,), findings=()), again
    )
    first = text.splitlines()[0]
    assert first.endswith(":2  the gradient of `loss` by `w1`, by rules, is undecided")
    assert "  rules               UNDECIDED: rounding of 5 steps in float64\n" in text


MISSING = """\
specs/autograd-intro/two-layer-numpy.grad.yaml:2  the finding `sign-flipped` (party derived, of w2) \
is listed, and nothing of the kind was found

  Mend the spec's `findings`, or say why the party is right after all.

  Again: gradverify run 'specs/autograd-intro/two-layer-numpy.grad.yaml::Two layers by hand' --seed 7"""  # noqa: E501 - the layout is what is tested


def test_a_finding_that_nobody_made_is_told(expected: SpecResult, again: str) -> None:
    missing = {"code": "sign-flipped", "party": "derived", "of": "w2"}
    result = replace(expected, status="failed", missing=(missing,))
    assert render_failure(result, again) == MISSING
    anybody = {"code": "sign-flipped", "party": "", "of": ""}
    text = render_failure(replace(result, missing=(anybody,)), again)
    assert "the finding `sign-flipped` is listed, and nothing of the kind was found\n" in text


def test_a_finding_without_a_wrong_array_has_a_block_of_its_own(
    failed: SpecResult, again: str
) -> None:
    text = render_failure(replace(failed, comparisons=failed.comparisons[:2]), again)
    assert text.startswith(f"{failed.path}:31  `w1`, as derived\n\n  mask-from-wrong-variable: ")


def test_the_faults_of_a_broken_spec_are_printed_as_they_are(
    broken: SpecResult, again: str
) -> None:
    assert render_failure(broken, again).startswith(f"{broken.faults[0]}\n\n  Again: ")


NOTHING = """\
specs/autograd-intro/two-layer-numpy.grad.yaml:2  Two layers by hand: nothing was compared

  jax                 unsupported: jax is not installed: pip install 'gradverify[jax]'

  Again: gradverify run 'specs/autograd-intro/two-layer-numpy.grad.yaml::Two layers by hand' --seed 7"""  # noqa: E501 - the layout is what is tested


def test_a_spec_that_compares_nothing_says_so_and_who_did_not_answer(
    failed: SpecResult, again: str
) -> None:
    faults = ("nothing was compared",)
    result = replace(failed, comparisons=(), findings=(), faults=faults, status="undecided")
    assert render_failure(result, again) == NOTHING


def test_a_finding_is_told_once(failed: SpecResult, again: str) -> None:
    value = replace(failed.comparisons[2], kind="value")
    text = render_failure(replace(failed, comparisons=(value, *failed.comparisons)), again)
    assert text.count("is wrong\n") == 2
    assert text.count("mask-from-wrong-variable: ") == 1


SEVERAL = """\
specs/autograd-intro/two-layer-numpy.grad.yaml:2  the gradient of `loss` by `w2`, as derived, is wrong
  off by 7.3e-01 at [0, 14]: derived -12.41, true 3.07"""  # noqa: E501 - the layout is what is tested


def test_of_several_wrong_arrays_the_first_is_told_in_full(failed: SpecResult, again: str) -> None:
    second = replace(failed.comparisons[2], of="w2")
    result = replace(failed, comparisons=(*failed.comparisons, second))
    text = render_failure(result, again)
    assert SEVERAL in text
    assert text.count("against the truth") == 1
    assert text.count("Errors are relative to the largest true entry.") == 1
    assert render_failure(result, again, verbose=True).count("against the truth") == 2


def test_another_party_at_a_second_array_is_told_in_full(failed: SpecResult, again: str) -> None:
    second = replace(failed.comparisons[2], of="w2", party="torch")
    result = replace(failed, comparisons=(*failed.comparisons, second))
    assert render_failure(result, again).count("against the truth") == 2


IN_CODE = """\
network/layers.py:20  the gradient of `loss` by `w1`, as derived, is wrong
  in specs/autograd-intro/two-layer-numpy.grad.yaml:2, Two layers by hand

  party """


def test_of_a_place_in_code_the_spec_is_named_below(failed: SpecResult, again: str) -> None:
    mark = Mark("network/layers.py", 20, 1, "")
    found = replace(failed.findings[0], mark=mark)
    result = replace(failed, findings=(found,))
    assert render_failure(result, again).startswith(IN_CODE)
    alone = render_failure(replace(result, comparisons=failed.comparisons[:2]), again)
    assert alone.splitlines()[1] == f"  in {failed.path}:2, Two layers by hand"


@pytest.mark.parametrize(
    ("file", "line", "named"), [("tests/test_a.py", 7, 1), ("tests/test_a.py", 2, 0)]
)
def test_of_a_place_in_the_file_of_the_test_the_test_is_named_below(
    failed: SpecResult, file: str, line: int, named: int
) -> None:
    found = replace(failed.findings[0], mark=Mark(file, line, 1, ""))
    result = replace(failed, path=file, title="test_it", findings=(found,))
    assert render_failure(result, "").count(f"\n  in {file}:2, test_it\n") == named


def test_a_cause_in_code_is_told_once_beside_the_statements(failed: SpecResult, again: str) -> None:
    rules, _, wrong = failed.comparisons
    beside = replace(wrong, party="function")
    own = replace(beside, kind="vjp")
    found = replace(failed.findings[0], party="function", details={"kind": "vjp"})
    result = replace(failed, comparisons=(rules, beside, own), findings=(found,))
    text = render_failure(result, again)
    first, second = text.split("the gradient of the outputs by `w1`, by function, is wrong\n")
    assert "mask-from-wrong-variable" in first
    assert second.startswith("  off by 7.3e-01 at [0, 14]: function -12.41, true 3.07\n")
    assert render_failure(result, again, verbose=True).count("against the truth") == 2
    open_ = render_failure(replace(result, findings=()), again)
    assert open_.count("against the truth") == 2


def test_parties_are_listed_in_one_phrase(failed: SpecResult, again: str) -> None:
    derived = failed.comparisons[2]
    wrong = tuple(replace(derived, party=p) for p in ("rules", "torch", "jax", "derived"))
    first = render_failure(replace(failed, comparisons=wrong), again).splitlines()[0]
    assert first.endswith(" by `w1`, by rules, torch and jax and as derived, is wrong")


def test_a_stated_value_is_told_beside_the_true_one(failed: SpecResult, again: str) -> None:
    finding = replace(
        failed.findings[0],
        code="values-differ",
        party="stated",
        message="stated has 8 at [] where the numpy forward pass gives 9",
        details={"kind": "value", "claimed": 8.0, "true": 9.0},
    )
    text = render_failure(replace(failed, comparisons=(), findings=(finding,)), again)
    assert "  values-differ: stated 8, true 9\n" in text


OPEN = """\
  unexpected: mask-from-wrong-variable of `w1`: see derived

  Again: gradverify run 'specs/autograd-intro/two-layer-numpy.grad.yaml::Two layers by hand' --seed 7"""  # noqa: E501 - the layout is what is tested


def test_what_is_told_of_a_party_is_pointed_to(failed: SpecResult, again: str) -> None:
    assert render_open(failed, again) == OPEN
    undecided = replace(failed.comparisons[0], status=Status.UNDECIDED)
    text = render_open(replace(failed, comparisons=(undecided,), findings=()), again)
    assert text.startswith("  undecided: the gradient of `loss` by `w1`, by rules\n")
