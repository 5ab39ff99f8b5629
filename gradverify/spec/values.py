"""The types of a spec's values: names, texts, numbers, and what makes them.

Each is read by a function of `entries`, and tells an editor what it may be.
"""

from typing import Annotated, Final, TypeAlias

from pydantic import AfterValidator, ConfigDict, Field, PlainValidator, WithJsonSchema

from gradverify.spec import entries
from gradverify.spec.codes import CODES
from gradverify.spec.entries import Numbers

DTYPES: Final = (
    "float16",
    "float32",
    "float64",
    "int8",
    "int16",
    "int32",
    "int64",
    "uint8",
    "bool",
)

# pydantic follows no reference of ours, so `schema` puts the recursive definition in its place.
NUMBERS: Final = {"format": "numbers"}
TEXT: Final = {"type": "string", "minLength": 1}
NAME_PATTERN: Final = "^[A-Za-z_\u0080-\uffff][0-9A-Za-z_\u0080-\uffff]*$"
FRAMEWORKS: Final = ("torch", "jax", "numpy")
REFERENCE_PATTERN: Final = "^[^\\W\\d]\\w*(\\.[^\\W\\d]\\w*)*:[^\\W\\d]\\w*(\\.[^\\W\\d]\\w*)*$"
EXPRESSION_OR_NUMBERS: Final = "a number, a list of numbers, or an expression"


def strict(title: str) -> ConfigDict:
    """Return the configuration of a model: nothing is converted, no key is let through."""
    return ConfigDict(title=title, strict=True, extra="forbid", frozen=True)


Name: TypeAlias = Annotated[
    str, AfterValidator(entries.variable), Field(json_schema_extra={"pattern": NAME_PATTERN})
]
Text: TypeAlias = Annotated[str, PlainValidator(entries.text_of("text")), WithJsonSchema(TEXT)]
Title: TypeAlias = Annotated[Text, AfterValidator(entries.one_line)]
Statement: TypeAlias = Annotated[
    str,
    PlainValidator(entries.text_of("a statement such as `y = x * x`, as text")),
    WithJsonSchema(TEXT),
]
Expression: TypeAlias = Annotated[
    str, PlainValidator(entries.text_of("a name or an expression, as text")), WithJsonSchema(TEXT)
]
Array: TypeAlias = Annotated[Numbers, PlainValidator(entries.numbers), WithJsonSchema(NUMBERS)]
Claimed: TypeAlias = Annotated[
    Numbers | str,
    PlainValidator(entries.numbers_or(EXPRESSION_OR_NUMBERS)),
    WithJsonSchema({"anyOf": [NUMBERS, TEXT]}),
]
Made: TypeAlias = Annotated[
    Numbers | str,
    PlainValidator(
        entries.numbers_or("a number, a list of numbers, or a maker such as `ones(2, 2)`")
    ),
    WithJsonSchema({"anyOf": [NUMBERS, TEXT]}),
]
Natural: TypeAlias = Annotated[
    int, PlainValidator(entries.natural), WithJsonSchema({"type": "integer", "minimum": 0})
]
Positive: TypeAlias = Annotated[
    float,
    PlainValidator(entries.positive),
    WithJsonSchema({"type": "number", "exclusiveMinimum": 0}),
]
Dtype: TypeAlias = Annotated[
    str, PlainValidator(entries.one_of(DTYPES)), WithJsonSchema({"enum": list(DTYPES)})
]
Code: TypeAlias = Annotated[
    str, PlainValidator(entries.one_of(CODES)), WithJsonSchema({"enum": list(CODES)})
]
Reference: TypeAlias = Annotated[
    str,
    PlainValidator(entries.reference),
    WithJsonSchema({"type": "string", "pattern": REFERENCE_PATTERN}),
]
Framework: TypeAlias = Annotated[
    str, PlainValidator(entries.one_of(FRAMEWORKS)), WithJsonSchema({"enum": list(FRAMEWORKS)})
]
# YAML reads lists; strict mode would take tuples only.
Statements: TypeAlias = Annotated[tuple[Statement, ...], Field(strict=False)]
