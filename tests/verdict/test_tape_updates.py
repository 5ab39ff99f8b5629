"""An update is held to the gradient of the loss, unless a hook or a kink tells it otherwise."""

from typing import Final

from gradverify.verdict.verdict import Status
from tests.support import codes, result_of

FIT: Final = """
inputs: {x: "randn(20, 3)", t: "randn(20, 1)", w: "randn(3, 1)"}
loss: mean((x @ w - t) ** 2)
tape:
%s  - repeat: {times: 4, backward: loss, update: {w: w - 0.05 * w.grad}%s}
"""
ZEROED: Final = ", zero: w"
FRAMEWORKS: Final = ("rules", "torch", "jax", "stated")


def test_a_gradient_left_from_before_a_loop_is_not_the_loops_fault() -> None:
    (found,) = (
        f
        for f in result_of(FIT % ("  - backward: loss\n", ZEROED)).findings
        if f.code == "grad-accumulated"
    )
    assert found.message == (
        "at step 0 of the loop the update of `w` reads the sum of 2 backward passes: nobody zeroed "
        "`w.grad` before the loop"
    )
    assert result_of(FIT % ("", ZEROED)).findings == ()


def test_an_update_may_read_what_a_hook_made_of_the_gradient() -> None:
    hook = "  - hook: {w: 'clip(grad, -0.1, 0.1)'}\n"
    result = result_of(FIT % (hook, ZEROED), oracles=FRAMEWORKS)
    assert (result.status, codes(result)) == ("passed", [])
    assert result_of(FIT % (hook, "")).status == "failed"  # and yet nobody zeroes it


def test_an_update_at_a_kink_may_read_what_the_tape_chooses_there() -> None:
    body = """
inputs: {x: [1., -1.], w: 1., b: 0.}
loss: max((x * w + b) ** 2)
tape:
  - repeat: {times: 2, backward: loss, update: {b: b - 0.1 * b.grad, w: w - 0.1 * w.grad}%s}
"""
    result = result_of(body % ", zero: [w, b]", oracles=FRAMEWORKS)
    assert result.status == "passed"
    assert {v.status for v in result.comparisons} == {Status.AGREE}
    assert ("grad-accumulated", "tape", "w") in codes(result_of(body % ", zero: b"))
