"""A spec becomes a program, or all its faults at once, and never more memory than is allowed."""

import numpy as np
import pytest

from gradverify.errors import SpecErrors
from gradverify.program.program import Program
from tests.program.built import built, ops, told

HEAD = "inputs: {x: 'ones(2, 2)', c: {value: 3., requires_grad: false}}\n"


def faults(body: str, limit: int = 2**30) -> list[str]:
    with pytest.raises(SpecErrors) as caught:
        _ = built(body, limit)
    return [fault.message for fault in caught.value.errors]


def test_a_loss_may_be_an_expression_and_is_named() -> None:
    program = built(HEAD + "loss: mean(x * x)\n")
    assert program.loss == "loss"
    assert program.names["loss"] == "loss"
    assert program.steps[-1].output == "loss"


def test_a_loss_that_is_a_name_is_that_value() -> None:
    program = built(HEAD + "ops: [out = mean(x)]\nloss: out\n")
    assert (program.loss, program.names["loss"]) == ("out", "out")


def test_a_variable_named_loss_stays_the_authors() -> None:
    program = built(HEAD + "ops: [loss = mean(x)]\nloss: 2 * loss\n")
    assert (program.loss, program.names["loss"]) == ("loss#2", "loss")


def test_a_spec_without_a_loss_states_values_only() -> None:
    program = built(HEAD + "ops: [y = x + 1]\n")
    assert program.loss is None
    assert program.cotangent is None


def weights(program: Program) -> np.ndarray:
    assert program.cotangent is not None
    return program.cotangent


def test_a_scalar_loss_weighs_itself() -> None:
    assert weights(built(HEAD + "loss: mean(x)\n")).tolist() == 1.0
    assert weights(built(HEAD + "loss: x[:1, :1]\n")).tolist() == [[1.0]]


def test_a_cotangent_is_written_or_made() -> None:
    assert weights(built(HEAD + "loss: x\ncotangent: [[1, .1], [.01, .001]]\n"))[0, 1] == 0.1
    assert weights(built(HEAD + "loss: x\ncotangent: 2 * eye(2)\n")).tolist() == [[2, 0], [0, 2]]


def test_a_jacobian_needs_no_cotangent() -> None:
    body = HEAD + ops("y = x[0] * 2") + "loss: y\n"
    jacobian = "[[[2, 0], [0, 0]], [[0, 2], [0, 0]]]"
    program = built(body + f"expect: {{jacobian: {{x: {jacobian}}}}}\n")
    assert program.cotangent is None
    assert faults(body) == ["the loss has shape (2,), and a gradient is that of one number"]


@pytest.mark.parametrize(
    "loss",
    [
        "mean(detach(x))",
        "mean(where(x > 0, 1., 0.))",
        "c * c",
        "mean(x.astype('int64').astype('float64'))",
        "ones(1, 1)",
        "mean(detach(x)) + sum(no_grad(x * c))",
    ],
)
def test_a_loss_that_no_input_moves_is_refused(loss: str) -> None:
    assert "depends on no input" in told(HEAD + f"loss: {loss}\n")


@pytest.mark.parametrize(
    "loss", ["mean(x)", "mean(no_grad(x)) + sum(x) * 0", "mean(x.astype('float32'))", "x[:1, :1]"]
)
def test_a_loss_that_an_input_moves_is_taken(loss: str) -> None:
    assert "no fault" in told(HEAD + f"loss: {loss}\n")


def test_all_faults_are_told_at_once_and_none_that_follows_from_another() -> None:
    statements = ops("a = nothing", "b = a + 1", "d = b * 2", "e = x + 1", "e[9] = 1", "h = (x")
    claims = "expect: {values: {b: 1, h: 2, e: 3}, grads: {x: d}}\n"
    found = faults(HEAD + statements + "loss: sum(d)\n" + claims)
    assert len(found) == 3
    assert found[0] == "`nothing` is not defined"
    assert found[1].startswith("index 9")
    assert found[2].startswith("cannot be read")


def test_a_fault_after_another_is_still_told() -> None:
    assert len(faults(HEAD + "ops: [a = nothing, b = nobody]\n")) == 2


def test_memory_is_bounded_by_the_sum_of_all_values() -> None:
    body = "inputs: {x: 'ones(100)'}\nops: [a = x * 2, b = a * 2]\nloss: sum(b)\n"
    enough = 3 * 800 + 8
    assert told(body, enough) == "no fault in 3 steps"
    assert "an array of shape () takes 8 bytes" in told(body, enough - 1)


def test_nothing_is_allocated_for_what_has_no_room() -> None:
    for maker in ("ones", "zeros", "eye", "randn"):
        assert "7.3 TiB" in told(f"inputs: {{x: '{maker}(10**6, 10**6)'}}\nloss: sum(x)\n")
    assert "TiB" in told("inputs: {x: 'arange(10**12)'}\nloss: sum(x)\n")
    assert "cannot have length" in told("inputs: {x: 'ones(2**62 + 1)'}\nloss: sum(x)\n")


def test_an_array_of_very_many_axes_is_refused() -> None:
    shape = ", ".join(["1"] * 40)
    assert "40 axes" in told(f"inputs: {{x: 'ones({shape})'}}\nloss: sum(x)\n")


def test_a_backward_pass_continues_the_program() -> None:
    program = built(
        HEAD
        + "ops: [y = x * c]\nloss: sum(y)\n"
        + "derived:\n  ops:\n    - g = ones(2, 2)\n    - y = g * c\n  grads: {x: y, y: g * 1}\n"
    )
    assert program.names["y"] == "y"
    assert program.derived.names["y"] == "y#2"
    assert program.derived.outputs["x"] == "y#2"
    assert program.derived.kinds["y#2"].shape == (2, 2)
    assert "y#2" not in program.kinds


def test_a_derived_gradient_may_be_of_the_wrong_shape_which_is_a_finding_not_a_fault() -> None:
    body = HEAD + "loss: sum(x)\nderived: {grads: {x: 'ones(3)'}}\n"
    assert told(body) == "no fault in 1 steps"


def test_unused_inputs_are_fine() -> None:
    assert told("inputs: {x: 1., z: 2.}\nloss: x * x\n") == "no fault in 1 steps"
