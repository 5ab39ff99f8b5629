"""TapeStepModel: one step of a tape script, as a strict and frozen pydantic model.

A step has one verb, and the words that go with it: `{backward: z, retain_graph: true}`.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Final, TypeAlias, final

from pydantic import BaseModel, Field, PlainValidator, WithJsonSchema, model_validator

from gradverify.spec import entries
from gradverify.spec.entries import Numbers
from gradverify.spec.values import (
    EXPRESSION_OR_NUMBERS,
    NUMBERS,
    TEXT,
    Claimed,
    Expression,
    Name,
    Natural,
    Positive,
    Statements,
    strict,
)

ERRORS: Final = (
    "backward-needs-scalar",
    "cotangent-shape",
    "graph-freed",
    "input-unused",
    "integer-requires-grad",
    "not-a-leaf",
    "path-detached",
    "saved-value-modified",
)
"""The kinds of error that a step can be stated to end with: codes of findings, and `not-a-leaf`."""

MODIFIERS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {  # a word → the verbs that it may stand beside
        "cotangent": ("backward", "autograd_grad"),
        "retain_graph": ("backward", "autograd_grad"),
        "by": ("autograd_grad",),
        "no_grad": ("set",),
        "set_to_none": ("zero",),
        "error": ("backward", "autograd_grad", "retain_grad", "hook", "requires_grad_"),
    }
)

Shown: TypeAlias = Annotated[
    Numbers | str | None,
    PlainValidator(entries.or_nothing(entries.numbers_or(EXPRESSION_OR_NUMBERS))),
    WithJsonSchema({"anyOf": [NUMBERS, TEXT, {"const": None}]}),
]
Word: TypeAlias = Annotated[
    str | None,
    PlainValidator(entries.or_nothing(entries.text_of("a name such as MulBackward0, or null"))),
    WithJsonSchema({"anyOf": [TEXT, {"const": None}]}),
]
Names: TypeAlias = Annotated[
    tuple[str, ...],
    PlainValidator(entries.names),
    WithJsonSchema({"anyOf": [TEXT, {"type": "array", "items": TEXT, "minItems": 1}]}),
]
Run: TypeAlias = Annotated[
    tuple[str, ...],
    PlainValidator(entries.lines),
    WithJsonSchema({"anyOf": [TEXT, {"type": "array", "items": TEXT, "minItems": 1}]}),
]
Error: TypeAlias = Annotated[
    str, PlainValidator(entries.one_of(ERRORS)), WithJsonSchema({"enum": list(ERRORS)})
]
Counted: TypeAlias = Annotated[
    Mapping[int, float],
    PlainValidator(entries.by_number),
    WithJsonSchema({"type": "object", "additionalProperties": {"type": "number"}}),
]


@final
class LossModel(BaseModel):
    """What is stated of the loss of a training loop."""

    model_config = strict("Loss of a loop")

    values: Counted = Field(
        default_factory=dict[int, float],
        title="Values",
        description="The loss before the update of a step, by the step's number from 0.",
    )
    falling_after: Natural | None = Field(
        default=None,
        title="Falling after",
        description="From this step on, the loss of every step is below that of the step before.",
    )
    below: Positive | None = Field(
        default=None, title="Below", description="A bound that the loss of the last step is below."
    )


@final
class RepeatModel(BaseModel):
    """A training loop: the same forward pass, backward pass and update, again and again."""

    model_config = strict("Training loop")

    times: Natural = Field(title="Times", description="How many steps the loop has.")
    forward: Statements = Field(
        default=(), title="Forward", description="The statements of a step, which give the loss."
    )
    backward: Expression = Field(
        title="Backward",
        description="What the step goes backward from, or `derived`: the spec's own backward pass.",
    )
    update: Mapping[Name, Expression] = Field(
        title="Update",
        description="The new value of each weight, such as `w - 0.1 * w.grad`; not on the tape.",
        min_length=1,
    )
    zero: Names = Field(
        default=(), title="Zero", description="The names whose `.grad` is zeroed after the update."
    )
    loss: LossModel = Field(
        default_factory=LossModel, title="Loss", description="What is stated of the loss."
    )


@final
class TapeStepModel(BaseModel):
    """One thing that a user of an eager tape does, or sees."""

    model_config = strict("Tape step")

    run: Run | None = Field(
        default=None, title="Run", description="More statements, recorded on the tape."
    )
    backward: Expression | None = Field(
        default=None, title="Backward", description="A name or an expression to go backward from."
    )
    autograd_grad: Expression | None = Field(
        default=None,
        title="autograd.grad",
        description="What to differentiate without touching any `.grad`; `by` has the results.",
    )
    grad: Mapping[Name, Shown] | None = Field(
        default=None, title="Grad", description="What `.grad` reads; null is None."
    )
    value: Mapping[Name, Claimed] | None = Field(
        default=None, title="Value", description="What a tensor reads now."
    )
    is_leaf: Mapping[Name, bool] | None = Field(
        default=None, title="Is leaf", description="What `.is_leaf` reads."
    )
    requires_grad: Mapping[Name, bool] | None = Field(
        default=None, title="Requires grad", description="What `.requires_grad` reads."
    )
    grad_fn: Mapping[Name, Word] | None = Field(
        default=None,
        title="Grad fn",
        description="The kind of `.grad_fn`, such as MulBackward0; null is None.",
    )
    retain_grad: Names | None = Field(
        default=None, title="Retain grad", description="Names to call `.retain_grad()` of."
    )
    hook: Names | Mapping[Name, Expression] | None = Field(
        default=None,
        title="Hook",
        description="Names to hook, or what each hook makes of `grad`: `{y: 2 * grad}`.",
    )
    hooked: Mapping[Name, Shown] | None = Field(
        default=None, title="Hooked", description="What the hook saw last; null is never called."
    )
    zero: Names | None = Field(
        default=None, title="Zero", description="Names whose `.grad` is set to zeros."
    )
    set: Mapping[Name, Claimed] | None = Field(
        default=None,
        title="Set",
        description="New values put in place behind the tape's back, as `.data` does.",
    )
    detach: Names | None = Field(
        default=None, title="Detach", description="Names that from here on are cut from the tape."
    )
    requires_grad_: Mapping[Name, bool] | None = Field(
        default=None,
        title="Requires grad, set",
        description="Names to call `.requires_grad_(...)` of.",
    )
    repeat: RepeatModel | None = Field(default=None, title="Repeat", description="A training loop.")
    cotangent: Claimed | None = Field(
        default=None,
        title="Cotangent",
        description="The weights to go backward with; `empty(2)` is memory nobody has written to.",
    )
    retain_graph: bool | None = Field(
        default=None, title="Retain graph", description="Whether the graph can be used again."
    )
    by: Mapping[Name, Shown] | None = Field(
        default=None,
        title="By",
        description="What autograd.grad returns by each name; null is None, with allow_unused.",
    )
    no_grad: bool | None = Field(
        default=None,
        title="No grad",
        description="Set in place under no_grad, which the tape notices, and not as `.data` does.",
    )
    set_to_none: bool | None = Field(
        default=None, title="Set to none", description="Zero by setting `.grad` to None."
    )
    error: Error | None = Field(
        default=None, title="Error", description="The kind of error that this step ends with."
    )

    @property
    def verb(self) -> str:
        """What the step does."""
        return next(verb for verb in VERBS if getattr(self, verb) is not None)

    @model_validator(mode="after")
    def _one_verb(self) -> "TapeStepModel":
        verbs = [verb for verb in VERBS if getattr(self, verb) is not None]
        if len(verbs) != 1:
            raise entries.fault(entries.VERBS, verbs=verbs, known=VERBS)
        for word, beside in MODIFIERS.items():
            if getattr(self, word) is not None and verbs[0] not in beside:
                raise entries.fault(
                    entries.MODIFIER, (word,), word=word, verb=verbs[0], beside=beside
                )
        if verbs[0] == "autograd_grad" and not self.by and not self.error:
            raise entries.fault(entries.BY)
        return self


VERBS: Final = tuple(name for name in TapeStepModel.model_fields if name not in MODIFIERS)
"""The words of which a step has exactly one."""
