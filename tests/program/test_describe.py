"""A program is shown as a table that a person can read."""

from gradverify.program.describe import render_program
from tests.program.built import built

BODY = """inputs:
  x: randn(2, 3)
  k: {value: [0, 2], dtype: int64}
ops:
  - y = relu(x[k, 1:] * 2)
loss: y
cotangent: [[1., 1.], [1., 2.]]
derived:
  grads: {x: y * 2}
"""

SAYS = """\
inputs
  x   float64[2, 3]  randn(2, 3)
  k   int64[2]       array([0, 2])  (no gradient)
steps
  %1  float64[2, 2]  index(x, k, index=(operand 1, 1:))  # line 7
  %2  float64[2, 2]  multiply(%1, 2)  # line 7
  y   float64[2, 2]  relu(%2)  # line 7
derived
  %3  float64[2, 2]  multiply(y, 2)  # line 11
loss  y, weighed by [[1.0, 1.0], [1.0, 2.0]]"""


def test_a_program_is_shown_with_its_kinds() -> None:
    assert render_program(built(BODY)) == SAYS


def test_a_program_without_a_loss_says_so() -> None:
    assert render_program(built("inputs: {x: 2.}\n")).endswith("no loss: values only")


def test_an_expression_of_makers_is_shown_as_it_was_written() -> None:
    shown = render_program(built("inputs: {x: '100 * randn(6, 4)'}\n"))
    assert "x  float64[6, 4]  100 * randn(6, 4)" in shown
