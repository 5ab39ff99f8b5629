"""The page of every finding: what it means, how it is recognised, an example, how to mend it."""

from dataclasses import dataclass
from typing import Final, final

from gradverify.verdict.verdict import Severity


@final
@dataclass(frozen=True, slots=True)
class Page:
    """What `gradverify explain CODE` says."""

    code: str
    family: str
    severity: Severity
    meaning: str
    recognised: str
    example: str
    advice: str


_ERROR, _NOTE = Severity.ERROR, Severity.NOTE

VALUE: Final = (
    Page(
        "off-by-factor", "value", _ERROR,
        "The claimed gradient is the true one times a constant.",
        "One factor fits every entry to rounding: 2, 3, 4, the length of an axis, the size "
        "of an array of the program, or one over that.",
        "loss: sum(a * a), derived as the gradient of 1/2 * sum(a * a)",
        "Look for a 1/2 or a 2 on one side only, and for a sum against a mean.",
    ),
    Page(
        "sign-flipped", "value", _ERROR,
        "The claimed gradient is minus the true one.",
        "Minus the claim agrees with the truth to rounding.",
        "loss: sum((t - y) ** 2), derived as 2 * (t - y) by y",
        "Look at the inner derivative of a difference.",
    ),
    Page(
        "transposed", "value", _ERROR,
        "The claimed gradient is the transpose of the true one.",
        "The transpose, or its entries in that order, agrees to rounding.",
        "loss: sum((x @ w) ** 2), derived as ct.T @ x for w",
        "For out = x @ w the gradients are x.T @ ct by w and ct @ w.T by x.",
    ),
    Page(
        "inputs-swapped", "value", _ERROR,
        "The claimed gradient belongs to another variable.",
        "It agrees to rounding with the true gradient by that variable.",
        "grads: {a: grad_b, b: grad_a}",
        "Return the gradients in the order of the inputs.",
    ),
    Page(
        "mask-from-wrong-variable", "value", _ERROR,
        "A cotangent is let through where the wrong variable is positive.",
        "The same backward pass with the mask of another variable agrees to rounding.",
        "grad_h = where(grad_h_relu < 0, 0, grad_h_relu)",
        "relu passes its cotangent on where its own input is positive: take the mask from there.",
    ),
    Page(
        "broadcast-not-summed", "value", _ERROR,
        "The gradient of a broadcast operand was not summed over the axes it was broadcast along.",
        "The first slice of the cotangent, or its full broadcast shape, is what was claimed.",
        "y = x + b with b of shape (3,), x of shape (5, 3), and ct, not sum(ct, axis=0), for b",
        "Sum the cotangent over every axis that the operand lacks or has with length 1.",
    ),
    Page(
        "term-missing", "value", _ERROR,
        "One of a variable's ways to the loss, or the derivative of a step on the way, is missing.",
        "The gradient without that share or factor agrees to rounding with the claim.",
        "y = x * x + x, derived as 2 * x",
        "Add up the cotangents of every use, each times the derivative of its step.",
    ),
    Page(
        "entries-wrong", "value", _ERROR,
        "A few entries are wrong, all others right.",
        "At most a tenth of the entries are off; each was measured by a derivative of its own.",
        "an index that is one off at the border of an array",
        "Look at what is special about these entries: borders, padding, repeated indices, ties.",
    ),
    Page(
        "precision-lost", "value", _ERROR,
        "The gradient is right, but only to the precision of a narrower format.",
        "Rounding the truth to that format explains all of the error.",
        "a constant or a buffer of float32 inside a float64 backward pass",
        "Find the cast; create buffers in the dtype of the input.",
    ),
    Page(
        "gradient-missing", "value", _ERROR,
        "Zero is claimed where the gradient is not zero.",
        "Every claimed entry is 0 and the derivative along a line is not.",
        "a detached path, or an operation without a gradient such as rounding",
        "Find where the path from the variable to the loss is cut.",
    ),
    Page(
        "not-finite", "value", _ERROR,
        "The claimed gradient has NaN or infinite entries where the derivative is finite; a loop "
        "comes to a loss, or a parameter to a gradient, that is not finite.",
        "The forward pass is finite on both sides of the point and so is its slope; of a loop, the "
        "last finite loss is told.",
        "where(x > 0, log(x), 0) at 0: the branch not taken has an infinite slope, 0 * inf is NaN",
        "Make the argument safe before the operation, not its result after it.",
    ),
    Page(
        "mismatch", "value", _ERROR,
        "The claimed gradient is wrong, and no cause is certain.",
        "It is further off than rounding and the error bars allow, and nothing explains it.",
        "a printed number from another run",
        "Start at the named entry; of a spec, `run -v` prints every tolerance with its reason.",
    ),
)  # fmt: skip

FORWARD: Final = (
    Page(
        "values-differ", "forward", _ERROR,
        "The forward passes do not compute the same function.",
        "A value differs by more than rounding; its gradients are then not compared.",
        "std with correction 1 in one framework and 0 in another",
        "Compare the definitions of the operation first; the gradient follows.",
    ),
    Page(
        "shape-differs", "forward", _ERROR,
        "A party's array does not have the variable's shape.",
        "The shapes are compared before any number is.",
        "a gradient of shape (5, 3) for a bias of shape (3,)",
        "A gradient has the shape of its variable: sum over broadcast axes, keep axes of length 1. "
        "A function beside `ops` returns what `loss` says, or without one the last statement.",
    ),
    Page(
        "recorded-value-differs", "forward", _ERROR,
        "A value that the document printed is not what the steps give.",
        "It is off by more than half a unit of the last digit printed.",
        "recorded: {values: {y: 2.5}} where y is 2",
        "Check the transcription; else the document's own run differed from its text.",
    ),
)  # fmt: skip

KINK: Final = (
    Page(
        "kink", "kink", _NOTE,
        "The loss has no derivative at some entries: the slopes to both sides differ.",
        "The one-sided differences stay apart as the step shrinks.",
        "relu at 0: slope 0 to the left, 1 to the right",
        "Any value between the slopes is a valid choice; move the input to test the rest.",
    ),
    Page(
        "convention-differs", "kink", _NOTE,
        "At a kink a party chose another value between the slopes than the rules did.",
        "Its value lies between the slopes on both sides.",
        "clamp at its bound: torch gives 1, jax 0.5",
        "Nobody is wrong; do not rely on either value when porting.",
    ),
)  # fmt: skip
