"""Findings that say the same are one paragraph, errors first, each with its entry and place."""

from dataclasses import replace
from typing import Final

from gradverify.errors import Mark
from gradverify.report.verified_findings import errors_of, remarks_of
from gradverify.verdict.verdict import Severity, Status
from tests.report.examined import RIGHT, WRONG, examined, factor, wrong

NAMES: Final = [f"w{k}" for k in range(50)]
ALL_WRONG: Final = examined(Status.DISAGREE, [*map(wrong, NAMES)], [*map(factor, NAMES)])


def test_an_error_is_told_with_its_entry_its_place_and_advice() -> None:
    (told,), more = errors_of(WRONG)
    assert told.title == "off-by-factor of `x` at [0, 14]"
    assert told.place == "ops/gelu.py:31"
    assert told.advice == "Look for a 1/2 on one side only."
    assert more == ""
    assert errors_of(RIGHT) == ([], "")


def test_the_only_input_is_not_named_again() -> None:
    (told,), _ = errors_of(examined(Status.DISAGREE, [wrong("x")], [factor("x")]))
    assert told.title == "off-by-factor at [0, 14]"


def test_an_entry_that_the_message_names_is_not_named_again() -> None:
    said = replace(factor("x"), message="half of it at [0, 14]")
    (told,), _ = errors_of(replace(WRONG, findings=(said,)))
    assert told.title == "off-by-factor of `x`"


def test_findings_that_say_the_same_are_one_and_name_a_few() -> None:
    (told,), _ = errors_of(ALL_WRONG)
    assert told.title.endswith("`w2` at [0, 14], `w3` at [0, 14] and 46 more")


def test_findings_that_differ_in_what_they_say_or_of_whom_are_several() -> None:
    double = replace(factor("x"), message="this is the gradient of twice the loss")
    jax = replace(factor("x"), party="jax")
    told, _ = errors_of(replace(WRONG, findings=(factor("x"), double, jax)))
    assert len(told) == 3
    assert told[2].title.endswith(" by jax")


def test_of_very_many_the_rest_is_counted() -> None:
    findings = [replace(factor(name), message=f"off in {name}") for name in NAMES]
    told, more = errors_of(replace(ALL_WRONG, findings=tuple(findings)))
    assert len(told) == 40
    assert more == "... and 10 more errors, in report.findings"


def test_a_place_is_told_once_in_a_row_and_a_finding_may_have_its_own() -> None:
    double = replace(factor("x"), code="sign-flipped")
    elsewhere = replace(factor("x"), code="transposed", mark=Mark("a.py", 3, 1, ""))
    told, _ = errors_of(replace(WRONG, findings=(factor("x"), double, elsewhere)))
    assert [item.place for item in told] == ["ops/gelu.py:31", "", "a.py:3"]


def test_warnings_come_before_notes_and_neither_among_the_errors() -> None:
    note = replace(factor("x"), code="kink", severity=Severity.NOTE)
    warning = replace(factor("x"), code="input-unused", severity=Severity.WARNING)
    made = replace(WRONG, findings=(note, warning, factor("x")))
    told, _ = remarks_of(made)
    assert [item.severity for item in told] == [Severity.WARNING, Severity.NOTE]
    assert len(errors_of(made)[0]) == 1
