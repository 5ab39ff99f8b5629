"""The shipped JSON Schema is current, and accepts what the parser accepts."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import gradverify.spec
from gradverify.spec.model import SpecModel
from gradverify.spec.schema import schema_text, spec_schema

SHIPPED = Path(gradverify.spec.__path__[0], "gradverify.schema.json")
BEGIN = {"gradverify": 1, "title": "a"}


def accepts(spec: Any) -> bool:
    validator: Any = jsonschema.Draft202012Validator(spec_schema())
    return validator.is_valid(spec)


def test_the_shipped_file_is_current() -> None:
    # If not: python -m gradverify schema > gradverify/spec/gradverify.schema.json
    assert SHIPPED.read_text(encoding="utf-8") == schema_text()


def test_it_is_a_schema() -> None:
    schema = json.loads(schema_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["$id"] == "urn:gradverify:spec:1"


@pytest.mark.parametrize(
    "keys",
    [
        {},
        {"inputs": {"x": 1, "y": [[1.5, 2]], "z": "ones(2)", "θ": {"value": 1, "dtype": "int8"}}},
        {"expect": {"grads": {"x": "2 * x", "y": [1, "nan"]}}, "recorded": {"values": {"y": 2.5}}},
        {"expect": {"hvp": {"x": {"direction": [1], "value": "x"}}}, "cotangent": [0.1]},
        {"derived": {"ops": ["g = x"], "grads": {"x": "g"}}, "findings": [{"code": "kink"}]},
        {"function": "my.ops:f.apply", "framework": "numpy", "vjp": "my:g"},
        {"ops": [], "loss": "x", "seed": 3, "cells": [1], "tolerance": 1e-6, "about": "b"},
    ],
)
def test_it_accepts_what_the_model_accepts(keys: Any) -> None:
    _ = SpecModel.model_validate({**BEGIN, **keys})
    assert accepts({**BEGIN, **keys})


@pytest.mark.parametrize(
    "keys",
    [
        {"gradverify": 2},
        {"title": 3},
        {"function": "my.ops"},
        {"function": "my.ops:3"},
        {"function": ":f"},
        {"framework": "pytorch"},
        {"vjp": 1},
        {"title": ""},
        {"los": "x"},
        {"loss": None},
        {"inputs": {"x": {"valu": 1}}},
        {"inputs": {"x": None}},
        {"inputs": {"1x": 1}},
        {"recorded": {"grads": {"x": "2 * x"}}},
        {"expect": {"grads": {"x": [[1, None]]}}},
        {"findings": [{"code": "off-by-facto"}]},
        {"seed": -1},
        {"tolerance": 0},
        {"derived": {"grads": {}}},
    ],
)
def test_it_refuses_what_the_parser_refuses(keys: Any) -> None:
    assert not accepts({**BEGIN, **keys})


def properties(schema: Any) -> list[tuple[str, Any]]:
    models = schema["$defs"]
    inner = [schema, *models.values(), *models["InputModel"]["anyOf"]]
    found = [item for part in inner for item in part.get("properties", {}).items()]
    return [(name, models.get(about.get("$ref", "")[8:], {}) | about) for name, about in found]


def test_every_key_has_a_title_and_a_description_for_editors() -> None:
    found = properties(spec_schema())
    assert len(found) > 30
    assert [name for name, about in found if not {"title", "description"} <= set(about)] == []
