"""What is stated and printed about code that stands alone is held against what it computes."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from gradverify.verdict.verdict import SpecResult
from tests.run.code_project import numpy_spec, project, result
from tests.support import codes

RIGHT = "expect: {grads: {x: sigmoid(x)}, values: {output: log1p(exp(x))}}"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    with project(tmp_path, monkeypatch) as here:
        yield here


def softplus(*more: str, inputs: str = "{x: [[1., 2.], [-3., 0.5]]}") -> SpecResult:
    return result(numpy_spec("softplus", "softplus_backward", *more, inputs=inputs))


def said(found: SpecResult, party: str = "stated") -> dict[str, str]:
    return {v.kind: v.status.value for v in found.comparisons if v.party == party}


def test_right_statements_agree() -> None:
    found = softplus(RIGHT)
    assert found.status == "passed", found.faults
    assert said(found) == {"vjp": "agree", "value": "agree"}
    assert (len(found.comparisons), found.possible) == (3, 3)


@pytest.mark.parametrize("share", [2.0, 1.001, 1.00001])
def test_a_wrong_gradient_is_the_authors_fault(share: float) -> None:
    found = softplus(f"expect: {{grads: {{x: {share} * sigmoid(x)}}}}")
    assert found.status == "failed"
    assert said(found) == {"vjp": "disagree"}
    assert said(found, "function") == {"vjp": "agree"}
    assert {(party, of) for _, party, of in codes(found)} == {("stated", "x")}


def test_its_cause_and_its_place_are_named() -> None:
    found = softplus("expect: {grads: {x: 2 * sigmoid(x)}}")
    assert codes(found) == [("off-by-factor", "stated", "x")]
    assert found.findings[0].mark is not None
    assert found.findings[0].mark.line == 7
    listed = "findings: [{code: off-by-factor, party: stated, of: x}]"
    assert softplus("expect: {grads: {x: 2 * sigmoid(x)}}", listed).status == "passed"


def test_a_wrong_value_is_found() -> None:
    found = softplus("expect: {values: {output: exp(x)}}")
    assert codes(found) == [("values-differ", "stated", "output")]
    shape = softplus("expect: {values: {output: [1., 2.]}}")
    assert codes(shape) == [("shape-differs", "stated", "output")]


def test_the_value_of_an_input_can_be_stated_too() -> None:
    assert softplus("expect: {values: {x: [[1., 2.], [-3., 0.5]]}}").status == "passed"
    assert softplus("expect: {values: {x: [[1., 2.], [-3., 0.6]]}}").status == "failed"


def test_printed_numbers_are_compared_to_their_digits() -> None:
    inputs = "{x: [1., 2.]}"
    right = softplus("recorded: {grads: {x: [0.7311, 0.8808]}}", inputs=inputs)
    assert right.status == "passed", right.faults
    assert said(right, "recorded") == {"vjp": "agree"}
    wrong = softplus("recorded: {values: {output: [1.3133, 2.1279]}}", inputs=inputs)
    assert codes(wrong) == [("recorded-value-differs", "recorded", "output")]


def test_a_cotangent_weighs_the_stated_gradient() -> None:
    grads, inputs = "expect: {grads: {x: [-2., 6.]}}", "{x: [1., 2.]}"
    weighed = numpy_spec("loud", "loud_backward", "cotangent: [-1., 3.]", grads, inputs=inputs)
    assert result(weighed).status == "passed"
    plain = result(numpy_spec("loud", "loud_backward", grads, inputs=inputs))
    assert said(plain) == {"vjp": "disagree"}


def test_the_outputs_of_several_arrays_are_summed() -> None:
    body = numpy_spec(
        "pair", "pair_backward", "expect: {grads: {x: [5., 5.]}}", inputs="{x: [1., 2.]}"
    )
    assert result(body).status == "passed"


def test_nothing_is_held_against_a_gradient_that_is_wrong() -> None:
    body = numpy_spec("softplus", "softplus_twice", "expect: {grads: {x: sigmoid(x)}}")
    found = result(body)
    assert said(found) == {}
    (answer,) = [answer for answer in found.oracles if answer.name == "stated"]
    assert "not confirmed" in answer.reason
    assert {party for _, party, _ in codes(found)} == {"function"}
    assert (len(found.comparisons), found.possible) == (1, 2)


@pytest.mark.parametrize(("slope", "status"), [(0.0, "agree"), (1.0, "agree"), (1.5, "disagree")])
def test_at_a_kink_any_slope_between_is_right(slope: float, status: str) -> None:
    grads = f"expect: {{grads: {{x: [1., {slope}, 0.]}}}}"
    found = result(numpy_spec("relu", "relu_backward", grads, inputs="{x: [2., 0., -3.]}"))
    assert said(found) == {"vjp": status}


def test_float32_is_judged_in_float64_where_the_code_can() -> None:
    inputs = "{x: {value: [1., 2.], dtype: float32}}"
    assert softplus(RIGHT, inputs=inputs).status == "passed"
    found = softplus("expect: {grads: {x: 1.001 * sigmoid(x)}}", inputs=inputs)
    assert said(found) == {"vjp": "disagree"}


def test_the_tolerance_of_the_spec_counts() -> None:
    wrong = "expect: {grads: {x: 1.001 * sigmoid(x)}}"
    assert said(softplus(wrong)) == {"vjp": "disagree"}
    assert said(softplus(wrong, "tolerance: 0.01")) == {"vjp": "agree"}


def test_of_code_only_what_the_spec_claims_is_asked_whatever_was_chosen() -> None:
    body = numpy_spec("softplus", "softplus_backward", "expect: {grads: {x: 2 * sigmoid(x)}}")
    found = result(body, oracles=("rules",))
    both = {"function", "stated"}
    assert (found.status, {v.party for v in found.comparisons}) == ("failed", both)
    right = result(body.replace("2 * sigmoid", "sigmoid"), oracles=("rules",))
    assert (right.status, {v.party for v in right.comparisons}) == ("passed", both)
