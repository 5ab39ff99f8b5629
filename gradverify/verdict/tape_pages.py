"""The pages of the findings of an eager tape: what `.grad` does not show."""

from typing import Final

from gradverify.verdict.pages import Page
from gradverify.verdict.verdict import Severity

_ERROR, _WARNING = Severity.ERROR, Severity.WARNING

TAPE: Final = (
    Page(
        "non-leaf-grad-none", "tape", _WARNING,
        "A non-leaf's `.grad` is None although a gradient passed through it.",
        "The tensor was made by a step, a backward pass went through it, and nobody had asked to "
        "retain its gradient.",
        "y = x + 2; z = mean(3 * y * y); z.backward(); y.grad is None, the gradient is 4.5",
        "Call its `.retain_grad()` before backward, hook it, or ask `autograd.grad` for it.",
    ),
    Page(
        "retain-graph-is-not-retain-grad", "tape", _WARNING,
        "`retain_graph=True` keeps what the backward pass needs, not the gradients it passes.",
        "backward was called with retain_graph=True, the graph was not used again, and the "
        "`.grad` of a non-leaf is None.",
        "l.backward(retain_graph=True); ys.grad is None",
        "Call its `.retain_grad()` before backward, and drop `retain_graph=True`.",
    ),
    Page(
        "grad-accumulated", "tape", _ERROR,
        "`.grad` is the sum over several backward passes.",
        "It was not zeroed between them. In a training loop that updates by such a sum it is an "
        "error; where the sum is what a script says one reads, it is a warning.",
        "out.backward(); x.sum().backward(); x.grad is 4.5 + 1",
        "Zero the gradient before each backward pass: `optimizer.zero_grad()`, `x.grad.zero_()`; "
        "on a tape, `zero: x`.",
    ),
    Page(
        "backward-needs-scalar", "tape", _ERROR,
        "backward was called on a tensor of several entries without weights.",
        "`grad can be implicitly created only for scalar outputs`",
        "y = x * x with x of shape (1, 2); y.backward()",
        "Reduce it, `y.sum().backward()`, or weigh its entries, `y.backward(v)`.",
    ),
    Page(
        "cotangent-shape", "tape", _ERROR,
        "The weights given to backward do not have the shape of what is differentiated.",
        "The shapes differ; old versions of torch took any of the right size.",
        "out.backward(torch.ones(1)) where out has shape ()",
        "Make the weights with the shape of the output: `torch.ones_like(out)`.",
    ),
    Page(
        "cotangent-uninitialised", "tape", _ERROR,
        "The weights given to backward are memory that nobody has written to.",
        "A constructor was given a size where a value was meant; every gradient is the true one "
        "times the same number, whatever it was.",
        "out.backward(torch.FloatTensor(1)): one entry, not the number one",
        "Write `torch.tensor(1.)`, or `torch.ones_like(out)`.",
    ),
    Page(
        "graph-freed", "tape", _ERROR,
        "A backward pass needs values that an earlier one has freed.",
        "`Trying to backward through the graph a second time`",
        "y = x * x; y.backward(); y.backward()",
        "Pass `retain_graph=True` to the first, or run the forward pass again; on a tape, "
        "`{backward: y, retain_graph: true}`.",
    ),
    Page(
        "integer-requires-grad", "tape", _ERROR,
        "A tensor of whole numbers is asked to require a gradient.",
        "`only Tensors of floating point dtype can require gradients`; before 0.4.1 torch let it.",
        "torch.tensor([1, 2], requires_grad=True)",
        "Make it floating: `torch.tensor([1., 2.])`.",
    ),
    Page(
        "path-detached", "tape", _WARNING,
        "The loss depends on a tensor, and the tape does not know it.",
        "The way from one to the other goes through `detach`, `no_grad` or a tensor that does not "
        "require a gradient.",
        "y = x.detach() ** 2; y.backward() raises; x.grad is None",
        "Remove the detach, or set `requires_grad` before the forward pass, if the gradient is "
        "wanted.",
    ),
    Page(
        "value-changed-behind-tape", "tape", _ERROR,
        "A value that backward reads was changed without the tape noticing.",
        "It was written to through `.data`; the gradient read is not that of the function that "
        "was computed. Where the number is right all the same, it is a warning.",
        "y = x * x at 1; x.data *= 100; y.backward(); x.grad is 200, the gradient is 2",
        "Change values under `torch.no_grad()`, which the tape notices, and after backward.",
    ),
    Page(
        "saved-value-modified", "tape", _ERROR,
        "A value that backward needs was changed in place, and the tape noticed.",
        "`one of the variables needed for gradient computation has been modified by an inplace "
        "operation`",
        "y = x * x; with no_grad: x *= 100; y.backward()",
        "Change it after backward, or change a copy.",
    ),
    Page(
        "input-unused", "tape", _WARNING,
        "The loss does not depend on a tensor that requires a gradient.",
        "No step leads from it to the loss; its `.grad` is None, not zero.",
        "a layer that the forward pass forgot",
        "Use it, or take it out; `autograd.grad(..., allow_unused=True)` lets it be None.",
    ),
)  # fmt: skip
