# what users hand over is of any type, which a strict checker does not let pass:
# pyright: basic
"""Another function is a witness if it is the same function; its gradient may be wrong too."""

from typing import Any

import numpy as np
import pytest

from gradverify.arrays import Array
from gradverify.function.trial import Trial
from gradverify.function.witness import Witness, witness
from gradverify.oracles.function import Function
from gradverify.verdict.truth import Outcome
from gradverify.verdict.verdict import Finding
from tests.function.functions import (
    changed,
    function_of,
    layer,
    layer_vjp,
    normal,
    trial_of,
    twice,
)

X, W = normal(5, 3), normal(3, 4, seed=1)


def heard(function: Function) -> Witness | Finding:
    trial: Trial = trial_of(layer, changed(layer_vjp, twice), X, W)
    return witness(trial, function, trial.lines())


def other_layer(x: Array, w: Array) -> Array:
    return -np.tanh(-(x @ w))


def test_a_right_witness_is_confirmed_by_every_line() -> None:
    found = heard(function_of(other_layer, layer_vjp, X, W))
    assert isinstance(found, Witness)
    assert found.right
    assert found.trial.party == "reference"


def test_a_wrong_witness_is_refuted() -> None:
    found = heard(function_of(layer, changed(layer_vjp, twice), X, W))
    assert isinstance(found, Witness)
    assert not found.right
    assert Outcome.REFUTED in {reading.outcome for reading in found.readings}


def test_a_witness_without_a_gradient_has_seen_nothing() -> None:
    found = heard(function_of(layer, lambda *_: (None, None), X, W))
    assert isinstance(found, Witness)
    assert (found.readings, found.right) == ((), False)


def raising(*_: Any) -> Any:
    raise KeyError


@pytest.mark.parametrize(
    ("function", "code", "said"),
    [
        (function_of(lambda x, w: 2 * layer(x, w), layer_vjp, X, W), "values-differ", "differ:"),
        (function_of(lambda x, w: layer(x, w)[:2], layer_vjp, X, W), "values-differ", "8 numbers"),
        (function_of(lambda x: x, layer_vjp, X), "shape-differs", "takes 1 inputs"),
        (function_of(raising, layer_vjp, X, W), "gradient-missing", "raised KeyError"),
        (function_of(layer, raising, X, W), "gradient-missing", "raised KeyError"),
    ],
)
def test_what_is_not_the_same_function_is_told(function: Function, code: str, said: str) -> None:
    found = heard(function)
    assert isinstance(found, Finding)
    assert (found.code, found.party) == (code, "reference")
    assert said in found.message
