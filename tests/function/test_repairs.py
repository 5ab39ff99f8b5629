# what users hand over is of any type, which a strict checker does not let pass:
# pyright: basic
"""Each repair recognises its fault by what would be right instead, and no other."""

from collections.abc import Callable
from typing import Any, Final

import numpy as np
import pytest

from gradverify.arrays import Array
from gradverify.function.accused import Accused, Cause
from gradverify.function.repairs import REPAIRS
from tests.function.functions import Vjp, accused_of, changed, claims_for, layer_vjp, normal

X, W = normal(5, 4), normal(4, 4, seed=1)
A = normal(5, 4, seed=2)


def layer(x: Array, w: Array, a: Array) -> Array:
    return np.tanh(x @ w) * a


def right(ct: Array, out: Array, x: Array, w: Array, a: Array) -> tuple[Array, Array, Array]:
    return *layer_vjp(ct * a, out / a, x, w), ct * out / a


def swapped(ct: Array, out: Array, x: Array, w: Array, a: Array) -> tuple[Array, Array, Array]:
    by_x, by_w, by_a = right(ct, out, x, w, a)
    return by_a, by_w, by_x


def of(change: Callable[[Array], Any], leaf: int = 0) -> Vjp:
    return changed(right, change, leaf)


FAULTS: Final[dict[str, tuple[Vjp, int, str, str]]] = {
    "zero": (of(lambda g: 0 * g), 0, "gradient-missing", "zero everywhere, where the function"),
    "none": (of(lambda _: None), 0, "gradient-missing", "None, where the function"),
    "negative": (of(lambda g: -g), 0, "sign-flipped", "minus this is right"),
    "twice": (of(lambda g: 2 * g), 0, "off-by-factor", "a factor of 2: a 2 too many"),
    "half": (of(lambda g: g / 2), 0, "off-by-factor", "a factor of 0.5: a 2 missing"),
    "a mean": (of(lambda g: g / 20), 0, "off-by-factor", "a mean over 20 entries"),
    "a sum": (of(lambda g: 5 * g), 0, "off-by-factor", "a sum over 5 entries"),
    "a little": (of(lambda g: 1.0003 * g), 0, "off-by-factor", "a factor of 1.0003"),
    "minus three": (of(lambda g: -3 * g), 0, "off-by-factor", "a factor of -3"),
    "transposed": (of(np.transpose, 1), 1, "transposed", "the transpose is right"),
    "reshaped": (of(lambda g: g.T.reshape(5, 4)), 0, "transposed", "the transpose is right"),
    "swapped": (swapped, 0, "inputs-swapped", "what is claimed for `a` is right here"),
    "rolled": (of(lambda g: np.roll(g, 1, 0)), 0, "mismatch", "shifted by +1 along axis 0"),
    "reversed": (of(lambda g: g[:, ::-1]), 0, "mismatch", "in reverse order along axis 1"),
}


def accused(vjp: Vjp, leaf: int) -> Accused:
    return accused_of(layer, vjp, X, W, A, leaf=leaf)


def cause_of(found: Accused) -> Cause | None:
    return next((cause for repair in REPAIRS if (cause := repair(found))), None)


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_recognised(name: str) -> None:
    vjp, leaf, code, said = FAULTS[name]
    found = cause_of(accused(vjp, leaf))
    assert found is not None
    assert found.code == code
    assert said in found.message


@pytest.mark.parametrize("name", [name for name in FAULTS if name not in {"zero", "none"}])
def test_the_truth_is_told_with_it(name: str) -> None:
    vjp, leaf, _, _ = FAULTS[name]
    found = accused(vjp, leaf)
    cause = cause_of(found)
    assert cause is not None
    assert cause.truth is not None
    np.testing.assert_allclose(cause.truth, claims_for(found, right, X, W, A)[0], rtol=1e-8)


NOISE = 1 + 0.1 * np.random.default_rng(0).normal(size=(5, 4))
OTHERS: Final[dict[str, Vjp]] = {
    "right": right,
    "noise": of(lambda g: g * NOISE),
    "an offset": of(lambda g: g + 0.1),
    "a square": of(lambda g: g * g),
    "half of it twice": of(lambda g: g * np.where(np.arange(20).reshape(5, 4) < 10, 2, 1)),
}


@pytest.mark.parametrize("name", OTHERS)
def test_no_repair_claims_what_is_not_its_own(name: str) -> None:
    assert cause_of(accused(OTHERS[name], 0)) is None


def test_of_one_number_only_a_factor_with_a_reason_is_one() -> None:
    def vjp_of(factor: float) -> Vjp:
        return lambda ct, _, x: factor * ct * np.cos(x)

    one = np.asarray(0.75)
    plain = cause_of(accused_of(np.sin, vjp_of(2.0), one))
    assert plain is not None
    assert plain.code == "off-by-factor"
    assert cause_of(accused_of(np.sin, vjp_of(1.37), one)) is None
