"""What can be wrong with an input, a maker, a loss, a cotangent or a claim."""

from collections.abc import Collection, Sequence
from typing import final

from gradverify.arrays import Dtype, Shape
from gradverify.errors import Mark, SpecError, did_you_mean
from gradverify.program.errors import Place


@final
class MakerArgumentsError(SpecError):
    """A maker with arguments that it does not take."""

    def __init__(self, place: Place, name: str, signature: str, sentence: str) -> None:
        hint = f"{sentence} It is called `{signature}`."
        message = f"`{name}` does not take these arguments"
        super().__init__(place.mark, message, word=place.word, hint=hint)


@final
class RandomMakerError(SpecError):
    """A random array in the middle of a program."""

    def __init__(self, place: Place, name: str) -> None:
        message = f"`{name}` draws at random, and a statement gives the same at every run"
        hint = f"Make it an input: `inputs: {{r: {name}(...)}}`."
        super().__init__(place.mark, message, word=place.word, hint=hint)


@final
class InputAssignedError(SpecError):
    """A statement gives the name of an input, or some of its entries, another value."""

    def __init__(self, place: Place, name: str, other: str, *, entry: bool) -> None:
        if entry:
            message = f"`{name}` is an input, and its entries stay as they are"
            hint = f"Copy it first, `{other} = {name} * 1`, and assign to `{other}[...]`."
        else:
            message = f"`{name}` is an input: give the result another name, such as `{other}`"
            hint = f"With two values of one name it is unclear what the gradient by `{name}` is."
        super().__init__(place.mark, message, word=place.word, hint=hint)


@final
class InputNotMadeError(SpecError):
    """An input in terms of something that is neither a number nor a maker."""

    def __init__(self, place: Place, name: str, word: str) -> None:
        message = f"input `{name}` is made of numbers and makers, and `{word}` is neither"
        hint = (
            f"Write `{name}: [1.0, 2.0]` or `{name}: 3 * randn(2)`; "
            "what depends on other names is a statement of `ops`."
        )
        super().__init__(place.mark, message, word=place.word, hint=hint)


@final
class NonFiniteInputError(SpecError):
    """NaN or infinity in an input."""

    def __init__(self, place: Place, name: str, value: float) -> None:
        message = f"input `{name}` holds {value}"
        hint = "A derivative there is not defined; give a finite number."
        super().__init__(place.mark, message, word=place.word, hint=hint)


@final
class IntegerRequiresGradError(SpecError):
    """A gradient wanted by whole numbers."""

    def __init__(self, mark: Mark, name: str, dtype: Dtype) -> None:
        message = f"input `{name}` is {dtype}, and only floating-point inputs have gradients"
        hint = "Give it a floating dtype, or leave `requires_grad` out."
        super().__init__(mark, message, hint=hint)


@final
class LossNotScalarError(SpecError):
    """A loss of several entries and nothing that weighs them."""

    def __init__(self, place: Place, shape: Shape) -> None:
        message = f"the loss has shape {shape}, and a gradient is that of one number"
        hint = (
            f"Weigh its entries with a `cotangent:` of shape {shape}, as `backward(v)` does, "
            "or reduce it with `sum` or `mean`."
        )
        super().__init__(place.mark, message, word=place.word, hint=hint)


@final
class LossNotFloatingError(SpecError):
    """A loss of whole numbers, or of true and false."""

    def __init__(self, place: Place, dtype: Dtype) -> None:
        message = f"the loss is {dtype}, and only floating-point values have gradients"
        hint = "Convert what it is made of: `x.astype('float64')`."
        super().__init__(place.mark, message, word=place.word, hint=hint)


@final
class LossDependsOnNothingError(SpecError):
    """A loss that no input can move."""

    def __init__(self, place: Place, inputs: Sequence[str]) -> None:
        message = "the loss depends on no input that requires a gradient"
        names = ", ".join(f"`{name}`" for name in inputs)
        wanted = f"Gradients are wanted by {names}. " if inputs else "No input requires one. "
        hint = f"{wanted}`detach`, `no_grad`, comparisons and whole numbers pass none on."
        super().__init__(place.mark, message, word=place.word, hint=hint)


@final
class CotangentShapeError(SpecError):
    """A cotangent that is not of the loss's shape."""

    def __init__(self, mark: Mark, shape: Shape, loss: Shape) -> None:
        message = f"the cotangent has shape {shape}, and the loss has {loss}"
        hint = "It holds one weight for each entry of the loss."
        super().__init__(mark, message, hint=hint)


@final
class CotangentWithoutLossError(SpecError):
    """A cotangent that weighs nothing."""

    def __init__(self, mark: Mark) -> None:
        super().__init__(mark, "a cotangent without a loss", hint="Say what it weighs: `loss: y`.")


@final
class CotangentNotConstantError(SpecError):
    """A cotangent in values of the program."""

    def __init__(self, mark: Mark, name: str) -> None:
        message = f"the cotangent depends on `{name}`"
        hint = "It is made of numbers and makers; put what depends on values into the loss."
        super().__init__(mark, message, word=name, hint=hint)


@final
class CotangentRandomError(SpecError):
    """A cotangent that is drawn at random."""

    def __init__(self, mark: Mark, name: str) -> None:
        message = f"`{name}` draws at random, and a cotangent is the same at every run"
        hint = "Write its numbers out, or weigh the loss itself by an input: `loss: sum(v * y)`."
        super().__init__(mark, message, word=name, hint=hint)


@final
class CotangentNotFiniteError(SpecError):
    """NaN or infinity in a cotangent."""

    def __init__(self, mark: Mark) -> None:
        hint = "Every gradient is multiplied by it; give finite weights."
        super().__init__(mark, "the cotangent is not finite", hint=hint)


@final
class ClaimWithoutLossError(SpecError):
    """A claim about a derivative in a spec that has no loss."""

    def __init__(self, mark: Mark, kind: str) -> None:
        super().__init__(mark, f"`{kind}` without a loss", hint="Say of what: `loss: mean(y)`.")


@final
class ClaimOfUnknownError(SpecError):
    """A claim about a variable that the program does not have."""

    def __init__(self, mark: Mark, name: str, known: Collection[str]) -> None:
        hint = did_you_mean(name, known) or f"It has {', '.join(known)}."
        super().__init__(mark, f"the program has no variable `{name}`", word=name, hint=hint)


@final
class ClaimNotDifferentiableError(SpecError):
    """A claim about the derivative by something that is not floating."""

    def __init__(self, mark: Mark, name: str, dtype: Dtype) -> None:
        message = f"`{name}` is {dtype}: there is no derivative by it"
        hint = "Claim its value, or give the input a floating dtype."
        super().__init__(mark, message, word=name, hint=hint)


@final
class ClaimNotOfInputError(SpecError):
    """A claim about second derivatives by something that is not an input."""

    def __init__(self, mark: Mark, name: str, inputs: Collection[str]) -> None:
        message = f"`{name}` is not an input: second derivatives are taken by inputs alone"
        hint = f"The inputs are {', '.join(inputs)}."
        super().__init__(mark, message, word=name, hint=hint)


@final
class ClaimTwiceError(SpecError):
    """Two claims of one party about one value, under two names, that are not the same."""

    def __init__(self, mark: Mark, name: str, other: str) -> None:
        message = f"`{name}` and `{other}` are two names of one value, claimed in two ways"
        super().__init__(mark, message, word=name, hint="Keep one of the two claims.")


@final
class ClaimShapeError(SpecError):
    """A claim that is not of the shape of what it is about."""

    def __init__(self, mark: Mark, what: str, claimed: Shape, expected: Shape) -> None:
        message = f"{what} is claimed with shape {claimed}, and has {expected}"
        nested = f"Write nested lists of shape {expected}, or an expression that broadcasts to it."
        hint = nested if expected else "Write one number."
        super().__init__(mark, message, hint=hint)
