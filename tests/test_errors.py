"""A fault of a spec is told with its place, its line, a caret and advice, in their order."""

import pytest

from gradverify.errors import (
    GradverifyError,
    Mark,
    PluginError,
    SpecError,
    SpecErrors,
    UsageError,
    did_you_mean,
)

LINE = "  - y = exq(x)"
MARK = Mark("a.grad.yaml", 9, 9, LINE)


def test_a_fault_is_told_with_its_line_and_a_caret_under_its_word() -> None:
    fault = SpecError(MARK, "unknown op 'exq'", word="exq", hint="Did you mean 'exp'?")
    assert fault.render().split("\n") == [
        "a.grad.yaml:9:9: unknown op 'exq'",
        "",
        "  9 |   - y = exq(x)",
        "              ^^^",
        "",
        "Did you mean 'exp'?",
    ]
    assert str(fault) == "a.grad.yaml:9:9: unknown op 'exq'"


def test_without_a_word_or_a_hint_there_is_one_caret_and_no_advice() -> None:
    lines = SpecError(MARK, "wrong").render().split("\n")
    assert lines[-1] == " " * 14 + "^"
    assert len(lines) == 4


def test_carets_stand_under_wide_characters() -> None:
    mark = Mark("a.grad.yaml", 1, 4, "标题 值")
    caret = SpecError(mark, "wrong", word="值").render().split("\n")[-1]
    assert caret == " " * (len("  1 | ") + 2 + 2 + 1) + "^^"
    mark = Mark("a.grad.yaml", 1, 1, "标题: 值")
    assert SpecError(mark, "wrong", word="标题").render().endswith("      ^^^^")


def test_carets_end_with_the_line() -> None:
    mark = Mark("a.grad.yaml", 1, 3, "ab cd")
    caret = SpecError(mark, "wrong", word="cd and what follows").render().split("\n")[-1]
    assert caret.count("^") == 3


def test_of_a_long_line_what_is_about_the_fault_is_shown() -> None:
    mark = Mark("a.grad.yaml", 1, 5001, "x" * 5000 + "HERE" + "y" * 5000)
    shown = SpecError(mark, "wrong", word="HERE").render().split("\n")
    assert len(shown[2]) < 200
    at = shown[3].index("^")
    assert shown[2][at : at + 4] == "HERE"
    assert shown[2].count("…") == 2


def test_several_faults_stand_in_the_order_of_their_places() -> None:
    places = [(9, 9), (2, 5), (9, 1)]
    errors = SpecErrors([SpecError(Mark("a", *at, "text"), f"{at}") for at in places])
    assert [(e.mark.line, e.mark.column) for e in errors.errors] == sorted(places)
    assert str(errors).index("(2, 5)") < str(errors).index("(9, 1)") < str(errors).index("(9, 9)")


def test_a_mark_moves_along_its_line() -> None:
    assert str(MARK) == "a.grad.yaml:9:9"
    assert MARK.after(4) == Mark("a.grad.yaml", 9, 13, LINE)


def test_a_near_word_is_suggested_and_a_far_one_is_not() -> None:
    assert did_you_mean("sofmax", ["softmax", "max"]) == "Did you mean 'softmax'?"
    assert did_you_mean("qqq", ["softmax", "max"]) == ""


@pytest.mark.parametrize("kind", [SpecError, SpecErrors, UsageError, PluginError])
def test_whatever_is_raised_on_purpose_is_one_family(kind: type[Exception]) -> None:
    assert issubclass(kind, GradverifyError)
    assert not issubclass(ValueError, GradverifyError)
