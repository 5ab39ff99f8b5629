"""Unquoted scalars mean what the core schema of YAML 1.2 says, not what YAML 1.1 said."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradverify.spec.scalars import OutOfReachError, resolve

deterministic = settings(derandomize=True, max_examples=200)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-6", 1e-6),
        ("1E6", 1e6),
        ("2.", 2.0),
        (".5", 0.5),
        ("-0.5e+3", -500.0),
        ("010", 10),
        ("-7", -7),
        ("+7", 7),
        ("0o17", 15),
        ("0x1F", 31),
        ("true", True),
        ("False", False),
        ("null", None),
        ("~", None),
        ("", None),
        (".inf", math.inf),
        ("-.INF", -math.inf),
    ],
)
def test_a_scalar_of_the_core_schema_is_resolved(text: str, value: object) -> None:
    resolved = resolve(text)
    assert resolved == value
    assert type(resolved) is type(value)


@pytest.mark.parametrize(
    "text",
    [
        *("no", "on", "yes", "Off", "tRue", "nan", "inf", "<<", "=", ".", "-"),
        *("1_000", "1:30", "0b11", "0x", "1e", "1.5.2", "2001-01-01", "000_8dbd9fd860ab7b12", "٣"),
    ],
)
def test_all_else_is_text(text: str) -> None:
    assert resolve(text) == text


def test_not_a_number_is_a_number() -> None:
    resolved = resolve(".nan")
    assert isinstance(resolved, float)
    assert math.isnan(resolved)


@pytest.mark.parametrize("text", ["9" * 4301, "-" + "9" * 5000, "0x" + "f" * 4200, "1e999"])
def test_a_number_out_of_reach_is_refused(text: str) -> None:
    with pytest.raises(OutOfReachError):
        _ = resolve(text)


def test_the_longest_integers_are_read() -> None:
    assert resolve("9" * 4300) == 10**4300 - 1
    assert resolve("1.7e308") == 1.7e308


@deterministic
@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_float_survives_the_round_trip(number: float) -> None:
    assert resolve(repr(number)) == number


@deterministic
@given(st.integers())
def test_an_integer_survives_the_round_trip(number: int) -> None:
    assert resolve(str(number)) == number
