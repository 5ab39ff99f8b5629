# what users hand over is of any type, which a strict checker does not let pass:
# pyright: basic
"""An examination says agree, disagree or undecided, and why; the same seed says the same."""

import warnings
from collections.abc import Callable
from typing import Any, Final

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradverify.arrays import Array
from gradverify.function.besides import Besides
from gradverify.oracles.function_errors import FunctionRaisedError, NotFiniteError
from gradverify.verdict.verdict import Status
from tests.function.functions import (
    Vjp,
    changed,
    codes,
    examined,
    function_of,
    layer,
    layer_vjp,
    normal,
    relu,
    relu_vjp,
    square,
    square_vjp,
    twice,
    with_entries,
)

X, W = normal(5, 3), normal(3, 4, seed=1)
SEEDS = st.integers(0, 2**40)
few_seeds = settings(derandomize=True, max_examples=15, deadline=None)


def nan(gradient: Array) -> Array:
    return np.nan * gradient


def negative(gradient: Array) -> Array:
    return -gradient


WRONGS: Final[dict[str, tuple[Callable[[Array], Any], str]]] = {
    "twice": (twice, "off-by-factor"),
    "negative": (negative, "sign-flipped"),
    "zero": (lambda g: 0 * g, "gradient-missing"),
    "none": (lambda _: None, "gradient-missing"),
    "one entry": (with_entries(twice, (2, 1)), "entries-wrong"),
    "nan": (with_entries(nan, (2, 1)), "not-finite"),
    "float16": (lambda g: g.astype(np.float16), "precision-lost"),
    "whole numbers": (lambda g: g.astype(np.int64), "precision-lost"),
    "cut": (lambda g: g[:2], "shape-differs"),
    "text": (lambda _: "text", "gradient-missing"),
}


def test_a_right_gradient_agrees_with_a_row_a_leaf() -> None:
    found = examined(layer, layer_vjp, X, W)
    assert (found.status, codes(found)) == (Status.AGREE, [])
    assert [(row.name, row.shape, row.status) for row in found.rows] == [
        ("x", (5, 3), Status.AGREE),
        ("w", (3, 4), Status.AGREE),
    ]
    assert set(found.sensitivity) == {"x", "w"}


@pytest.mark.parametrize("name", WRONGS)
def test_a_wrong_gradient_disagrees_with_its_cause(name: str) -> None:
    change, code = WRONGS[name]
    found = examined(layer, changed(layer_vjp, change), X, W)
    assert (found.status, codes(found)) == (Status.DISAGREE, [code]), found.findings
    statuses = {row.name: row.status for row in found.rows}
    assert statuses["x"] is Status.DISAGREE
    assert name == "text" or statuses["w"] is not Status.DISAGREE


@few_seeds
@given(SEEDS, st.sampled_from([*WRONGS, "right"]))
def test_the_same_seed_says_the_same(seed: int, name: str) -> None:
    change = WRONGS[name][0] if name in WRONGS else np.asarray
    one, other = (examined(layer, changed(layer_vjp, change), X, W, seed=seed) for _ in range(2))
    assert repr(one) == repr(other)


@few_seeds
@given(SEEDS, st.sampled_from([*WRONGS, "right"]))
def test_another_seed_has_the_same_verdict(seed: int, name: str) -> None:
    change, code = WRONGS.get(name, (np.asarray, ""))
    found = examined(layer, changed(layer_vjp, change), X, W, seed=seed)
    expected = (Status.DISAGREE, [code]) if code else (Status.AGREE, [])
    assert (found.status, codes(found)) == expected


@pytest.mark.parametrize("size", [1, 100, 100_000])
def test_accepting_costs_a_fixed_number_of_passes(size: int) -> None:
    found = examined(np.sin, lambda ct, _, x: ct * np.cos(x), normal(size))
    assert found.status is Status.AGREE
    assert found.evaluations.forward <= 30
    assert found.evaluations.backward <= 8


@pytest.mark.parametrize("slope", [0.0, 0.5, 1.0])
def test_at_a_kink_every_slope_between_is_right(slope: float) -> None:
    found = examined(relu, relu_vjp(slope), np.array([1.5, 0.0, -2.0]))
    assert found.status is Status.AGREE
    assert [(item.code, item.index) for item in found.findings] in ([], [("kink", (1,))])
    assert found.findings or slope == 0.5  # what differences come to: no line shows it


@pytest.mark.parametrize("slope", [-0.5, 1.5, np.nan])
def test_at_a_kink_every_other_slope_is_wrong(slope: float) -> None:
    found = examined(relu, relu_vjp(slope), np.array([1.5, 0.0, -2.0]))
    assert found.status is Status.DISAGREE
    assert found.rows[0].worst is not None
    assert found.rows[0].worst.index == (1,)


def test_where_no_entry_can_be_moved_it_is_undecided() -> None:
    found = examined(square, square_vjp, np.zeros((0, 3)))
    assert found.status is Status.UNDECIDED
    assert not found.sensitivity


def test_a_function_that_changes_by_itself_is_undecided_whatever_is_claimed() -> None:
    rng = np.random.default_rng(1)
    for vjp in (square_vjp, changed(square_vjp, twice)):
        found = examined(lambda x: x * x * (1 + 0.1 * rng.normal()), vjp, X)
        assert (found.status, codes(found)) == (Status.UNDECIDED, ["not-deterministic"])


def test_a_backward_pass_that_raises_has_no_gradient() -> None:
    def broken(*_: Any) -> Any:
        raise KeyError(X.shape)

    found = examined(square, broken, X)
    assert (found.status, codes(found)) == (Status.DISAGREE, ["gradient-missing"])
    assert "KeyError: (5, 3)" in found.findings[0].message
    assert found.rows[0].status is Status.DISAGREE


@pytest.mark.parametrize(
    ("forward", "error"),
    [(lambda x: x.undefined, FunctionRaisedError), (lambda x: np.log(-x * x), NotFiniteError)],
)
def test_a_function_without_a_value_is_one_error(
    forward: Callable[..., Any], error: type[Exception]
) -> None:
    with pytest.raises(error):
        _ = examined(forward, square_vjp, X)


@pytest.mark.parametrize("forward", [np.sqrt, np.log1p])
def test_numpy_does_not_warn_of_what_an_examination_tries(forward: Callable[..., Any]) -> None:
    slopes: dict[Any, Vjp] = {
        np.sqrt: lambda ct, out, _: ct / (2 * out),
        np.log1p: lambda ct, _, x: ct / (1 + x),
    }
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert examined(forward, slopes[forward], np.abs(X)).status is Status.AGREE


def test_what_is_wrong_elsewhere_is_found_on_demand() -> None:
    def vjp(ct: Array, out: Array, x: Array) -> Array:
        return square_vjp(ct, out, x) * np.where(np.abs(x) > 5, 2.0, 1.0)

    assert examined(square, vjp, X).status is Status.AGREE
    assert examined(square, vjp, X, besides=Besides(explore=True)).status is Status.DISAGREE


def test_a_wrong_reference_is_wrong_and_not_who_is_compared_with_it() -> None:
    reference = function_of(layer, changed(layer_vjp, negative, leaf=1), X, W)
    found = examined(layer, layer_vjp, X, W, besides=Besides(reference))
    wrong = {(row.party, row.name) for row in found.rows if row.status is Status.DISAGREE}
    assert wrong == {("reference", "w")}


def test_a_small_difference_at_large_numbers_is_no_false_alarm() -> None:
    def variance(x: Array) -> Any:
        return np.mean((x - np.mean(x)) ** 2)

    def variance_vjp(ct: Array, _: Array, x: Array) -> Array:
        return ct * 2 * (x - np.mean(x)) / x.size

    assert examined(variance, variance_vjp, 1e6 + normal(200)).status is not Status.DISAGREE
    x = 1e4 + normal(200)
    assert examined(variance, variance_vjp, x).status is Status.AGREE
    assert examined(variance, changed(variance_vjp, twice), x).status is Status.DISAGREE
