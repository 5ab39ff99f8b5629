# what users hand over is of any type, which a strict checker does not let pass:
# pyright: basic
"""A term that is missing is told as it is written, and a mask from the wrong variable as one."""

from collections.abc import Callable
from typing import Any, Final

import numpy as np
import pytest

from gradverify.arrays import Array
from gradverify.function.accused import Accused, Cause
from gradverify.function.terms import masked, term_missing
from tests.function.functions import Vjp, accused_of, claims_for, normal

X, W = normal(7, 5), normal(7, 5, seed=1)


def both(x: Array, w: Array) -> Array:
    return x * x * w + x


def right(ct: Array, _: Array, x: Array, w: Array) -> tuple[Array, Array]:
    return ct * (2 * x * w + 1), ct * x * x


def lacking(term: Callable[..., Any]) -> Vjp:
    """Return the right backward pass without a term by x."""

    def vjp(ct: Array, out: Array, x: Array, w: Array) -> tuple[Array, Array]:
        by_x, by_w = right(ct, out, x, w)
        return by_x - term(ct, x, w), by_w

    return vjp


MISSING: Final[dict[str, tuple[Callable[..., Any], str]]] = {
    "the cotangent": (lambda ct, x, w: ct + 0 * x * w, "right with + ct"),
    "a product": (lambda ct, x, w: 2 * ct * x * w, "right with + 2 * ct * x * w"),
    "one too many": (lambda ct, x, w: -ct * w + 0 * x, "right with - ct * w"),
    "a mean": (lambda ct, x, w: np.mean(ct * w) + 0 * x, "right with + mean(ct * w)"),
    "a mean by rows": (
        lambda ct, x, w: np.mean(ct, axis=1, keepdims=True) + 0 * x * w,
        "right with + mean(ct, axis=1)",
    ),
}


@pytest.mark.parametrize("name", MISSING)
def test_a_missing_term_is_told(name: str) -> None:
    term, said = MISSING[name]
    accused = accused_of(both, lacking(term), X, W)
    found = term_missing(accused)
    assert found is not None
    assert (found.code, found.message) == ("term-missing", said)
    assert found.truth is not None
    np.testing.assert_allclose(found.truth, claims_for(accused, right, X, W)[0], rtol=1e-8)


NOISE = 0.1 * np.random.default_rng(3).normal(size=(7, 5))


@pytest.mark.parametrize(
    "term",
    [
        lambda ct, x, w: 0 * ct * x * w,
        lambda ct, x, w: ct * NOISE + 0 * x * w,
        lambda ct, x, w: 0.37 * ct * w + 0 * x,
        lambda ct, x, w: np.sin(ct) + 0 * x * w,
    ],
)
def test_what_is_no_term_is_not_told_as_one(term: Callable[..., Any]) -> None:
    assert term_missing(accused_of(both, lacking(term), X, W)) is None


def hinge(x: Array, w: Array) -> Array:
    return np.maximum(x, 0.0) + 0 * w


def hinge_by(mask: Callable[..., Array]) -> Vjp:
    def vjp(ct: Array, out: Array, x: Array, w: Array) -> tuple[Array, Array]:
        return ct * mask(ct, out, x, w), 0 * ct

    return vjp


def accused(mask: Callable[..., Array]) -> Accused:
    return accused_of(hinge, hinge_by(mask), X, W)


def test_a_mask_from_the_wrong_variable_is_told() -> None:
    found = masked(accused(lambda _ct, _, _x, w: w > 0))
    assert found is not None
    assert found.code == "mask-from-wrong-variable"
    assert "`ct` where x > 0, and 0 elsewhere, is right" in found.message


def test_a_mask_that_is_missing_is_a_missing_term() -> None:
    found: Cause | None = masked(accused(lambda ct, *_: np.ones_like(ct)))
    assert found is not None
    assert (found.code, found.truth is None) == ("term-missing", False)


@pytest.mark.parametrize("factor", [1.0, 2.0])
def test_where_no_mask_explains_it_none_is_told(factor: float) -> None:
    assert masked(accused(lambda _ct, _, x, _w: factor * (x > 0))) is None or factor == 2.0
    assert masked(accused_of(both, lacking(lambda ct, x, w: ct * NOISE + 0 * x * w), X, W)) is None
