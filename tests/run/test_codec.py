"""A result survives as bytes: every number to the bit, every detail in its type."""

import json
from dataclasses import replace
from math import copysign, inf, nan
from types import MappingProxyType
from typing import Any, Final, cast

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradverify.errors import Mark
from gradverify.run.codec import decoded, encoded
from gradverify.verdict.fingerprint import Fingerprint
from gradverify.verdict.verdict import (
    Answer,
    Finding,
    Sensitivity,
    Severity,
    SpecResult,
    Status,
    Verdict,
    Worst,
)
from tests.support import result_of

NUMBERS: Final = st.floats(allow_nan=True, allow_infinity=True)
SIZES: Final = st.integers(0, 2**62)
INDICES: Final = st.lists(SIZES, max_size=4).map(tuple)
WORDS: Final = st.text(max_size=12)
DETAILS: Final = st.one_of(
    WORDS, st.sampled_from(["NaN", "1", "true", "null", ""]), st.integers(), NUMBERS,
    st.booleans(), INDICES, st.none(),
)  # fmt: skip
MARKS: Final = st.builds(Mark, WORDS, SIZES, SIZES, WORDS)
WORSTS: Final = st.builds(Worst, INDICES, NUMBERS, NUMBERS)
PRINTS: Final = st.builds(
    Fingerprint, WORDS, WORDS, WORDS, INDICES, WORDS, NUMBERS, SIZES,
    st.lists(NUMBERS, max_size=2).map(tuple),
    st.lists(st.tuples(SIZES, NUMBERS), max_size=4).map(tuple), WORDS,
)  # fmt: skip
RESULTS: Final = st.builds(
    SpecResult,
    id=WORDS, path=WORDS, line=SIZES, title=WORDS, document=st.none() | WORDS,
    status=st.sampled_from(["passed", "failed", "undecided", "broken"]), seconds=NUMBERS,
    oracles=st.lists(st.builds(Answer, WORDS, st.sampled_from(Status), WORDS)).map(tuple),
    comparisons=st.lists(
        st.builds(
            Verdict, WORDS, WORDS, WORDS, st.sampled_from(Status), NUMBERS, NUMBERS, WORDS,
            st.none() | WORSTS, WORDS,
        ), max_size=2,
    ).map(tuple),
    possible=SIZES,
    findings=st.lists(
        st.builds(
            Finding, WORDS, st.sampled_from(Severity), WORDS, WORDS, WORDS, WORDS,
            st.none() | MARKS, st.dictionaries(WORDS, DETAILS, max_size=3), st.booleans(), WORDS,
        ), max_size=2,
    ).map(tuple),
    missing=st.lists(st.dictionaries(WORDS, WORDS, max_size=3), max_size=2).map(tuple),
    sensitivity=st.dictionaries(WORDS, st.builds(Sensitivity, NUMBERS, NUMBERS), max_size=2),
    faults=st.lists(WORDS, max_size=2).map(tuple), seed=SIZES, interrupted=st.booleans(),
    prints=st.lists(PRINTS, max_size=2).map(tuple),
)  # fmt: skip

BLANK: Final = SpecResult(
    id="a", path="a", line=1, title="a", document=None, status="passed", seconds=0.0, oracles=(),
    comparisons=(), possible=0, findings=(), missing=(), sensitivity={}, faults=(), seed=0,
)  # fmt: skip


def with_detail(value: Any) -> SpecResult:
    found = Finding("kink", Severity.NOTE, "vjp", "x", "", "", None, {"it": value})
    return replace(BLANK, findings=(found,))


def detail_of(result: SpecResult) -> object:
    return result.findings[0].details["it"]


@given(RESULTS)
def test_any_result_comes_back_with_every_type_and_every_bit(result: SpecResult) -> None:
    assert repr(decoded(encoded(result))) == repr(result)  # repr tells 1 from 1.0, True, and -0.0


@pytest.mark.parametrize("value", [nan, inf, -inf, -0.0, 5e-324, 1.0, 1, True, None, "NaN", ()])
def test_what_is_hard_to_keep_is_kept(value: object) -> None:
    found = detail_of(decoded(encoded(with_detail(value))))
    assert (type(found), repr(found)) == (type(value), repr(value))


def test_the_sign_of_zero_would_be_missed_by_equality_and_is_not_by_this() -> None:
    plus, minus = (detail_of(decoded(encoded(with_detail(zero)))) for zero in (0.0, -0.0))
    assert plus == minus
    assert copysign(1.0, cast("float", plus)) != copysign(1.0, cast("float", minus))


def test_the_result_of_a_run_comes_back_equal() -> None:
    result = result_of("inputs: {x: [1., 2.]}\nloss: sum(x * x)\nexpect: {grads: {x: [2, 5]}}")
    assert result.findings
    assert result.prints
    assert decoded(encoded(result)) == result


def test_numbers_of_numpy_and_read_only_mappings_become_plain() -> None:
    found = with_detail(np.int64(3))
    found = replace(found, sensitivity=MappingProxyType({"x": Sensitivity(np.float64(1), 2.0)}))
    same = decoded(encoded(found))
    assert (type(detail_of(same)), detail_of(same)) == (int, 3)
    assert same.sensitivity == {"x": Sensitivity(1.0, 2.0)}


def test_it_is_one_line_of_ascii() -> None:
    data = encoded(replace(BLANK, title="Größe\n\N{RIGHT-TO-LEFT OVERRIDE}"))
    assert b"\n" not in data
    assert data.isascii()
    assert decoded(data).title == "Größe\n\N{RIGHT-TO-LEFT OVERRIDE}"


@pytest.mark.parametrize(
    "data", [b"", b"{", b"[]", b"{}", json.dumps({"id": 1}).encode(), encoded(BLANK)[:-9]]
)
def test_other_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="validation error"):
        _ = decoded(data)


def test_what_no_result_holds_is_refused() -> None:
    with pytest.raises(TypeError, match="object"):
        _ = encoded(with_detail(object()))
