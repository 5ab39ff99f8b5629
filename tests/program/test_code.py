"""`function:` becomes the code of a program, alone or beside statements; nothing is imported."""

import sys

import numpy as np
import pytest

from gradverify.program.describe import render_program
from tests.program.built import built, spec_of, told

NAMED = "function: no_such_package.ops:f\nframework: jax\n"
ALONE = "inputs: {x: [1., 2.]}\n" + NAMED
BESIDE = ALONE + "loss: sum(x * x)\n"


def test_code_alone_has_no_steps_and_no_loss() -> None:
    program = built(ALONE)
    assert program.is_code
    assert program.code is not None
    assert (program.code.function, program.code.framework) == ("no_such_package.ops:f", "jax")
    assert (program.code.mark.line, program.code.mark.column) == (4, 11)
    assert spec_of(ALONE).is_code


def test_code_beside_statements_leaves_the_program_as_it_is() -> None:
    program = built(BESIDE)
    assert not program.is_code
    assert program.code is not None
    assert program.loss == "loss"
    assert not spec_of(BESIDE).is_code


def test_a_program_without_code_has_none() -> None:
    program = built("inputs: {x: 2.}\nloss: x\n")
    assert program.code is None
    assert not program.is_code


def test_a_cotangent_of_code_alone_waits_for_what_it_returns() -> None:
    program = built(ALONE + "cotangent: full(3, 2.)\n")
    assert program.cotangent is not None
    assert np.array_equal(program.cotangent, [2.0, 2.0, 2.0])
    assert built(ALONE).cotangent is None


@pytest.mark.parametrize("claim", ["[1., 2., 3.]", "x * x", "5."])
def test_the_output_can_be_claimed(claim: str) -> None:
    program = built(ALONE + f"expect: {{values: {{output: {claim}}}, grads: {{x: 2 * x}}}}\n")
    assert [(c.kind, c.of) for c in program.claims] == [("values", "output"), ("grads", "x")]


def test_an_input_may_be_called_output() -> None:
    body = ALONE.replace("x:", "output:") + "expect: {values: {output: [1., 2.]}}\n"
    (claim,) = built(body).claims
    assert claim.shape == (2,)


def test_what_code_returns_has_one_shape_whoever_claims_it() -> None:
    claims = "expect: {values: {output: 2.}}\nrecorded: {values: {output: [2., 3.]}}\n"
    assert "claimed with shape (2,), and has ()" in told(ALONE + claims)


def test_nothing_is_imported() -> None:
    _ = built(ALONE)
    assert "no_such_package" not in sys.modules


def test_the_code_is_described() -> None:
    assert "function  no_such_package.ops:f of jax arrays" in render_program(built(ALONE))
    assert "no loss" not in render_program(built(ALONE))
    both = render_program(built(BESIDE))
    assert "function  no_such_package.ops:f" in both
    assert "loss  loss" in both
    passes = "inputs: {x: 2.}\nfunction: a:f\nvjp: a:g\nframework: numpy\n"
    assert "backward by a:g" in render_program(built(passes))
