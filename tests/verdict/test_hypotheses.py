"""A claim is explained by the one rule that, broken on purpose, computes it, and by no other."""

import pytest

from tests.support import codes, result_of

BIAS = """
inputs: {x: "randn(5, 3)", b: "randn(%s)"}
ops: [y = x %s b]
loss: sum(y ** 3)
derived:
  ops: [ct = 3 * y ** 2, "g = %s"]
  grads: {b: g}
"""
SHARES = """
inputs: {x: "randn(4)"}
ops:
  - u = x * x
  - v = sin(x)
  - y = u + v
loss: sum(y)
expect: {grads: {x: %s}}
"""
NETWORK = """
inputs: {x: "randn(4, 6)", s: "randn(4, 6)"}
ops:
  - h = relu(x)
  - y = h * s
loss: sum(y * y)
derived:
  ops: [ct = 2 * y * s, "g = %s"]
  grads: {x: g}
"""
REDUCED = {
    ("3", "+", "ct[0]"): "broadcast-not-summed",
    ("1, 3", "+", "ct[0:1]"): "broadcast-not-summed",
    ("5, 1", "+", "ct[:, 0:1]"): "broadcast-not-summed",
    ("3", "+", "ct"): "broadcast-not-summed",
    ("1, 3", "+", "ct"): "broadcast-not-summed",
    ("5, 1", "+", "ct"): "broadcast-not-summed",
    ("3", "+", "sum(ct, axis=0, keepdims=True)"): "broadcast-not-summed",
    ("3", "*", "(ct * x)[0]"): "broadcast-not-summed",
    ("3", "*", "ct * x"): "broadcast-not-summed",
    ("3", "+", "sum(ct)"): "shape-differs",
    ("1, 3", "+", "sum(ct, axis=0)"): "shape-differs",
}
RIGHT = {
    ("3", "+"): "sum(ct, axis=0)",
    ("1, 3", "+"): "sum(ct, axis=0, keepdims=True)",
    ("5, 1", "+"): "sum(ct, axis=1, keepdims=True)",
    ("3", "*"): "sum(ct * x, axis=0)",
}


@pytest.mark.parametrize(("facts", "code"), REDUCED.items(), ids=map(str, REDUCED))
def test_a_broadcast_that_is_not_summed_is_named(facts: tuple[str, str, str], code: str) -> None:
    assert codes(result_of(BIAS % facts)) == [(code, "derived", "b")]


@pytest.mark.parametrize("facts", RIGHT.items(), ids=map(str, RIGHT))
def test_a_broadcast_that_is_summed_is_right(facts: tuple[tuple[str, str], str]) -> None:
    (shape, op), right = facts
    assert result_of(BIAS % (shape, op, right)).status == "passed"


def test_an_averaged_broadcast_is_explained() -> None:
    """By either of the two sentences that say the same: a mean over 5, a factor 1/5."""
    ((code, party, of),) = codes(result_of(BIAS % ("3", "+", "mean(ct, axis=0)")))
    assert code in {"broadcast-not-summed", "off-by-factor"}
    assert (party, of) == ("derived", "b")


def test_a_partial_sum_is_a_mismatch() -> None:
    result = result_of(BIAS % ("3", "+", "sum(ct[0:4], axis=0)"))
    assert codes(result) == [("mismatch", "derived", "b")]


@pytest.mark.parametrize("kept", ["2 * x", "cos(x)"])
def test_a_missing_term_is_named_with_its_step(kept: str) -> None:
    result = result_of(SHARES % kept)
    assert codes(result) == [("term-missing", "stated", "x")]
    (found,) = result.findings
    assert found.details["rule"] == ("v = sin(x)" if kept == "2 * x" else "u = x * x")


def test_all_terms_are_right_and_half_of_one_is_a_mismatch() -> None:
    assert result_of(SHARES % "2 * x + cos(x)").status == "passed"
    assert codes(result_of(SHARES % "2 * x + 0.7 * cos(x)")) == [("mismatch", "stated", "x")]


@pytest.mark.parametrize("mask", ["s", "y"])
def test_a_relu_masked_by_another_variable_is_named(mask: str) -> None:
    result = result_of(NETWORK % f"where({mask} > 0, ct, 0.0)")
    assert codes(result) == [("mask-from-wrong-variable", "derived", "x")]


@pytest.mark.parametrize("mask", ["x", "h"])
def test_a_relu_masked_by_its_input_or_its_output_is_right(mask: str) -> None:
    assert result_of(NETWORK % f"where({mask} > 0, ct, 0.0)").status == "passed"
