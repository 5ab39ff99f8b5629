"""The JSON Schema of the spec format, generated from the model for editors."""

import json
from typing import Any, Final, cast

from gradverify.spec.model import SpecModel

_HEAD: Final = (
    ("$schema", "https://json-schema.org/draft/2020-12/schema"),
    ("$id", "urn:gradverify:spec:1"),
)
_NUMBERS: Final = (
    ("title", "Numbers"),
    ("description", "A number, or a rectangular nested list of numbers."),
    (
        "anyOf",
        [
            {"type": ["number", "boolean"]},
            {"enum": ["nan", "inf", "+inf", "-inf"]},
            {"type": "array", "items": {"$ref": "#/$defs/Numbers"}},
        ],
    ),
)


def spec_schema() -> dict[str, Any]:
    """Return the schema of one spec: JSON Schema, draft 2020-12."""
    schema = _tidied(SpecModel.model_json_schema())
    definitions = {**schema.pop("$defs"), "Numbers": dict(_NUMBERS)}
    return {**dict(_HEAD), **schema, "$defs": definitions}


def schema_text() -> str:
    """Return the schema as the shipped file holds it."""
    return json.dumps(spec_schema(), indent=2, ensure_ascii=True) + "\n"


def _tidied(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_tidied(item) for item in cast("list[Any]", schema)]
    if not isinstance(schema, dict):
        return schema
    items = {key: _tidied(item) for key, item in cast("dict[str, Any]", schema).items()}
    return _without_null(_with_numbers(_with_names(items)))


def _with_names(items: dict[str, Any]) -> dict[str, Any]:
    # A name that fits no pattern would pass, unchecked.
    patterns = items.pop("patternProperties", None)
    if not patterns:
        return items
    ((pattern, value),) = patterns.items()
    return {**items, "propertyNames": {"pattern": pattern}, "additionalProperties": value}


def _with_numbers(items: dict[str, Any]) -> dict[str, Any]:
    if items.get("format") != "numbers":
        return items
    del items["format"]
    return {**items, "$ref": "#/$defs/Numbers"}


def _without_null(items: dict[str, Any]) -> dict[str, Any]:
    # In Python an absent key is None; in a spec no key may be null.
    if "default" in items and not items["default"]:
        del items["default"]
    choices = [choice for choice in items.pop("anyOf", []) if choice != {"type": "null"}]
    if len(choices) == 1:
        return {**choices[0], **items}
    return {**items, "anyOf": choices} if choices else items
