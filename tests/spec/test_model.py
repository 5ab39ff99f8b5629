"""The model keeps a spec's values as they were meant, and nothing of it can be changed."""

import math
from typing import Any

import pytest
from pydantic import ValidationError

from gradverify.spec.model import SpecModel
from gradverify.spec.parse import specs_of
from gradverify.spec.source import source_of
from gradverify.spec.values import DTYPES


def model(**keys: Any) -> SpecModel:
    return SpecModel.model_validate({"gradverify": 1, "title": "a", **keys})


def read(text: str) -> SpecModel:
    return specs_of(source_of("a", f"gradverify: 1\ntitle: a\n{text}"))[0].model


@pytest.mark.parametrize(
    ("given", "value"),
    [(2, 2), (1.5, 1.5), ([[1, 2]], ((1, 2),)), ("randn(3)", "randn(3)"), ([], ()), (True, True)],
)
def test_an_input_may_be_short(given: Any, value: Any) -> None:
    short = model(inputs={"x": given}).inputs["x"]
    assert short == model(inputs={"x": {"value": given}}).inputs["x"]
    assert short.value == value
    assert short.dtype is None
    assert short.requires_grad is None


@pytest.mark.parametrize("dtype", DTYPES)
def test_an_input_may_say_its_dtype(dtype: str) -> None:
    assert model(inputs={"x": {"value": 1, "dtype": dtype}}).inputs["x"].dtype == dtype


def test_printed_words_for_what_is_not_finite_are_numbers() -> None:
    grads = read("recorded: {grads: {x: [nan, inf, -inf, .nan, .inf, -.inf]}}").recorded.grads["x"]
    assert isinstance(grads, tuple)
    assert [math.isnan(entry) for entry in grads] == [True, False, False, True, False, False]
    assert grads[1:3] == grads[4:6] == (math.inf, -math.inf)


def test_expressions_are_for_what_is_stated_alone() -> None:
    assert model(expect={"grads": {"x": "2 * x"}}).expect.grads == {"x": "2 * x"}
    with pytest.raises(ValidationError):
        _ = model(recorded={"grads": {"x": "2 * x"}})


def test_what_is_absent_is_empty() -> None:
    empty = model()
    assert (empty.inputs, empty.ops, empty.loss, empty.derived) == ({}, (), None, None)
    assert (empty.expect.grads, empty.recorded.values, empty.findings) == ({}, {}, ())


def test_a_chinese_or_greek_name_is_a_name() -> None:
    assert set(model(inputs={"梯度": 1, "θ": 2}).inputs) == {"梯度", "θ"}


@pytest.mark.parametrize("name", ["", "1x", "a b", "lambda", "True", "x.y", "\ufb01"])
def test_what_no_statement_could_name_is_refused(name: str) -> None:
    with pytest.raises(ValidationError):
        _ = model(inputs={name: 1})


@pytest.mark.parametrize(
    "keys",
    [
        {"seed": True},
        {"seed": "1"},
        {"cells": [1.0]},
        {"ops": "y = x"},
        {"loss": 1},
        {"tolerance": True},
        {"tolerance": math.nan},
        {"tolerance": 10**400},
        {"inputs": {"x": [[1], [1, 2]]}},
        {"inputs": {"x": {"value": 1, "requires_grad": 1}}},
        {"findings": [{"party": "torch"}]},
        {"expect": {"hvp": {"x": {"value": 1}}}},
        *({key: 1} for key in ("function", "framework", "vjp")),
    ],
)
def test_types_are_strict(keys: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        _ = model(**keys)


def test_a_seed_of_any_size_is_read() -> None:
    assert read(f"seed: {10**4000}").seed == 10**4000


def test_nothing_of_it_can_be_replaced() -> None:
    with pytest.raises(ValidationError):
        model().loss = "x"
