"""Every reason why a function cannot be verified is one message: what is wrong, and what to do."""

from typing import Final

import pytest

from gradverify.errors import GradverifyError
from gradverify.oracles.function_errors import (
    ComplexInputError,
    FunctionError,
    FunctionRaisedError,
    LeavesError,
    NoInputError,
    NoOutputError,
    NotFiniteError,
    NotNumbersError,
    NoVjpError,
    OutputChangedError,
    ReturnedError,
    VjpOfTensorsError,
)

MESSAGES: Final[tuple[tuple[GradverifyError, str], ...]] = (
    (
        NoInputError("x: int"),
        (
            "no input to differentiate by: got x: int\n"
            "Pass floating arrays: numpy arrays with vjp=, torch tensors or jax arrays. Where some "
            "torch tensors require a gradient, those are taken, else every floating one."
        ),
    ),
    (
        NoOutputError("f", "None"),
        (
            "f returned None: nothing of a floating dtype, so there is no gradient\n"
            "Return floating arrays, or a tuple, list or mapping that holds some."
        ),
    ),
    (
        ComplexInputError("x", "complex64"),
        (
            "x is complex64: complex gradients are not supported\n"
            "Verify a function of the real and the imaginary part."
        ),
    ),
    (
        NoVjpError("f"),
        (
            "f takes numpy arrays and nobody claims its gradient\n"
            "Pass vjp=backward, where backward(ct, out, *inputs) returns a gradient an input; or "
            "torch tensors or jax arrays, whose own gradient is then verified."
        ),
    ),
    (
        VjpOfTensorsError("torch"),
        (
            "vjp= goes with numpy arrays, and the inputs are torch's\n"
            "Pass numpy arrays, or put both passes into a torch.autograd.Function."
        ),
    ),
    (
        VjpOfTensorsError("jax"),
        (
            "vjp= goes with numpy arrays, and the inputs are jax's\n"
            "Pass numpy arrays, or put both passes into a jax.custom_vjp."
        ),
    ),
    (
        FunctionRaisedError("f", "KeyError: 'x' (a.py:3)"),
        (
            "f raised at these inputs: KeyError: 'x' (a.py:3)\n"
            "The forward pass must run before its gradient can be verified."
        ),
    ),
    (
        OutputChangedError("f", "((3,),)", "((2,),)"),
        (
            "f returned ((2,),) after ((3,),), for inputs of the same shapes\n"
            "What is differentiated must return the same shapes each time."
        ),
    ),
    (
        NotFiniteError("f", "1 of 3 entries"),
        (
            "f has no finite value here: 1 of 3 entries\n"
            "There is no derivative where the value is NaN or infinite; pass inputs inside the "
            "function's domain."
        ),
    ),
    (
        NotNumbersError("list", "<U4"),
        "the backward pass returned a list of <U4 as a gradient",
    ),
    (ReturnedError("a list of 3", 1), "the backward pass returned a list of 3 for 1 input"),
    (ReturnedError("a list of 3", 2), "the backward pass returned a list of 3 for 2 inputs"),
    (
        LeavesError(("x", "w"), ()),
        "it has no leaf for each of x, w: its own are none",
    ),
)
OF_BACKWARD_PASSES: Final = (NotNumbersError, ReturnedError)


@pytest.mark.parametrize(("error", "text"), MESSAGES)
def test_the_message_is_whole(error: GradverifyError, text: str) -> None:
    assert str(error) == text


@pytest.mark.parametrize("error", [error for error, _ in MESSAGES])
def test_what_a_caller_did_is_a_value_error_and_what_a_backward_pass_did_is_not(
    error: GradverifyError,
) -> None:
    assert isinstance(error, FunctionError) is not isinstance(error, OF_BACKWARD_PASSES)
    assert isinstance(error, ValueError) is isinstance(error, FunctionError)
