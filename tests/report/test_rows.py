"""A row says by how much a party is off, with the digits that tell two values apart."""

from dataclasses import replace
from math import inf, nan

import pytest

from gradverify.report.rows import render_offence, render_pair, render_table
from gradverify.verdict.verdict import SpecResult, Worst


@pytest.mark.parametrize(
    ("claimed", "true", "text"),
    [
        (-12.41, 3.07, "p -12.41, true 3.07"),
        (4.50004, 4.5, "p 4.50004, true 4.5"),
        (nan, 1.0, "p nan, true 1"),
        (-inf, 0.0, "p -inf, true 0"),
        (2.0, 2.0, "p 2, true 2"),
    ],
)
def test_two_values_have_the_digits_that_tell_them_apart(
    claimed: float, true: float, text: str
) -> None:
    assert render_pair(Worst((), claimed, true), "p") == text


def test_a_scalar_has_no_place(failed: SpecResult) -> None:
    scalar = replace(failed.comparisons[2], worst=Worst((), 8.0, 9.0))
    assert "[]" not in "".join(render_table([scalar], ()))
    assert render_offence(scalar) == "off by 7.3e-01: derived 8, true 9"
    assert render_offence(failed.comparisons[2]).startswith("off by 7.3e-01 at [0, 14]: ")
