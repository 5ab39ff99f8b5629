"""What is known of a program before anybody is judged: its point in float64, and its ground."""

import numpy as np
import pytest

from gradverify.oracles.enclosure import enclose
from gradverify.oracles.finite_difference import widened_values
from gradverify.program.build import build_program
from gradverify.program.inputs import make_primals
from gradverify.run.plan import labels, marks, wanted
from gradverify.verdict.case import Case, enclosure_of, ground_of, mark_of, measure
from tests.support import OPTIONS, near, spec_of

BODY = "inputs: {x: [1., 2.], b: [3., 4.]}\nops: [y = x * x, z = b * 2]\nloss: sum(y)\n"


@pytest.fixture
def case() -> Case:
    spec = spec_of(BODY + "expect: {grads: {x: 2 * x}}")
    program = build_program(spec, OPTIONS.max_bytes)
    primals = make_primals(program, 0)
    question = wanted(program)
    values, gradients = enclose(program, primals, question.cotangent)
    named = labels(program)
    return Case(
        program=program,
        primals=primals,
        wanted=question,
        base=widened_values(program, primals),
        values=values,
        gradients=gradients,
        variables={name: named[name] for name in question.variables},
        labels=named,
        oracles={},
        marks=marks(spec, program),
        tolerance=0.25,
    )


def test_the_ground_of_a_variable_is_its_true_gradient(case: Case) -> None:
    ground = ground_of(case, "x", measure(case))
    np.testing.assert_allclose(ground.truth.array, [2.0, 4.0])
    np.testing.assert_array_equal(ground.primal, [1.0, 2.0])
    assert ground.truth.confirmed
    assert ground.stated == 0.25


def test_one_can_look_along_any_direction_from_it(case: Case) -> None:
    probe = ground_of(case, "x", measure(case)).look(np.array([1.0, -1.0]))
    assert near(probe.derivative, -2.0)
    assert not probe.kinked


def test_what_the_loss_does_not_depend_on_has_a_gradient_of_zeros(case: Case) -> None:
    found = enclosure_of(case, "b")
    np.testing.assert_array_equal(found.mid, np.zeros(2))
    assert np.any(enclosure_of(case, "x").mid)


def test_a_claim_has_its_own_place_and_others_that_of_the_loss(case: Case) -> None:
    assert mark_of(case, "stated", "grads", "x").text.startswith("expect")
    assert mark_of(case, "torch", "grads", "x").text == "loss: sum(y)"
