"""Arrays that moved, changed their form or lost their margin are told; rounding is not."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradverify.arrays import Array
from gradverify.baseline.compared import Change
from gradverify.baseline.moved import UNITS
from gradverify.verdict.verdict import SpecResult, Status
from tests.baseline.examples import W1, held, plain, result_of, verdict

EPS = 2.0**-52


def changes(now: SpecResult, before: SpecResult) -> list[Change]:
    return [regression.change for regression in held(now, before).regressions]


def messages(now: SpecResult, before: SpecResult) -> list[str]:
    return [regression.message for regression in held(now, before).regressions]


def noisy(seed: int, units: float, dtype: str = "float64") -> Array:
    """Return the gradient of another environment: each entry is off by units of rounding."""
    rng = np.random.default_rng(seed)
    eps = float(np.finfo(dtype).eps)
    off = units * eps * np.max(np.abs(W1)) * rng.uniform(-1, 1, size=W1.shape)
    return (W1 + off).astype(dtype)


@given(seed=st.integers(0, 2**32), units=st.floats(0, 8), error=st.floats(0, 8))
def test_rounding_in_another_environment_is_no_regression(
    seed: int, units: float, error: float
) -> None:
    sharp = [verdict(error=e * EPS, allowed=UNITS * EPS) for e in (0.0, error)]
    before, now = (
        plain(a, verdicts=(v,)) for a, v in zip((W1, noisy(seed, units)), sharp, strict=True)
    )
    assert changes(now, before) == []


@given(seed=st.integers(0, 2**32))
def test_rounding_in_float32_is_none_either(seed: int) -> None:
    allowed = verdict(error=0.0, allowed=1e-6)
    before, now = (plain(noisy(seed, u, "float32"), verdicts=(allowed,)) for u in (0, 4))
    assert changes(now, before) == []


@given(index=st.integers(0, W1.size - 1), times=st.floats(2.0, 1e6), sign=st.sampled_from([-1, 1]))
def test_all_entries_that_move_by_twice_the_bar_are_noticed(
    index: int, times: float, sign: int
) -> None:
    bar = 2 * 4e-13 * np.max(np.abs(W1))
    one = W1.copy()
    one.flat[index] += sign * times * bar
    if index in dict(plain().prints[0].probes):
        assert changes(plain(one), plain()) == [Change.MOVED]
    assert changes(plain(W1 + sign * times * bar), plain()) == [Change.MOVED]
    assert changes(plain(W1 + sign * bar / 2.1), plain()) == []


def test_the_widest_error_bar_of_an_entry_counts() -> None:
    before, now = plain(), plain(W1 + 1e-9)
    assert changes(now, before) == [Change.MOVED]
    wide = verdict(slack=1e-8)
    assert changes(plain(W1 + 1e-9, verdicts=(wide,)), before) == []


def test_an_undecided_gradient_may_be_off_by_more() -> None:
    bar = 2 * 4e-13 * float(np.max(np.abs(W1)))
    open_ = verdict(status=Status.UNDECIDED)
    before = plain(verdicts=(open_,))
    assert changes(plain(W1 + 7 * bar, verdicts=(open_,)), before) == []
    assert changes(plain(W1 + 9 * bar, verdicts=(open_,)), before) == [Change.MOVED]


@pytest.mark.parametrize("allowed", [float("inf"), float("nan")])
def test_an_error_bar_that_is_no_number_allows_everything(allowed: float) -> None:
    before, now = (plain(a, verdicts=(verdict(allowed=allowed),)) for a in (W1, 2 * W1))
    assert changes(now, before) == []


def test_where_nothing_is_allowed_units_of_rounding_still_are() -> None:
    exact = verdict(error=0.0, allowed=0.0)
    before, now, far = (
        plain(a, verdicts=(exact,)) for a in (W1, noisy(1, 8), W1 * (1 + 100 * EPS))
    )
    assert changes(now, before) == []
    assert changes(far, before) == [Change.MOVED]


def test_zeros_that_stay_zeros_do_not_move_and_zeros_that_do_not_are_told() -> None:
    nothing = np.zeros((3, 72))
    exact = verdict(error=0.0, allowed=1e-15)
    zeros = plain(nothing, verdicts=(exact,))
    assert changes(zeros, zeros) == []
    assert changes(plain(nothing + 1e-16, verdicts=(exact,)), zeros) == []
    (message,) = messages(plain(nothing + 1e-3, verdicts=(exact,)), zeros)
    assert "moved by 1 of its largest entry, 9.9e+11 times what its error bars allow" in message


def altered(index: int, value: float) -> SpecResult:
    array = W1.copy()
    array.flat[index] = value
    return plain(array)


def test_what_is_not_finite_is_counted() -> None:
    nan = altered(3, np.nan)
    assert changes(nan, nan) == []
    assert messages(nan, plain()) == [
        (
            "the gradient of `loss` by `w1`, as torch computes it, has 1 entry NaN or "
            "infinite, and had none"
        ),
    ]
    assert changes(plain(), nan) == [Change.MOVED]


def test_an_infinity_that_becomes_another_is_noticed_where_it_is_kept() -> None:
    small = np.array([1.0, np.inf])
    assert changes(plain(small), plain(small)) == []
    assert changes(plain(-small), plain(small)) == [Change.MOVED]


def test_a_number_outside_of_an_array_has_no_index() -> None:
    (message,) = messages(plain(np.array(4.0)), plain(np.array(3.0)))
    assert message.endswith("times what its error bars allow: it was 3 and is 4")


def test_another_shape_is_told_and_no_number_with_it() -> None:
    assert messages(plain(W1.T), plain()) == [
        (
            "the gradient of `loss` by `w1`, as torch computes it, has the shape [72, 3], and had "
            "[3, 72]"
        ),
    ]


def test_another_dtype_is_told_beside_what_moved() -> None:
    now = plain((2 * W1).astype(np.float32))
    assert changes(now, plain()) == [Change.DTYPE, Change.MOVED]
    assert changes(plain(W1.astype(np.float32)), plain()) == [Change.DTYPE]


def errors(before: float, now: float, **other: Any) -> list[Change]:
    given = [verdict(error=error, **other) for error in (before, now)]
    return changes(plain(verdicts=(given[1],)), plain(verdicts=(given[0],)))


@pytest.mark.parametrize(
    ("before", "now", "count"),
    [
        (1e-14, 2e-13, 1),
        (1e-14, 9e-14, 0),
        (0.0, 3e-13, 1),
        (0.0, 16 * EPS, 0),  # units of rounding
        (3e-13, 1e-14, 0),  # better
    ],
)
def test_a_margin_that_worsens_tenfold_is_told(before: float, now: float, count: int) -> None:
    assert errors(before, now) == [Change.MARGIN] * count


def test_a_margin_is_told_with_both_errors() -> None:
    given = [verdict(error=error) for error in (1e-14, 3e-13)]
    (message,) = messages(plain(verdicts=(given[1],)), plain(verdicts=(given[0],)))
    assert message == (
        "the margin of the gradient of `loss` by `w1`, as torch computes it, worsened 30 "
        "times: its error was 1.0e-14 and is 3.0e-13, 0.75 of what is allowed where it was "
        "0.025"
    )


def test_code_that_rounds_more_is_told_though_more_is_allowed_for_it() -> None:
    before, worse = verdict(error=1e-14), verdict(error=3e-12, allowed=4e-11)
    (message,) = messages(plain(verdicts=(worse,)), plain(verdicts=(before,)))
    assert message == (
        "the margin of the gradient of `loss` by `w1`, as torch computes it, worsened 300 "
        "times: its error was 1.0e-14 and is 3.0e-12, more than all that was allowed: 4.0e-13 "
        "then, and 4.0e-11 now that the code itself rounds more"
    )
    within = verdict(error=3.9e-13, allowed=4e-11)
    assert changes(plain(verdicts=(within,)), plain(verdicts=(before,))) == []


def test_units_of_rounding_are_those_of_the_dtype() -> None:
    low = [verdict(error=error, allowed=1e-4) for error in (0.0, 1e-6)]
    single = W1.astype(np.float32)
    assert changes(*(plain(single, verdicts=(v,)) for v in reversed(low))) == []
    assert changes(*(plain(verdicts=(v,)) for v in reversed(low))) == [Change.MARGIN]


def test_an_error_that_another_party_had_already_is_rounding() -> None:
    before = result_of({}, (verdict(error=0.0), verdict("jax", error=1e-13)))
    assert changes(result_of({}, (verdict(error=3e-13), verdict("jax"))), before) == []
    written = result_of({}, (verdict(error=0.0), verdict("stated", error=1e-13)))
    now = result_of({}, (verdict(error=3e-13), verdict("stated")))
    assert changes(now, written) == [Change.MARGIN]


def test_differences_have_no_margin_of_their_own() -> None:
    before, now = (
        result_of({}, (verdict("finite_difference", error=e),)) for e in (1e-15, 3.9e-13)
    )
    assert changes(now, before) == []


def test_an_error_that_was_measured_along_lines_is_anything_up_to_its_bar() -> None:
    assert errors(1e-16, 3e-14, worst=None) == []
    assert errors(1e-16, 3e-13, worst=None) == [Change.MARGIN]


def test_a_choice_at_a_kink_has_no_margin() -> None:
    assert errors(0.0, 0.4) == []
    assert errors(0.4, 1e-13) == []


def test_a_row_that_is_newly_undecided_is_told_but_for_differences_alone() -> None:
    open_ = verdict(status=Status.UNDECIDED, because="rounding is too large")
    assert messages(plain(verdicts=(open_,)), plain()) == [
        (
            "the gradient of `loss` by `w1`, as torch computes it, is undecided, and agreed "
            "before: rounding is too large"
        ),
    ]
    assert changes(plain(verdicts=(open_,)), plain(verdicts=(open_,))) == []
    measured = [verdict("finite_difference", status=s) for s in (Status.AGREE, Status.UNDECIDED)]
    before, now = (result_of({}, (v,)) for v in measured)
    assert changes(now, before) == []


def test_a_gradient_that_was_wrong_and_is_right_is_no_regression() -> None:
    wrong = verdict(status=Status.DISAGREE, error=1.0)
    assert changes(plain(), plain(2 * W1, verdicts=(wrong,))) == []
    assert changes(plain(3 * W1, verdicts=(wrong,)), plain(2 * W1, verdicts=(wrong,))) == [
        Change.MOVED
    ]
