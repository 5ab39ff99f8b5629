"""SpecModel: the spec format, version 1, as strict and frozen pydantic models.

Titles and descriptions are what an editor shows where the mouse rests on a key.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, cast, final

from pydantic import BaseModel, Field, GetJsonSchemaHandler, model_validator
from pydantic_core import CoreSchema

from gradverify.spec.entries import Numbers
from gradverify.spec.tape_model import TapeStepModel
from gradverify.spec.values import (
    NUMBERS,
    TEXT,
    Array,
    Claimed,
    Code,
    Dtype,
    Expression,
    Framework,
    Made,
    Name,
    Natural,
    Positive,
    Reference,
    Statements,
    Text,
    Title,
    strict,
)


@final
class InputModel(BaseModel):
    """One input: a number, a nested list, a maker, or a mapping that holds one of these."""

    model_config = strict("Input")

    value: Made = Field(
        title="Value",
        description="Numbers, a maker such as `randn(9, 4)`, or an expression: `3 * ones(2)`.",
    )
    dtype: Dtype | None = Field(
        default=None,
        title="Dtype",
        description="The type of every entry. Numbers are float64 unless this says otherwise.",
    )
    requires_grad: bool | None = Field(
        default=None,
        title="Requires grad",
        description="Whether the gradient by this input is wanted. Floating inputs say yes.",
    )

    @model_validator(mode="before")
    @classmethod
    def _spelt_out(cls, given: object) -> object:
        if isinstance(given, dict):
            return cast("dict[str, Any]", given)
        return {"value": given}

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        mapping = handler.resolve_ref_schema(handler(core_schema))
        return {"anyOf": [NUMBERS, TEXT, mapping]}


@final
class HvpModel(BaseModel):
    """The product of the loss's second derivative with a direction."""

    model_config = strict("Hessian-vector product")

    direction: Array = Field(
        title="Direction", description="An array of the variable's shape: the direction."
    )
    value: Claimed = Field(
        title="Value", description="The product, of the variable's shape: numbers or an expression."
    )


@final
class ExpectModel(BaseModel):
    """What the spec's author states, meant exactly and compared within rounding."""

    model_config = strict("Expected")

    values: Mapping[Name, Claimed] = Field(
        default_factory=dict[str, Numbers | str],
        title="Values",
        description="The value of each named variable: numbers, or an expression.",
    )
    grads: Mapping[Name, Claimed] = Field(
        default_factory=dict[str, Numbers | str],
        title="Gradients",
        description="The gradient of the loss by each named variable, intermediate ones included.",
    )
    jacobian: Mapping[Name, Claimed] = Field(
        default_factory=dict[str, Numbers | str],
        title="Jacobian",
        description="The derivative of the loss before any cotangent: loss's shape, then x's.",
    )
    hessian: Mapping[Name, Claimed] = Field(
        default_factory=dict[str, Numbers | str],
        title="Hessian",
        description="The second derivative of the loss by one variable: x's shape twice.",
    )
    hvp: Mapping[Name, HvpModel] = Field(
        default_factory=dict[str, HvpModel],
        title="Hessian-vector product",
        description="The Hessian by a variable, times a direction.",
    )


@final
class RecordedModel(BaseModel):
    """What a document printed, compared to the precision in which it was printed."""

    model_config = strict("Recorded")

    values: Mapping[Name, Array] = Field(
        default_factory=dict[str, Numbers],
        title="Values",
        description="The printed value of each named variable, digit by digit as printed.",
    )
    grads: Mapping[Name, Array] = Field(
        default_factory=dict[str, Numbers],
        title="Gradients",
        description="The printed gradient by each named variable, digit by digit as printed.",
    )


@final
class DerivedModel(BaseModel):
    """A backward pass written by hand, in its author's own steps."""

    model_config = strict("Derived")

    ops: Statements = Field(
        default=(),
        title="Statements",
        description="The steps of the backward pass; they may use every variable of the program.",
    )
    grads: Mapping[Name, Expression] = Field(
        title="Gradients",
        description="For each variable, the name or expression that is claimed to be its gradient.",
        min_length=1,
    )


@final
class FindingModel(BaseModel):
    """A finding that must be made for the spec to pass."""

    model_config = strict("Finding")

    code: Code = Field(
        title="Code", description="The finding's name; `gradverify explain CODE` tells more."
    )
    party: Text | None = Field(
        default=None,
        title="Party",
        description="Who is found wrong: `derived`, `stated`, `recorded`, `torch`, ...",
    )
    of: Text | None = Field(
        default=None, title="Of", description="The variable whose value or gradient it is."
    )


@final
class SpecModel(BaseModel):
    """A function, its inputs, and everybody's claims about its values and gradients."""

    model_config = strict("gradverify spec")

    gradverify: Literal[1] = Field(
        title="Format version", description="The version of the spec format: 1."
    )
    title: Title = Field(
        title="Title", description="One line that names the spec; unique within its file."
    )
    about: Text | None = Field(
        default=None, title="About", description="Anything worth saying about the spec, as text."
    )
    document: Text | None = Field(
        default=None, title="Document", description="Where the example comes from."
    )
    cells: Annotated[tuple[Natural, ...], Field(strict=False)] = Field(
        default=(), title="Cells", description="The cells of the document that hold the example."
    )
    seed: Natural | None = Field(
        default=None, title="Seed", description="The seed of random inputs; `--seed` overrides it."
    )
    inputs: Mapping[Name, InputModel] = Field(
        default_factory=dict[str, InputModel],
        title="Inputs",
        description="The inputs by name: numbers, a maker, an expression of makers, or a mapping.",
    )
    ops: Statements = Field(
        default=(),
        title="Statements",
        description="The function, one statement a line, such as `y = x * x + x`.",
    )
    function: Reference | None = Field(
        default=None,
        title="Function",
        description="Code to verify, `package.module:function`; imported with --allow-import only.",
    )
    framework: Framework | None = Field(
        default=None,
        title="Framework",
        description="Whose arrays the function takes: torch, jax or numpy.",
    )
    vjp: Reference | None = Field(
        default=None,
        title="Vjp",
        description="The backward pass of a function of numpy arrays: backward(ct, out, *inputs).",
    )
    loss: Expression | None = Field(
        default=None,
        title="Loss",
        description="What is differentiated: a name or an expression. Absent: values only.",
    )
    cotangent: Claimed | None = Field(
        default=None,
        title="Cotangent",
        description="The weights of a loss that is no scalar, of its shape: numbers or expression.",
    )
    expect: ExpectModel = Field(
        default_factory=ExpectModel,
        title="Expected",
        description="What the author of the spec states, meant exactly.",
    )
    recorded: RecordedModel = Field(
        default_factory=RecordedModel,
        title="Recorded",
        description="What the document printed, digit by digit as printed.",
    )
    derived: DerivedModel | None = Field(
        default=None,
        title="Derived",
        description="A backward pass written by hand: one more party.",
    )
    tape: Annotated[tuple[TapeStepModel, ...], Field(strict=False)] = Field(
        default=(),
        title="Tape",
        description="What a user of an eager tape does, in order, and what they see.",
    )
    tolerance: Positive | None = Field(
        default=None,
        title="Tolerance",
        description="The allowed error relative to the largest entry, in place of the derived one.",
    )
    findings: Annotated[tuple[FindingModel, ...], Field(strict=False)] = Field(
        default=(),
        title="Findings",
        description="The errors that must be found for the spec to pass, no more and no fewer.",
    )
