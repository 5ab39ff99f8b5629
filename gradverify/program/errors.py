"""What can be wrong with a statement: the wording of every message, with its advice."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, final

from gradverify.arrays import Dtype, Shape
from gradverify.errors import GradverifyError, Mark, SpecError, did_you_mean

WIDEST: Final = 40
KIBI: Final = 1024
MODULES: Final = frozenset({"torch", "np", "numpy", "jnp", "jax", "F", "nn", "tf", "mx"})

ADVICE: Final[Mapping[str, str]] = MappingProxyType(
    {
        "`//`": "Floor division has no derivative; divide with `/`.",
        "`%`": "The remainder is not among the ops.",
        "`&`": "Masks are combined by name: `logical_and(x > 0, x < 1)`.",
        "`|`": "Masks are combined by name: `logical_or(x < 0, x > 1)`.",
        "`and`": "Masks are combined by name: `logical_and(x > 0, x < 1)`.",
        "`or`": "Masks are combined by name: `logical_or(x < 0, x > 1)`.",
        "`~`": "A mask is turned round by name: `logical_not(x > 0)`.",
        "`not`": "A mask is turned round by name: `logical_not(x > 0)`.",
        "a conditional": "Write `where(condition, a, b)`.",
        "a chained comparison": "Compare twice: `logical_and(0 < x, x < 1)`.",
        "an attribute": "There are `.T`, `.mT`, `.shape[i]` and methods, which take parentheses.",
        "a complex number": "Numbers are real.",
        "text": "Text stands only where an op asks for a word: `reduction='sum'`.",
        "an assignment to several names": "Write one statement for each.",
        "an assignment to this": "Assign to a name or to its index: `y[0, 1] = ...`.",
        "an expression without a name": "Give its value a name: `y = ...`.",
        "a second statement": "Write one statement an entry.",
    }
)


@final
@dataclass(frozen=True, slots=True)
class Place:
    """A place in a file and the words there that a caret underlines."""

    mark: Mark
    word: str = ""


@final
class PoisonedError(GradverifyError):
    """A statement reads a name whose own statement is at fault; that fault is enough."""


@final
class NotReadableError(SpecError):
    """A statement is not of Python's syntax."""

    def __init__(self, place: Place, reason: str) -> None:
        hint = "Statements have Python's syntax: `y = relu(x @ w)`."
        super().__init__(place.mark, f"cannot be read: {reason}", word=place.word, hint=hint)


@final
class NotInLanguageError(SpecError):
    """A statement uses a construct that Python has and a spec has not."""

    def __init__(self, place: Place, construct: str) -> None:
        hint = ADVICE.get(construct, "Statements are made of names, numbers, operators and ops.")
        message = f"{construct} is not part of a spec's language"
        super().__init__(place.mark, message, word=place.word, hint=hint)


@final
class TooLongError(SpecError):
    """A statement is longer than any that a person writes."""

    def __init__(self, place: Place, length: int, limit: int) -> None:
        message = f"a statement of {length} characters; at most {limit} are read"
        super().__init__(place.mark, message, hint="Split it into several statements.")


@final
class TooDeepError(SpecError):
    """A statement nests deeper than any that a person writes."""

    def __init__(self, place: Place, limit: int) -> None:
        message = f"an expression nested more than {limit} deep"
        super().__init__(place.mark, message, hint="Split it into several statements.")


@final
class NumberTooLargeError(SpecError):
    """A whole number that no array can hold."""

    def __init__(self, place: Place) -> None:
        message = "a whole number that does not fit 64 bits"
        hint = "Write it with a point or an exponent: `1e20`."
        super().__init__(place.mark, message, word=place.word, hint=hint)


@final
class NumberUndefinedError(SpecError):
    """Arithmetic on written numbers that has no real result."""

    def __init__(self, place: Place, op: str) -> None:
        message = f"`{op}` of these numbers is no real number"
        super().__init__(place.mark, message, word=place.word, hint="Write the number itself.")


@final
class NumberDoesNotFitError(SpecError):
    """A written number outside of what its dtype, or the one beside it, can hold."""

    def __init__(
        self, place: Place, value: float, dtype: Dtype, limits: tuple[float, float]
    ) -> None:
        message = f"{value} does not fit {dtype}"
        what = "numbers" if dtype.kind == "f" else "whole numbers"
        hint = f"It holds {what} from {limits[0]} to {limits[1]}."
        super().__init__(place.mark, message, word=place.word, hint=hint)


@final
class UndefinedNameError(SpecError):
    """A name that no input and no statement before has made."""

    def __init__(self, place: Place, name: str, known: Collection[str]) -> None:
        module = "Ops stand without a module: `mm(x, w)`, `x.mm(w)`." if name in MODULES else ""
        names = f"Defined here: {', '.join(known)}." if known else "Nothing is defined here."
        grad = "`.grad` can be read under `set` and `update` of a tape." if "." in name else ""
        hint = module or grad or did_you_mean(name, known) or names
        super().__init__(place.mark, f"`{name}` is not defined", word=place.word, hint=hint)
        self.name = name


@final
class WrongAttributeError(SpecError):
    """An attribute whose value is not of the kind that an op takes."""

    def __init__(self, place: Place, name: str, expected: str) -> None:
        message = f"`{name}` is to be {expected}"
        hint = "It is a setting of the op, known before anything runs, not a value of the program."
        super().__init__(place.mark, message, word=place.word, hint=hint)


@final
class ShapesDoNotFitError(SpecError):
    """Operands whose shapes an op does not take."""

    def __init__(
        self, place: Place, op: str, operands: Sequence[tuple[str, Shape]], reason: str
    ) -> None:
        shapes = ", ".join(f"{_short(text)} is {shape}" for text, shape in operands)
        super().__init__(
            place.mark, f"shapes do not fit `{op}`: {shapes}", word=place.word, hint=reason
        )


def sentence(text: str) -> str:
    """Return a clause with a capital and a full stop."""
    return f"{text[:1].upper()}{text[1:].rstrip('.')}."


def _short(text: str) -> str:
    return text if len(text) <= WIDEST else f"{text[: WIDEST - 3]}..."


@final
class IntegerOperandsError(SpecError):
    """An op with a derivative, of whole numbers only."""

    def __init__(self, place: Place, op: str, dtype: Dtype) -> None:
        message = f"`{op}` of {dtype} operands alone"
        hint = "Frameworks differ in what that gives. Convert first: `x.astype('float64')`."
        super().__init__(place.mark, message, word=place.word, hint=hint)


@final
class DtypeNotTakenError(SpecError):
    """An operand that must be of another kind of dtype: a mask, an index."""

    def __init__(self, place: Place, role: str, dtype: Dtype, wanted: str) -> None:
        message = f"{role} is {dtype}, and is to be {wanted}"
        hint = {"bool": "Compare it: `x != 0`."}.get(
            wanted, ("Give an input `dtype: int64`; write `arange(3, dtype='int64')`.")
        )
        super().__init__(place.mark, message, word=place.word, hint=hint)


@final
class IndexOutOfBoundsError(SpecError):
    """A written index beyond the end of its axis."""

    def __init__(self, place: Place, index: int, axis: int, length: int) -> None:
        message = f"index {index} is out of bounds for axis {axis}, which has length {length}"
        allowed = f"It may be {-length} to {length - 1}." if length else "The axis is empty."
        super().__init__(place.mark, message, word=place.word, hint=allowed)


@final
class IndexTooLongError(SpecError):
    """More indices than axes."""

    def __init__(self, place: Place, count: int, shape: Shape) -> None:
        message = f"{count} indices for an array of shape {shape}"
        hint = f"It has {len(shape)} axes." if shape else "A scalar has nothing to index."
        super().__init__(place.mark, message, word=place.word, hint=hint)


@final
class IndexNotTakenError(SpecError):
    """Something in an index that is none."""

    def __init__(self, place: Place, fault: str) -> None:
        hint = (
            "An index is made of whole numbers, slices, `None`, `...` and int64 arrays, "
            "such as `arange(3, dtype='int64')`."
        )
        super().__init__(place.mark, fault, word=place.word, hint=hint)


@final
class MaskIndexError(SpecError):
    """Indexing with a mask: the shape of the result would depend on the data."""

    def __init__(self, place: Place) -> None:
        message = "the shape of an array indexed by a mask depends on the data"
        hint = "Write `where(mask, x, 0)`; `y[mask] = 0` takes a scalar and a mask of y's shape."
        super().__init__(place.mark, message, word=place.word, hint=hint)


@final
class IndexOfNumberError(SpecError):
    """Assigning to an index of what is a plain number, or nothing."""

    def __init__(self, place: Place, name: str) -> None:
        hint = f"Make it an array first: `{name} = zeros(3)`."
        message = f"`{name}` is a number and has no entries"
        super().__init__(place.mark, message, word=place.word, hint=hint)


@final
class AssignmentLosesDigitsError(SpecError):
    """Assigning floating-point values into an array of whole numbers."""

    def __init__(self, place: Place, name: str, into: Dtype, value: Dtype) -> None:
        message = f"`{name}` is {into} and cannot take {value} values"
        hint = f"Convert it first: `{name} = {name}.astype('{value}')`."
        super().__init__(place.mark, message, word=place.word, hint=hint)


@final
class TooManyAxesError(SpecError):
    """An array of more axes than every framework takes."""

    def __init__(self, place: Place, shape: Shape, limit: int) -> None:
        message = f"an array of {len(shape)} axes; at most {limit} are taken"
        super().__init__(place.mark, message, word=place.word, hint="Flatten some: `reshape`.")


@final
class TooLargeError(SpecError):
    """A value with which the program would take more memory than it may."""

    def __init__(self, place: Place, shape: Shape, taken: tuple[int, int], limit: int) -> None:
        own, total = taken
        size, sum_ = size_text(own), size_text(total)
        together = "" if size == sum_ else f"; with it the program takes {sum_}"
        message = (
            f"an array of shape {shape} takes {size}{together}, and {size_text(limit)} are allowed"
        )
        hint = "Make it smaller, or raise the limit: `gradverify run --max-memory`."
        super().__init__(place.mark, message, word=place.word, hint=hint)


def size_text(count: int) -> str:
    """Return a number of bytes as a person says it: `7.3 TiB`."""
    size = float(count)
    for unit in ("bytes", "KiB", "MiB", "GiB", "TiB", "PiB"):
        if size < KIBI:
            return f"{size:.0f} {unit}" if unit == "bytes" else f"{size:.1f} {unit}"
        size /= KIBI
    return f"{size:.1e} EiB"
