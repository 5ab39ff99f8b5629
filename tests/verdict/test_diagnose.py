"""A finding has its evidence: numbers, entry, place, and a cause only where it is certain."""

import numpy as np
import pytest

from gradverify.verdict.findings import PAGES
from tests.support import STRANGER, Altered, codes, near, result_of, result_with
from tests.verdict.examples import EXAMPLES, Example

WRONG = [e for e in EXAMPLES if e.code not in {"kink", "convention-differs"}]
NUMBERED = [e for e in WRONG if PAGES[e.code].family == "value" and e.code != "not-finite"]


@pytest.mark.parametrize("example", WRONG, ids=[e.code for e in WRONG])
def test_a_finding_points_into_the_spec(example: Example) -> None:
    found = next(f for f in result_of(example.wrong).findings if f.code == example.code)
    assert found.mark is not None
    assert found.mark.file == "t.grad.yaml"
    lines = ["gradverify: 1", "title: t", *example.wrong.strip().splitlines()]
    assert found.mark.text == lines[found.mark.line - 1]
    assert 1 <= found.mark.column <= len(found.mark.text) + 1
    assert found.message


@pytest.mark.parametrize("example", NUMBERED, ids=[e.code for e in NUMBERED])
def test_a_wrong_gradient_comes_with_its_numbers(example: Example) -> None:
    found = next(f for f in result_of(example.wrong).findings if f.code == example.code)
    error, allowed = found.details["error"], found.details["allowed"]
    assert isinstance(error, float)
    assert isinstance(allowed, float)
    assert error > allowed


def test_claimed_and_true_are_those_of_the_entry_named() -> None:
    body = "inputs: {x: [1., 2., 3.]}\nloss: sum(x * x)\nexpect: {grads: {x: [2., 9., 6.5]}}"
    (found,) = result_of(body).findings
    assert found.details["index"] == (1,)
    assert found.details["claimed"] == 9.0
    assert near(found.details["true"], 4.0)


@pytest.mark.parametrize("factor", [2.0, -1.0, 0.5])
def test_a_cause_is_not_certain_where_rounding_would_explain_as_much(
    monkeypatch: pytest.MonkeyPatch, factor: float
) -> None:
    """A printed number of one digit fits many causes: none of them is named."""
    value = factor * 0.2
    body = f"inputs: {{x: [0.1]}}\nloss: sum(x * x)\nrecorded: {{grads: {{x: [{value:.1f}]}}}}"
    ((code, party, _),) = codes(result_of(body))
    assert party == "recorded"
    assert code == "mismatch"
    exact = result_with(
        monkeypatch,
        "inputs: {x: [0.1]}\nloss: sum(x * x)",
        Altered(gradient=lambda _, right: factor * right),
    )
    assert codes(exact)[0][0] in {"off-by-factor", "sign-flipped"}


def test_two_errors_at_once_are_a_mismatch(monkeypatch: pytest.MonkeyPatch) -> None:
    body = 'inputs: {x: "randn(5, 7)"}\nloss: sum(exp(x))'
    wrong = Altered(gradient=lambda _, right: -2 * right + np.arange(7) * 0.1)
    assert codes(result_with(monkeypatch, body, wrong)) == [("mismatch", STRANGER, "x")]
