"""What a tape does not show is told in so many words, with the numbers."""

from typing import Final

import pytest

from gradverify.verdict.verdict import Finding, Severity
from tests.support import result_of

MEAN: Final = """
inputs: {x: "ones(2, 2)", w: {value: [[1., 2.], [3., 4.]], requires_grad: false}, u: 3.}
ops: [y = x + 2, z = 3 * y * y, out = z.mean()]
loss: out
tape:
"""
SQUARE: Final = "inputs: {x: 1.}\nops: [y = x * x]\nloss: y\ntape:\n"
LINE: Final = "inputs: {x: 1.}\nops: [y = 2 * x]\nloss: y\ntape:\n"


def told(body: str, code: str) -> Finding:
    (found,) = [f for f in result_of(body).findings if f.code == code]
    return found


@pytest.mark.parametrize(
    ("body", "code", "severity", "message"),
    [
        (
            MEAN + "  - backward: out\n  - grad: {y: null}\n",
            "non-leaf-grad-none",
            "warning",
            ("`y` is no leaf, and its `.grad` is None; the gradient that passed through it is "
             "4.5 in every entry"),
        ),
        (
            MEAN + "  - {backward: out, retain_graph: true}\n  - grad: {y: null}\n",
            "retain-graph-is-not-retain-grad",
            "warning",
            ("backward was told to retain the graph, and `y.grad` is None all the same; the "
             "gradient that passed through it is 4.5 in every entry"),
        ),
        (
            MEAN + "  - backward: out\n  - backward: sum(x)\n  - grad: {x: 5.5}\n",
            "grad-accumulated",
            "warning",
            ("`.grad` is the sum of 2 backward passes, those of tape steps 1, 2: nobody "
             "zeroed it in between"),
        ),
        (
            MEAN + "  - backward: sum(x)\n" * 3 + "  - grad: {x: 3}\n",
            "grad-accumulated",
            "warning",
            "`.grad` is 3 times the gradient: nobody zeroed it in between",
        ),
        (
            MEAN + "  - backward: out\n  - grad: {u: null}\n",
            "input-unused",
            "warning",
            "no step leads from `u` to what was differentiated",
        ),
        (
            MEAN + "  - run: s = sum(x * detach(u))\n  - backward: s\n  - grad: {u: null}\n",
            "path-detached",
            "warning",
            "the loss uses `u`, and every way to it is off the tape",
        ),
        (
            MEAN + "  - backward: sum(x * w)\n  - grad: {w: 1}\n",
            "path-detached",
            "error",
            "`w` does not require a gradient, and `.grad` stays None",
        ),
        (
            SQUARE + "  - set: {x: 100 * x}\n  - backward: y\n  - grad: {x: 200}\n",
            "value-changed-behind-tape",
            "error",
            ("a value that backward reads was changed by `.data`: x.grad is 200, and the "
             "gradient of what was computed is 2"),
        ),
        (
            SQUARE + "  - set: {x: 100 * x}\n  - backward: y\n  - grad: {x: 2}\n",
            "value-changed-behind-tape",
            "error",
            "this is the gradient of what was computed; by `.data` the tape has other values",
        ),
        (
            SQUARE + "  - run: z = y * y\n  - backward: z\n  - grad: {x: 4.1}\n",
            "mismatch",
            "error",
            "stated 4.1, and it is 4",
        ),
        (
            SQUARE + "  - hook: {x: 2 * grad}\n  - backward: y\n  - grad: {x: 2}\n",
            "mismatch",
            "error",
            "this is the gradient as it is without hooks; one put something else in its place",
        ),
        (
            SQUARE + "  - hook: {x: 2 * grad}\n  - backward: y\n  - grad: {x: 8}\n",
            "mismatch",
            "error",
            "stated 8, and it is 4",
        ),
        (
            SQUARE + "  - backward: y\n  - grad: {y: 1}\n",
            "non-leaf-grad-none",
            "error",
            "`y` is no leaf, and its `.grad` is None; the gradient that passed through it is 1",
        ),
        (
            SQUARE + "  - backward: relu(0 - y)\n  - grad: {y: 0}\n",
            "non-leaf-grad-none",
            "error",
            "`y` is no leaf, and its `.grad` is None; the gradient that passed through it is 0",
        ),
        (
            SQUARE + "  - backward: y\n  - zero: x\n  - grad: {x: 2}\n",
            "mismatch",
            "error",
            "`x.grad` was zeroed, and no backward pass has added to it since",
        ),
        (
            LINE + "  - run: z = detach(x * x) * x\n  - backward: z\n  - grad: {x: 3}\n",
            "path-detached",
            "error",
            "this is the gradient with `detach` and `no_grad` left out; they cut it off",
        ),
        (
            SQUARE + "  - backward: y\n  - backward: y\n  - grad: {x: 4}\n",
            "mismatch",
            "error",
            "`x.grad` reads 2: tape step 2 ended with `graph-freed`, and did nothing",
        ),
        (
            MEAN + "  - requires_grad: {w: true}\n",
            "path-detached",
            "error",
            "`w.requires_grad` is False, not True",
        ),
        (
            MEAN + "  - is_leaf: {y: true}\n",
            "mismatch",
            "error",
            "`y.is_leaf` is False, not True: `y = x + 2` made it",
        ),
        (
            MEAN + "  - {backward: out, error: graph-freed}\n",
            "mismatch",
            "error",
            "this is to end with `graph-freed`, and it goes through",
        ),
        (
            MEAN + "  - backward: out\n  - {backward: out, error: backward-needs-scalar}\n",
            "graph-freed",
            "error",
            ("this is to end with `backward-needs-scalar`, and it ends with `graph-freed`: "
             "the graph was freed by an earlier backward pass"),
        ),
    ],
)  # fmt: skip
def test_a_trap_is_told_in_so_many_words(body: str, code: str, severity: str, message: str) -> None:
    found = told(body, code)
    assert (found.severity, found.message) == (Severity(severity), message)


def test_what_nobody_reads_is_no_trap() -> None:
    for body in (
        MEAN + "  - backward: out\n  - grad: {x: 4.5, w: null}\n",
        LINE + "  - backward: y\n  - zero: x\n  - backward: 3 * x\n  - grad: {x: 3}\n",
        MEAN + "  - retain_grad: y\n  - backward: out\n  - grad: {y: 4.5}\n",
    ):
        assert result_of(body).findings == ()


def test_a_change_that_backward_does_not_read_is_harmless() -> None:
    assert not result_of(LINE + "  - set: {x: 100}\n  - backward: y\n  - grad: {x: 2}\n").findings


def test_a_change_that_leaves_the_number_right_is_a_warning() -> None:
    # what multiply saves of x is another array by then, with the same entries to rounding
    body = SQUARE + "  - set: {x: x + 1e-17}\n  - set: {x: x * (1 + 3e-16)}\n  - backward: y\n"
    found = told(body + "  - grad: {x: 2.00}\n", "value-changed-behind-tape")
    assert found.severity is Severity.WARNING


@pytest.mark.parametrize("of", ["y", "z"])
def test_what_a_loop_goes_through_is_neither_unused_nor_detached(of: str) -> None:
    loop = "{times: 3, backward: z, update: {x: x - 0.1 * x.grad}, zero: x, forward: [%s]}"
    forward = "y = x * x, z = 2 * y"
    body = f"{SQUARE}  - repeat: {loop % forward}\n  - grad: {{{of}: null}}\n"
    (found,) = [f for f in result_of(body).findings if f.of == of]
    assert found.code == "non-leaf-grad-none"
    assert found.message == f"`{of}` is no leaf, and its `.grad` is None"


def test_a_gradient_of_zero_that_nobody_keeps_is_no_trap() -> None:
    assert result_of(f"{SQUARE}  - backward: relu(0 - y)\n  - grad: {{y: null}}\n").findings == ()
