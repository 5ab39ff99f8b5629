"""The pages of findings about what a backward pass does besides returning a number."""

from typing import Final

from gradverify.verdict.pages import Page
from gradverify.verdict.verdict import Severity

_ERROR: Final = Severity.ERROR

CONDUCT: Final = (
    Page(
        "not-deterministic", "conduct", _ERROR,
        "The same call twice gives two different answers.",
        "A fresh forward and backward pass at the same inputs with the same cotangent is repeated; "
        "where the generators of random numbers are the cause, seeding them makes it stop.",
        "noise that is drawn in the backward pass again, not kept from the forward pass",
        "Keep what was drawn for the backward pass; initialise every buffer before adding to it.",
    ),
    Page(
        "remembers-last-call", "conduct", _ERROR,
        "What a call returns depends on the calls before it.",
        "The first call is right and a later one at the same inputs is not, or a call at other "
        "inputs returns the gradient of earlier ones.",
        "a buffer of the class that gradients are added to and that nobody sets to zero",
        "Keep what the backward pass needs with its call, in ctx or in the residuals, not in the "
        "module, the class or a global.",
    ),
    Page(
        "cotangent-misused", "conduct", _ERROR,
        "The gradient is not linear in the cotangent.",
        "It is right for one cotangent and wrong for another, does not change with it, or is not "
        "zero for a cotangent of zeros.",
        "return 2 * x, where it should be ct * 2 * x: right for sum(y) alone",
        "Every term of a vjp has the cotangent as a factor, exactly once.",
    ),
    Page(
        "cotangent-modified", "conduct", _ERROR,
        "The backward pass writes into the cotangent that it is given.",
        "The cotangent is compared with what it was before the call.",
        "ct *= mask, or grad_output.mul_(mask)",
        "Write ct = ct * mask: the caller may use the same array for another gradient.",
    ),
    Page(
        "input-modified", "conduct", _ERROR,
        "A pass writes into the inputs that it is given.",
        "The inputs are compared with what they were before the call.",
        "x -= x.max(), for a softmax that does not overflow",
        "Write x = x - x.max(): other gradients are taken at these values.",
    ),
    Page(
        "layout-dependent", "conduct", _ERROR,
        "The gradient depends on how an array lies in memory.",
        "The same numbers transposed, with gaps, or expanded with strides of 0 give another "
        "gradient, or an exception in the backward pass.",
        "a kernel that reads data_ptr() of an expanded cotangent, as sum().backward() makes it",
        "Call contiguous() on what the backward pass reads by address, or honour the strides.",
    ),
    Page(
        "batched-differs", "conduct", _ERROR,
        "Several cotangents at once give other gradients than one at a time.",
        "The backward pass is vectorised over a batch of cotangents, and compared row by row.",
        "a sum over all axes, the batch among them, inside of a backward pass",
        "Name axes from the end, and reduce over those of one cotangent alone.",
    ),
    Page(
        "forward-mode-differs", "conduct", _ERROR,
        "Forward mode gives another derivative than the function has.",
        "The tangent of the outputs is held against differences of the outputs along it.",
        "a jvp in which a factor of the vjp was forgotten",
        "⟨u, jvp(v)⟩ and ⟨vjp(u), v⟩ are the same number for all u and v.",
    ),
    Page(
        "second-order-differs", "conduct", _ERROR,
        "The gradient is right and its own derivative is not.",
        "The derivative of the gradient along a line is held against second differences of the "
        "function along it, and against the slope for another cotangent.",
        "x.detach(), .data or no_grad in a backward pass: gradient penalties and Hessians then "
        "lose that term without a word",
        "Build the backward pass of differentiable operations on saved tensors; where that cannot "
        "be, mark it once_differentiable, so that asking for more raises.",
    ),
)  # fmt: skip
