"""The printed report: three lines where all agrees, the whole story where something is wrong."""

from dataclasses import replace
from math import nan

from gradverify.report.verified_text import render_text
from gradverify.verdict.verdict import Severity, Status, Worst
from tests.report.examined import AGAIN, RIGHT, WRONG, examined, factor, row, wrong

RIGHT_TEXT = """\
fused_gelu: the gradient by `x` agrees
  Would have noticed: 6e-13 of the whole gradient, 8e-11 in one entry.
  31 forward and 6 backward passes, seed 0."""

WRONG_TEXT = """\
fused_gelu: the gradient by `x`, as torch gives it, is wrong

  input    shape      against the truth    allowed    worst at
  x        (4, 20)              7.3e-01      4e-13    [0, 14]     WRONG  torch -12.41, true 3.07
  w        (4, 20)              1.1e-15      4e-13    [3, 1]      ok
  Errors are relative to the largest true entry.

  off-by-factor of `x` at [0, 14]: this is the gradient of half of the loss
    ops/gelu.py:31
    Look for a 1/2 on one side only.

  Would have noticed: 6e-13 of the whole gradient, 8e-11 in one entry.
  31 forward and 6 backward passes, seed 0.
  Again: gradverify.verify(fused_gelu, inputs, seed=0)"""


def test_agreement_takes_three_lines() -> None:
    assert render_text(RIGHT, AGAIN) == RIGHT_TEXT


def test_a_wrong_gradient_is_told_whole() -> None:
    ordered = replace(WRONG, rows=WRONG.rows[::-1])
    assert render_text(ordered, AGAIN) == WRONG_TEXT


def test_a_warning_and_a_note_take_a_line_each_also_where_all_agrees() -> None:
    note = replace(factor("x"), code="kink", severity=Severity.NOTE, message="2 entries\nat one")
    text = render_text(replace(RIGHT, findings=(note,)), AGAIN)
    assert text.splitlines()[1] == "  note: kink at [0, 14]: 2 entries at one"
    assert len(text.splitlines()) == 4


def test_an_undecided_input_has_its_reason_in_the_table() -> None:
    noisy = replace(row("x", Status.UNDECIDED, nan), worst=None, because="too noisy")
    text = render_text(examined(Status.UNDECIDED, [noisy, row("w")]), AGAIN)
    assert " ".join(text.splitlines()[3].split()) == "x (4, 20) 4e-13 UNDECIDED too noisy"
    assert "nan" not in text


def test_where_all_values_agree_there_is_no_table() -> None:
    made = examined(Status.DISAGREE, [row("x")], [replace(factor(""), code="input-modified")])
    assert "against the truth" not in render_text(made, AGAIN)
    assert "\n\n  input-modified at [0, 14]: this is" in render_text(made, AGAIN)


def test_columns_stand_below_one_another_in_any_script() -> None:
    text = render_text(examined(Status.DISAGREE, [wrong("重み"), wrong("e\u0301")]), AGAIN)
    head, chinese, accent = text.splitlines()[2:5]
    assert chinese.index("(4") + 2 == accent.index("(4") - 1 == head.index("shape")


def test_a_hostile_name_breaks_no_line() -> None:
    calm, hostile = (
        render_text(examined(Status.DISAGREE, [wrong(name)], [factor(name)]), AGAIN)
        for name in ("x", "x\n\x1b[2J\r\u2028")
    )
    assert len(calm.splitlines()) == len(hostile.splitlines())
    assert "\x1b" not in hostile


def test_a_scalar_and_a_message_of_two_lines_have_their_form() -> None:
    scalar = replace(wrong("x"), shape=(), worst=Worst((), nan, 3.0))
    said = replace(factor("x"), message="first\nsecond")
    text = render_text(examined(Status.DISAGREE, [scalar], [said]), "import f\nverify(f)")
    assert "WRONG  torch nan, true 3\n" in text
    assert ": first\n    second\n    Look for" in text
    assert text.endswith("\n  Again:\n    import f\n    verify(f)")
