"""Program: what can be run. Names are resolved, shapes and dtypes known, order fixed."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final, TypeAlias, final

from gradverify.arrays import Array, Dtype, Shape
from gradverify.errors import Mark
from gradverify.ops.op import Slot

__all__ = [
    "NOTHING",
    "Claim",
    "Code",
    "Input",
    "Kind",
    "Maker",
    "NoLossError",
    "Number",
    "Operand",
    "Program",
    "Recipe",
    "Slot",
    "Snippet",
    "Step",
]


@final
class NoLossError(ValueError):
    """A gradient was asked of a program that only has values."""

    def __init__(self) -> None:
        super().__init__("the program has no loss, and so no gradient")


@final
@dataclass(frozen=True, slots=True)
class Number:
    """A number written in a statement: it takes the dtype of the operand beside it."""

    value: bool | int | float


Operand: TypeAlias = str | Number
"""The name of a value, or a number."""


@final
@dataclass(frozen=True, slots=True)
class Kind:
    """What is known of a value before anything runs."""

    shape: Shape
    dtype: Dtype

    @property
    def differentiable(self) -> bool:
        """Whether a derivative by this value means anything."""
        return self.dtype.kind == "f"


@final
@dataclass(frozen=True, slots=True)
class Step:
    """One single assignment: `output = op(*operands, **attributes)`."""

    output: str
    op: str
    operands: tuple[Operand, ...]
    attributes: Mapping[str, Any]
    mark: Mark
    source: str

    def assigns(self, variable: str) -> bool:
        """Whether this step stands in a variable's own statement, and not in that of an alias."""
        return self.source.partition("=")[0].strip() == variable

    @property
    def reads(self) -> tuple[str, ...]:
        """The names of the values that this step reads."""
        return tuple(name for name in self.operands if isinstance(name, str))


@final
@dataclass(frozen=True, slots=True)
class Input:
    """A leaf of a program: how it is made, and whether its gradient is wanted."""

    name: str
    maker: "Maker | Recipe"
    kind: Kind
    requires_grad: bool
    mark: Mark


@final
@dataclass(frozen=True, slots=True)
class Maker:
    """A maker and its arguments (`randn`, (100, 64)), or a literal array (`array`, (value,))."""

    name: str
    arguments: tuple[Any, ...]


@final
@dataclass(frozen=True, slots=True)
class Recipe:
    """An expression of random makers, `3 * randn(2)`: what it draws, and the steps from there.

    `draws` are made in order, each of its kind; `output` is the value of the whole, and `mark`
    and `text` are the expression as it was written.
    """

    draws: Mapping[str, tuple[Maker, Kind]]
    steps: tuple[Step, ...]
    output: str
    mark: Mark
    text: str


@final
@dataclass(frozen=True, slots=True)
class Snippet:
    """Steps that continue a program's: a backward pass in its author's own words, or an expression.

    `names` maps every variable its author named to a value; `outputs` what is claimed
    (the gradient of which variable of the program) to a value.
    """

    steps: tuple[Step, ...]
    names: Mapping[str, str]
    outputs: Mapping[str, str]
    kinds: Mapping[str, Kind]


NOTHING: Final = Snippet((), MappingProxyType({}), MappingProxyType({}), MappingProxyType({}))
"""A backward pass that nobody wrote."""


@final
@dataclass(frozen=True, slots=True)
class Claim:
    """What somebody wrote for one variable, numbers or an expression in the program's values.

    `of` is the variable as its author named it, `value` the value that it is, `shape` that of
    what is claimed, to which an expression is broadcast. `precision` is half a unit in the last
    printed place, entry by entry, 0 where meant exactly, and None for an expression.
    """

    party: str  # "stated" or "recorded"
    kind: str  # "values", "grads", "jacobian", "hessian" or "hvp"
    of: str
    value: str
    shape: Shape
    mark: Mark
    worth: Array | Snippet
    precision: Array | None
    direction: Array | None = None  # of an hvp


@final
@dataclass(frozen=True, slots=True)
class Code:
    """A function that is given as code: its name and its backward pass's, `module:attribute`.

    `framework` is whose arrays it takes; `vjp` goes with numpy alone.
    """

    function: str
    framework: str
    vjp: str | None
    mark: Mark


@final
@dataclass(frozen=True, slots=True)
class Program:
    """Inputs, single-assignment steps, and what is claimed about them.

    `names` maps the author's variables (latest assignment wins) to values; `kinds` knows every
    value. `loss` is a value's name, None where a spec states values only; `cotangent` weighs it
    and has its shape. `derived` is the author's own backward pass, without outputs where there
    is none. `code` computes what the program computes, or stands alone in its place: then there
    are no steps and no loss, and the cotangent weighs what the code returns.
    """

    inputs: Mapping[str, Input]
    steps: tuple[Step, ...]
    names: Mapping[str, str]
    kinds: Mapping[str, Kind]
    loss: str | None
    cotangent: Array | None
    derived: Snippet
    claims: tuple[Claim, ...]
    code: Code | None = None

    @property
    def is_code(self) -> bool:
        """Whether all that there is to differentiate is code."""
        return self.code is not None and self.loss is None and not self.steps

    @property
    def goal(self) -> str:
        """The loss's name. Raises NoLossError where the program has no loss to differentiate."""
        if self.loss is None:
            raise NoLossError
        return self.loss
