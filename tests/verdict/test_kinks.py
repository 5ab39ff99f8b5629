"""Choices of single steps at a kink are a convention, where another library makes them, too."""

import pytest

from gradverify.verdict.verdict import Status
from tests.support import codes, result_of

CANCELLING = "inputs: {x: [0.0, 1.0]}\nloss: sum(relu(x) - relu(-x))\n"
LIBRARIES = ("rules", "finite_difference", "torch", "jax", "stated")


def test_kinks_that_cancel_blame_nobody() -> None:
    result = result_of(CANCELLING, oracles=LIBRARIES)
    assert result.status == "passed"
    assert {code for code, _, _ in codes(result)} == {"convention-differs"}


def test_the_same_claimed_by_the_rules_alone_is_wrong() -> None:
    result = result_of(CANCELLING, oracles=("rules", "finite_difference"))
    assert result.status == "failed"


def test_another_wrong_value_there_is_wrong() -> None:
    claimed = CANCELLING + "expect: {grads: {x: [0.5, 1.0]}}\n"
    result = result_of(claimed, oracles=LIBRARIES)
    wrong = {v.party for v in result.comparisons if v.status is Status.DISAGREE}
    assert wrong == {"stated"}


@pytest.mark.parametrize("stated", ["[0.0, 1.0]", "[1.0, 1.0]"])
def test_the_derivative_and_the_common_choice_may_both_be_stated(stated: str) -> None:
    claimed = CANCELLING + f"expect: {{grads: {{x: {stated}}}}}\n"
    assert result_of(claimed, oracles=LIBRARIES).status == "passed"
