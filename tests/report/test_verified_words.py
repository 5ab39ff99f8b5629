"""The head line of a report names who is wrong and by what, and no name can garble it."""

from dataclasses import replace
from math import inf, nan

import pytest

from gradverify.function.examined import Evaluations
from gradverify.report.verified_words import cost, headline, noticed, quoted, sentence
from gradverify.verdict.verdict import Sensitivity, Status
from tests.report.examined import RIGHT, WRONG, examined, factor, row, wrong


@pytest.mark.parametrize(
    ("names", "text"),
    [
        ("x", "the gradient by `x`, as torch gives it, is wrong"),
        ("xw", "the gradients by `x` and `w`, as torch gives them, are wrong"),
        ("xwb", "the gradients by `x` and 2 more, as torch gives them, are wrong"),
    ],
)
def test_what_is_wrong_is_named(names: str, text: str) -> None:
    made = examined(Status.DISAGREE, [row("right"), *map(wrong, names)])
    assert headline(made) == f"fused_gelu: {text}"


def test_two_parties_that_are_wrong_are_named_both() -> None:
    made = examined(Status.DISAGREE, [wrong("x"), replace(wrong("x"), party="jax")])
    text = "fused_gelu: the gradient by `x`, as torch and jax give it, is wrong"
    assert headline(made) == text


def test_agreement_says_of_how_many() -> None:
    assert headline(RIGHT) == "fused_gelu: the gradient by `x` agrees"
    three = examined(Status.AGREE, [*map(row, "xwb")])
    assert headline(three) == "fused_gelu: all 3 gradients agree"
    assert headline(replace(three, rows=())) == "fused_gelu: no gradient was compared"


def test_an_undecided_report_gives_the_reason() -> None:
    noisy = replace(row("x", Status.UNDECIDED), because="the forward pass is too noisy")
    made = examined(Status.UNDECIDED, [row("w"), noisy])
    assert headline(made) == "fused_gelu: undecided: the forward pass is too noisy"
    other = replace(noisy, because="it is at a kink")
    more = headline(examined(Status.UNDECIDED, [noisy, other]))
    assert more.endswith("undecided: the forward pass is too noisy, and for other reasons below")


def test_an_error_beyond_the_values_is_named_where_all_values_agree() -> None:
    made = examined(Status.DISAGREE, [row("x")], [replace(factor(""), code="layout-dependent")])
    assert headline(made) == (
        "fused_gelu: no gradient is wrong at this point, and still there is an error: "
        "layout-dependent"
    )
    assert "still" not in headline(WRONG)


@pytest.mark.parametrize("name", ["a\nb", "a\x1b[31m", "a\u202eb", "a\ud800", "a\u2028b"])
def test_a_name_cannot_steer_a_terminal_or_break_a_line(name: str) -> None:
    assert quoted(name).isprintable()
    assert headline(replace(RIGHT, name=name)).isprintable()
    assert not name.isprintable()


def test_letters_of_any_script_stand_as_they_are() -> None:
    assert quoted("重み_é") == "`重み_é`"


def test_what_is_long_keeps_its_two_ends() -> None:
    assert len(quoted("a" + "b" * 500 + "c")) == 62
    assert quoted("a" + "b" * 500 + "c").endswith("c`")
    assert len(sentence("word " * 1000)) == 300
    assert sentence("short,\n in two lines") == "short, in two lines"


def test_the_least_sharp_input_is_named_where_others_are_much_sharper() -> None:
    even = {"x": Sensitivity(6e-13, 8e-11), "w": Sensitivity(3e-13, 6e-11)}
    assert noticed(even) == ("Would have noticed: 6e-13 of the whole gradient, 8e-11 in one entry.")
    uneven = even | {"w": Sensitivity(3e-13, 2e-4)}
    assert noticed(uneven).endswith(", 2e-04 in one entry (in `w`; elsewhere less).")
    assert noticed({}) == ""


@pytest.mark.parametrize("blind", [inf, nan])
def test_where_nothing_would_have_been_noticed_that_is_said(blind: float) -> None:
    assert noticed({"x": Sensitivity(6e-13, blind)}).endswith(", no error in one entry.")


def test_the_cost_is_counted() -> None:
    assert cost(Evaluations(31, 6), 7) == "31 forward and 6 backward passes, seed 7."
    assert cost(Evaluations(1, 1), 0) == "1 forward and 1 backward pass, seed 0."
