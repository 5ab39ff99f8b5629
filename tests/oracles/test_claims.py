"""What a spec states and a document printed becomes arrays, as exact as it is meant."""

import numpy as np
import pytest

from gradverify.arrays import largest
from gradverify.oracles.claims import Recorded, Stated, claimed
from gradverify.oracles.oracle import Gradients, Wanted
from gradverify.program.inputs import make_primals
from gradverify.program.program import Program
from tests.program.built import built
from tests.support import read_only

NOTHING = Wanted((), (), None)
EPS = float(np.finfo(np.float64).eps)

HEAD = """
inputs: {x: [[1., 2.], [3., 4.]], b: 0.5}
ops: [y = x * x * b]
loss: mean(y)
"""


def stated(program: Program) -> Gradients:
    reply = Stated().differentiate(program, read_only(make_primals(program, 0)), NOTHING)
    assert isinstance(reply, Gradients)
    return reply


def recorded(program: Program) -> Gradients:
    reply = Recorded().differentiate(program, read_only(make_primals(program, 0)), NOTHING)
    assert isinstance(reply, Gradients)
    return reply


def test_values_and_gradients_of_one_variable_are_claimed_side_by_side() -> None:
    program = built(
        HEAD + "expect:\n  values: {x: [[1, 2], [3, 4]], y: x ** 2 / 2}\n"
        "  grads: {x: x / 4, y: [[0.25, 0.25], [0.25, 0.25]]}\n"
    )
    reply = stated(program)
    assert reply.values["x"].tolist() == [[1, 2], [3, 4]]
    assert reply.values["y"].tolist() == [[0.5, 2], [4.5, 8]]
    assert reply.wrt["x"].tolist() == [[0.25, 0.5], [0.75, 1]]
    assert reply.wrt["y"].tolist() == [[0.25, 0.25], [0.25, 0.25]]
    assert not recorded(program).wrt


@pytest.mark.parametrize("text", ["0.25", "1 / 4", "ones(2) / 4", "ones(2, 1) * b / 2"])
def test_a_closed_form_is_broadcast_to_the_shape_of_its_variable(text: str) -> None:
    if text == "0.25":
        text = "0.25 * 1"
    reply = stated(built(HEAD + f"expect: {{grads: {{y: '{text}'}}}}\n"))
    assert reply.wrt["y"].tolist() == [[0.25, 0.25], [0.25, 0.25]]
    assert reply.precision["y"].shape == (2, 2)


def test_a_wrong_claim_stays_as_it_was_written() -> None:
    reply = stated(built(HEAD + "expect: {grads: {x: 100 * x, b: 7}}\n"))
    assert reply.wrt["x"].tolist() == [[100, 200], [300, 400]]
    assert reply.wrt["b"].tolist() == 7


def test_numbers_stated_are_exact_and_closed_forms_are_good_to_rounding() -> None:
    reply = stated(
        built(HEAD + "expect: {grads: {x: exp(x) / 3, b: 3.75}, values: {loss: 3.75}}\n")
    )
    assert largest(reply.precision["b"]) == largest(reply.value_precision["loss"]) == 0
    assert 0 < largest(reply.precision["x"]) <= 16 * EPS * float(np.exp(4)) / 3


def test_printed_numbers_bring_the_precision_in_which_they_were_printed() -> None:
    program = built(
        HEAD + "recorded:\n  grads: {x: [[0.25, 0.5000], [0.75, 1.]], b: 7.5e0}\n"
        "  values: {loss: 3.75, y: [[0.5, 2], [4.5, 8.]]}\n"
    )
    reply = recorded(program)
    assert reply.precision["x"].tolist() == [[0.005, 0.00005], [0.005, 0]]
    assert reply.precision["b"] == 0.05
    assert reply.value_precision["loss"] == 0.005
    assert reply.value_precision["y"].tolist() == [[0.05, 0], [0.05, 0]]
    assert not stated(program).wrt


def test_a_closed_form_is_worked_out_in_double_precision_from_the_rounded_inputs() -> None:
    program = built(
        "inputs: {x: {value: [0.1, 0.7], dtype: float32}}\nops: [y = exp(x)]\nloss: sum(y)\n"
        "expect: {grads: {x: exp(x)}, values: {y: y}}\n"
    )
    x = np.array([0.1, 0.7], np.float32).astype(np.float64)
    reply = stated(program)
    assert np.array_equal(reply.wrt["x"], np.exp(x))
    assert np.array_equal(reply.values["y"], np.exp(x))
    assert largest(reply.precision["x"]) < 1e-14
    assert not np.array_equal(reply.wrt["x"], np.exp(x.astype(np.float32)))


def test_what_the_derived_pass_named_can_be_claimed_too() -> None:
    program = built(
        HEAD + "derived: {ops: ['g = x / 4', 'h = g * 3'], grads: {x: g}}\n"
        "recorded: {values: {h: [[0.75, 1.5], [2.25, 3.0]]}}\nexpect: {values: {g: x / 4}}\n"
    )
    assert recorded(program).values["h"].tolist() == [[0.75, 1.5], [2.25, 3]]
    assert stated(program).values["g"].tolist() == [[0.25, 0.5], [0.75, 1]]
    assert stated(program).value_precision["g"].shape == (2, 2)


def test_a_claim_about_a_variable_assigned_again_is_about_its_last_value() -> None:
    program = built(
        "inputs: {x: [1., 2.]}\nops: ['y = x * x', 'y = y * 3']\nloss: sum(y)\n"
        "expect: {values: {y: 3 * x * x}, grads: {y: 1 * ones(2)}}\n"
    )
    assert stated(program).values.keys() == {"y#2"}
    assert stated(program).values["y#2"].tolist() == [3, 12]
    assert stated(program).wrt["y#2"].tolist() == [1, 1]


def test_derivatives_of_more_axes_have_shapes_of_their_own() -> None:
    program = built(
        "inputs: {x: [1., 2.]}\nops: ['y = stack([x[0] + x[1], x[0] - x[1], x[0]])']\nloss: y\n"
        "cotangent: [1., 1., 1.]\n"
        "expect:\n  jacobian: {x: [[1, 1], [1, -1], [1, 0]]}\n  hessian: {x: 'zeros(2, 2)'}\n"
        "  hvp: {x: {direction: [1, 0], value: [0, 0]}}\n"
    )
    shapes = {claim.kind: claim.shape for claim in program.claims}
    assert shapes == {"jacobian": (3, 2), "hessian": (2, 2), "hvp": (2,)}
    assert {claim.value for claim in program.claims} == {"x"}
    base = make_primals(program, 0)
    arrays = {claim.kind: claimed(claim, base) for claim in program.claims}
    assert {kind: array.shape for kind, array in arrays.items()} == shapes
    assert not stated(program).wrt  # they are none of the gradients
