"""Claims keep their numbers, the precision in which they were printed, and their expressions."""

import numpy as np
import pytest

from gradverify.arrays import Array
from gradverify.program.claims import printed_precision
from gradverify.program.evaluate import run_steps
from gradverify.program.inputs import make_primals
from gradverify.program.program import Claim, Program, Snippet
from tests.program.built import built, told

HEAD = "inputs: {x: 'ones(2, 2)', s: 3.}\nops: [lr = 0.5, y = x * s * lr]\nloss: mean(y)\n"


@pytest.mark.parametrize(
    ("text", "precision"),
    [
        ("0.0204", 0.00005),
        ("4.5000", 0.00005),
        ("-12.4", 0.05),
        (".5", 0.05),
        ("5.5789e-10", 0.00005e-10),
        ("-1.2072e+21", 0.00005e21),
        ("1e3", 500.0),
        ("3.", 0.0),
        ("27", 0.0),
        ("-0", 0.0),
        ("nan", 0.0),
        (".inf", 0.0),
        ("0x10", 0.0),
        ("", 0.0),
        ("0e9999", np.inf),
    ],
)
def test_a_printed_number_is_as_precise_as_its_digits(text: str, precision: float) -> None:
    assert printed_precision(text) == precision


def only(program: Program) -> Claim:
    (claim,) = program.claims
    return claim


def array(found: Array | Snippet | None) -> Array:
    assert found is not None
    assert not isinstance(found, Snippet)
    return found


def test_recorded_numbers_keep_their_precision_entry_by_entry() -> None:
    claim = only(built(HEAD + "recorded: {values: {y: [[1.5, 2.], [1.50, 1e1]]}}\n"))
    assert (claim.party, claim.kind, claim.of) == ("recorded", "values", "y")
    assert array(claim.worth).tolist() == [[1.5, 2], [1.5, 10]]
    assert array(claim.precision).tolist() == [[0.05, 0], [0.005, 5]]


def test_stated_numbers_are_meant_exactly() -> None:
    claim = only(built(HEAD + "expect: {grads: {s: 0.50}}\n"))
    assert array(claim.precision).tolist() == 0


def test_an_expression_continues_the_program_and_may_broadcast() -> None:
    program = built(HEAD + "expect: {grads: {x: s * lr / 4}}\n")
    claim = only(program)
    assert isinstance(claim.worth, Snippet)
    env: dict[str, Array] = dict(make_primals(program, 0))
    run_steps((*program.steps, *claim.worth.steps), env)
    assert env[claim.worth.outputs["x"]] == 3 * 0.5 / 4


def test_expressions_do_not_see_each_other() -> None:
    program = built(HEAD + "expect: {grads: {x: s * 2, s: s * 3}}\n")
    outputs = {
        step.output
        for c in program.claims
        if isinstance(c.worth, Snippet)
        for step in c.worth.steps
    }
    assert len(outputs) == 2
    assert not outputs & program.kinds.keys()


def test_shapes_of_second_order_claims_are_those_of_the_variable_twice() -> None:
    hessian = "expect: {hessian: {s: 0.}, hvp: {x: {direction: [[1, 0], [0, 1]], value: 0 * x}}}\n"
    kinds = {claim.kind: claim for claim in built(HEAD + hessian).claims}
    assert array(kinds["hessian"].worth).shape == ()
    assert array(kinds["hvp"].direction).shape == (2, 2)
    assert "the direction of `x`" in told(
        HEAD + "expect: {hvp: {x: {direction: [1, 0], value: 0 * x}}}\n"
    )


def test_a_number_for_an_array_is_refused_and_an_expression_is_not() -> None:
    assert "claimed with shape ()" in told(HEAD + "expect: {grads: {x: 0.375}}\n")
    assert "no fault" in told(HEAD + "expect: {grads: {x: 3 / 8}}\n")


TWICE = "inputs: {x: [1., 2.]}\nops: [h = x * x, a = h]\nloss: sum(a)\n"


def test_one_value_may_be_claimed_under_two_names_if_the_claims_are_the_same() -> None:
    assert len(built(TWICE + "expect: {grads: {h: [1., 1.], a: [1., 1.]}}\n").claims) == 2
    assert "two names of one value" in told(TWICE + "expect: {grads: {h: [5., 5.], a: [1., 1.]}}\n")
    assert "two names of one value" in told(TWICE + "expect: {values: {h: a, a: 2 * x}}\n")


def test_one_value_has_one_derived_gradient() -> None:
    derived = "derived: {ops: [g = ones(2)], grads: {h: %s, a: g}}\n"
    assert built(TWICE + derived % "g").derived.outputs.keys() == {"h", "a"}
    assert "two names of one value" in told(TWICE + derived % "2 * g")


def test_a_plain_number_is_a_value_once_it_is_claimed() -> None:
    program = built(HEAD + "expect: {values: {lr: 0.5}}\n")
    assert program.names["lr"] == "lr"
    assert "lr" not in built(HEAD).names


def test_values_of_the_backward_pass_may_be_claimed_but_not_their_gradients() -> None:
    derived = "derived:\n  ops:\n    - g = ones(2, 2) * s\n  grads: {x: g}\n"
    values = "recorded: {values: {g: [[3., 3.], [3., 3.]]}}\n"
    grads = "recorded: {grads: {g: [[3., 3.], [3., 3.]]}}\n"
    assert "no fault" in told(HEAD + derived + values)
    assert "no variable `g`" in told(HEAD + derived + grads)


def test_the_loss_may_be_claimed_by_that_name() -> None:
    assert only(built(HEAD + "recorded: {values: {loss: 1.5000}}\n")).of == "loss"
