"""Why a function cannot be verified: one message each, with what to do."""

from collections.abc import Collection
from typing import final

from gradverify.errors import GradverifyError


class FunctionError(GradverifyError, ValueError):
    """A function, or its inputs, cannot be verified."""


@final
class NoInputError(FunctionError):
    """No input is of a floating dtype and requires a gradient."""

    def __init__(self, found: str) -> None:
        super().__init__(
            f"no input to differentiate by: got {found}\n"
            "Pass floating arrays: numpy arrays with vjp=, torch tensors or jax arrays. Where some "
            "torch tensors require a gradient, those are taken, else every floating one."
        )


@final
class NoOutputError(FunctionError):
    """The function returns nothing that could have a gradient."""

    def __init__(self, name: str, found: str) -> None:
        super().__init__(
            f"{name} returned {found}: nothing of a floating dtype, so there is no gradient\n"
            "Return floating arrays, or a tuple, list or mapping that holds some."
        )


@final
class ComplexInputError(FunctionError):
    """Complex numbers are not supported."""

    def __init__(self, name: str, dtype: str) -> None:
        super().__init__(
            f"{name} is {dtype}: complex gradients are not supported\n"
            "Verify a function of the real and the imaginary part."
        )


@final
class NoVjpError(FunctionError):
    """A function of numpy arrays came without a backward pass."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"{name} takes numpy arrays and nobody claims its gradient\n"
            "Pass vjp=backward, where backward(ct, out, *inputs) returns a gradient an input; or "
            "torch tensors or jax arrays, whose own gradient is then verified."
        )


@final
class VjpOfTensorsError(FunctionError):
    """A hand-written backward pass came with inputs of a framework."""

    def __init__(self, framework: str) -> None:
        custom = "torch.autograd.Function" if framework == "torch" else "jax.custom_vjp"
        super().__init__(
            f"vjp= goes with numpy arrays, and the inputs are {framework}'s\n"
            f"Pass numpy arrays, or put both passes into a {custom}."
        )


@final
class FunctionRaisedError(FunctionError):
    """The forward pass raised at the inputs that were given."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(
            f"{name} raised at these inputs: {reason}\n"
            "The forward pass must run before its gradient can be verified."
        )


@final
class OutputChangedError(FunctionError):
    """Two calls of a function returned arrays of different shapes, or different nests."""

    def __init__(self, name: str, before: str, now: str) -> None:
        super().__init__(
            f"{name} returned {now} after {before}, for inputs of the same shapes\n"
            "What is differentiated must return the same shapes each time."
        )


@final
class NotFiniteError(FunctionError):
    """The function's values are not finite at the inputs."""

    def __init__(self, name: str, what: str) -> None:
        super().__init__(
            f"{name} has no finite value here: {what}\n"
            "There is no derivative where the value is NaN or infinite; pass inputs inside the "
            "function's domain."
        )


@final
class NotNumbersError(GradverifyError):
    """A backward pass returned something else than real numbers."""

    def __init__(self, kind: str, dtype: str) -> None:
        super().__init__(f"the backward pass returned a {kind} of {dtype} as a gradient")


@final
class ReturnedError(GradverifyError):
    """A backward pass returned what cannot be read as one gradient an input."""

    def __init__(self, found: str, wanted: int) -> None:
        inputs = "1 input" if wanted == 1 else f"{wanted} inputs"
        super().__init__(f"the backward pass returned {found} for {inputs}")


@final
class LeavesError(FunctionError):
    """A reference does not have the leaves of the function that it is for."""

    def __init__(self, wanted: Collection[str], found: Collection[str]) -> None:
        has = ", ".join(found) or "none"
        super().__init__(f"it has no leaf for each of {', '.join(wanted)}: its own are {has}")
