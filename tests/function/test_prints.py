"""What is claimed at the inputs has a print a leaf: the same for a seed, right or wrong."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import gradverify
from gradverify.arrays import Array
from gradverify.function.examined import Examined
from gradverify.function.space import space
from gradverify.function.start import start
from gradverify.verdict.fingerprint import Fingerprint
from gradverify.verdict.imprint import fingerprint
from tests.function.functions import (
    changed,
    examined,
    function_of,
    layer,
    layer_vjp,
    normal,
    square,
    square_vjp,
    twice,
)

X, W = normal(5, 3), normal(3, 4, seed=1)


def total(x: Array) -> Array:
    return np.sum(x * x)


def total_vjp(ct: Array, _out: Array, x: Array) -> Array:
    return 2 * ct * x


def printed(found: Examined, of: str) -> Fingerprint:
    (one,) = (item for item in found.prints if item.of == of)
    return one


def test_every_leaf_has_the_print_of_its_claim_for_the_first_cotangent() -> None:
    found = examined(layer, layer_vjp, X, W)
    (cotangent,) = start(function_of(layer, layer_vjp, X, W), 0).weights[0].arrays
    claims = layer_vjp(cotangent, layer(X, W), X, W)
    for name, claim in zip("xw", claims, strict=True):
        assert printed(found, name) == fingerprint("vjp", "vjp", name, claim)


def test_of_one_number_it_is_the_gradient_itself() -> None:
    found = examined(total, total_vjp, X)
    values = dict(printed(found, "x").probes)
    np.testing.assert_allclose([values[k] for k in values], (2 * X).ravel()[[*values]], rtol=1e-15)


def test_a_wrong_claim_has_a_print_of_its_own() -> None:
    right, wrong = (examined(square, vjp, X) for vjp in (square_vjp, changed(square_vjp, twice)))
    one, other = printed(right, "x"), printed(wrong, "x")
    assert [2 * number for number in one.projections] == [*other.projections]
    assert replace(other, size=0.0, projections=(), probes=()) == replace(
        one, size=0.0, projections=(), probes=()
    )


def test_the_same_seed_gives_the_same_prints_and_another_does_not() -> None:
    one, same, other = (examined(layer, layer_vjp, X, W, seed=seed).prints for seed in (1, 1, 2))
    assert one == same
    assert one != other


def test_they_cost_no_backward_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    before = examined(layer, layer_vjp, X, W).evaluations

    def nothing(*_: Any) -> tuple[Fingerprint, ...]:
        return ()

    monkeypatch.setattr("gradverify.function.examine.prints", nothing)
    without = examined(layer, layer_vjp, X, W)
    assert (without.prints, without.evaluations) == ((), before)


def test_a_gradient_that_is_missing_is_one_of_zeros_and_another_shape_is_kept() -> None:
    missing = changed(layer_vjp, lambda _: None)
    found = printed(examined(layer, missing, X, W), "x")
    assert (found.shape, found.size, found.projections) == (X.shape, 0.0, (0.0, 0.0))
    turned = printed(examined(layer, changed(layer_vjp, np.transpose), X, W), "x")
    assert turned.shape == (3, 5)


def test_without_a_claim_or_where_it_changes_by_itself_there_is_none() -> None:
    def refused(*_: Array) -> Array:
        raise ValueError

    rng = np.random.default_rng(5)

    def drawn(ct: Array, _out: Array, x: Array) -> Array:
        return 2 * ct * x * rng.random(x.shape)

    for vjp, code in ((refused, "gradient-missing"), (drawn, "not-deterministic")):
        found = examined(square, vjp, X)
        assert (found.findings[0].code, found.prints) == (code, ())


def test_the_dtype_is_the_leafs_own() -> None:
    found = examined(square, square_vjp, X.astype(np.float32))
    assert printed(found, "x").dtype == "float32"
    torch = pytest.importorskip("torch")
    report = gradverify.verify(torch.sin, (torch.ones(3, dtype=torch.bfloat16),))
    assert [(p.party, p.dtype) for p in report.examined.prints] == [("torch", "bfloat16")]


def test_a_strategy_leaves_the_prints_of_the_inputs_that_were_given() -> None:
    st = pytest.importorskip("hypothesis.strategies")
    elsewhere = st.just((np.full(2, 9.0),))

    def late(ct: Array, _out: Array, x: Array) -> Array:
        return 2 * ct * np.minimum(x, 5)

    given = (normal(4),)
    plain = gradverify.verify(square, given, vjp=late)
    found = gradverify.verify(square, given, vjp=late, explore=elsewhere)
    assert (plain.status, found.status) == ("agree", "disagree")
    assert found.examined.prints == plain.examined.prints


def test_a_print_has_as_many_leaves_as_the_space() -> None:
    found = examined(layer, layer_vjp, X, W)
    assert [item.shape for item in found.prints] == [*space([X, W]).shapes]
