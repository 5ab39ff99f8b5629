"""A mask of the wrong variable is found in the author's own backward pass, at its line."""

import pytest

from tests.support import codes, result_of
from tests.verdict.examples import NETWORK

WRONG = {
    "grad_h_relu < 0": "the cotangent instead of what was masked, as the document has it",
    "grad_h_relu <= 0": "likewise, and where it is zero",
    "x @ w1 * 0 + grad_h_relu < 0": "through a value without a name",
}
RIGHT = ("h < 0", "h <= 0", "h_relu <= 0", "h_relu == 0")


@pytest.mark.parametrize("mask", WRONG)
def test_the_wrong_mask_is_named(mask: str) -> None:
    assert codes(result_of(NETWORK % mask)) == [("mask-from-wrong-variable", "derived", "w1")]


@pytest.mark.parametrize("mask", list(WRONG)[:2])
def test_the_finding_stands_at_the_line_of_the_mask(mask: str) -> None:
    (found,) = result_of(NETWORK % mask).findings
    assert found.mark is not None
    assert found.mark.text.strip() == f"- grad_h = where({mask}, 0, grad_h_relu)"
    assert found.mark.line == 13
    assert "h" in str(found.details["should_be"]).split()
    assert "`grad_h`" in found.message


@pytest.mark.parametrize("mask", RIGHT)
def test_a_right_mask_is_not_repaired(mask: str) -> None:
    assert result_of(NETWORK % mask).status == "passed"


def test_a_mask_of_the_wrong_sign_is_another_error() -> None:
    ((code, party, of),) = codes(result_of(NETWORK % "h > 0"))
    assert code != "mask-from-wrong-variable"
    assert (party, of) == ("derived", "w1")


def test_a_wrong_mask_beside_another_error_is_a_mismatch() -> None:
    body = (NETWORK % "grad_h_relu < 0").replace("2 * (y_pred - y)", "2.3 * (y_pred - y)")
    assert codes(result_of(body)) == [("mismatch", "derived", "w1")]
