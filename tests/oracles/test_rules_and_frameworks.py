"""Every rule agrees with torch and jax on random shapes and numbers from its op's domain."""

from dataclasses import replace
from typing import Any, cast

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from gradverify.arrays import Array
from gradverify.ops.indexing import filled
from gradverify.ops.op import Op
from gradverify.ops.table import OPS
from gradverify.oracles.jax_grad import JaxGrad
from gradverify.oracles.oracle import Gradients, Oracle, Wanted
from gradverify.oracles.rules import Rules
from gradverify.oracles.torch_autograd import TorchAutograd
from gradverify.program.program import Number, Program, Step
from tests.ops.cases import Case, drawn
from tests.ops.differences import with_rules
from tests.support import MARK, program_of, read_only, worst_error

ALLOWED = 1e-12
MINUTE = 1e-9

every_rule = pytest.mark.parametrize("op", with_rules(OPS).values(), ids=with_rules(OPS).keys())


def undefined(case: Case) -> bool:
    """Whether torch or jax leave open what a call means.

    Both leave open which of several values written to one place stays, and where all numbers are
    equal std stands at a kink, where jax has NaN.
    """
    if case.op.name == "std":
        return bool(np.any(np.asarray(case.primal()) < MINUTE))
    if case.op.name != "index_update":
        return False
    x: Array = case.operands[0]
    places: Array = np.arange(x.size).reshape(x.shape)[
        filled(case.attributes["index"], *case.operands)
    ]
    return np.unique(places).size < places.size


def program_with(case: Case) -> tuple[Program, dict[str, Array], tuple[str, ...]]:
    """Return a program of one step, its inputs, and those with a gradient."""
    given: list[Any] = list(case.operands)
    arrays = {f"x{n}": cast("Array", x) for n, x in enumerate(given) if isinstance(x, np.ndarray)}
    operands = tuple(f"x{n}" if f"x{n}" in arrays else Number(x) for n, x in enumerate(given))
    step = Step("y", case.op.name, operands, case.attributes, MARK, "y = ...")
    program = replace(program_of(arrays, step, loss="y"), cotangent=case.ct)
    return program, arrays, tuple(f"x{n}" for n in case.floating if f"x{n}" in arrays)


def answered(oracle: Oracle, case: Case) -> Gradients:
    program, arrays, by = program_with(case)
    found = oracle.differentiate(program, read_only(arrays), Wanted(("y",), by, case.ct))
    assert isinstance(found, Gradients)
    return found


def apart(oracle: Oracle, case: Case, factor: float = 1.0) -> float:
    """Return how far a framework is from the rules, whose gradients are taken `factor` times."""
    found, rules = answered(oracle, case), answered(Rules(), case)
    errors = [worst_error(found.wrt[name], factor * rules.wrt[name]) for name in rules.wrt]
    return max([worst_error(found.values["y"], rules.values["y"]), *errors])


@every_rule
@settings(max_examples=12, derandomize=True, deadline=None, database=None)
@given(data=st.data())
def test_a_rule_agrees_with_torch(op: Op, data: st.DataObject) -> None:
    case = drawn(op, data)
    _ = assume(not undefined(case))
    assert apart(TorchAutograd(), case) <= ALLOWED


@every_rule
@settings(max_examples=4, derandomize=True, deadline=None, database=None)
@given(data=st.data())
def test_a_rule_agrees_with_jax(op: Op, data: st.DataObject) -> None:
    case = drawn(op, data)
    _ = assume(not undefined(case))
    assert apart(JaxGrad(), case) <= ALLOWED


@every_rule
@settings(max_examples=5, derandomize=True, deadline=None, database=None)
@given(data=st.data())
def test_a_rule_that_is_off_by_a_millionth_is_noticed(op: Op, data: st.DataObject) -> None:
    case = drawn(op, data)
    _ = assume(not undefined(case))
    rules = answered(Rules(), case)
    if any(np.max(np.abs(gradient), initial=0.0) >= 1.0 for gradient in rules.wrt.values()):
        assert apart(TorchAutograd(), case, 1 + 1e-6) > ALLOWED
