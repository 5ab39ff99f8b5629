"""Every rule of the table is the derivative of its primal, in any shape and any arithmetic."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradverify.ops.op import Op, Result
from gradverify.ops.table import OPS
from tests.ops.cases import CASES, drawn
from tests.ops.differences import alike, by_differences, by_rule, summed, with_rules

WITH_RULES = with_rules(OPS)

every_op = pytest.mark.parametrize("op", OPS.values(), ids=OPS.keys())
every_rule = pytest.mark.parametrize("op", WITH_RULES.values(), ids=WITH_RULES.keys())
fewer = settings(max_examples=6, derandomize=True, deadline=None, database=None)
few = settings(max_examples=15, derandomize=True, deadline=None, database=None)


def test_every_row_has_a_case() -> None:
    assert CASES.keys() == OPS.keys()


@every_rule
@few
@given(data=st.data())
def test_a_rule_agrees_with_differences(op: Op, data: st.DataObject) -> None:
    case = drawn(op, data)
    assert alike(by_rule(case), by_differences(case))


@every_rule
@few
@given(data=st.data())
def test_a_rule_is_linear_in_its_cotangent(op: Op, data: st.DataObject) -> None:
    case = drawn(op, data)
    doubled = summed(case, case.vjp(-2 * case.ct, case.primal(), *case.operands))
    assert alike(doubled, tuple(-2 * gradient for gradient in by_rule(case)))


@every_op
@few
@given(data=st.data())
def test_the_shape_is_known_before_anything_runs(op: Op, data: st.DataObject) -> None:
    case = drawn(op, data)
    assert np.shape(case.primal()) == op.shape(*case.shapes, **case.attributes)


@every_op
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@fewer
@given(data=st.data())
def test_the_dtype_is_kept(op: Op, dtype: str, data: st.DataObject) -> None:
    case = drawn(op, data, dtype)
    expected = np.dtype(bool) if op.result is Result.BOOLEAN else np.dtype(dtype)
    if op.result is Result.GIVEN or not case.floating:
        expected = np.asarray(case.primal()).dtype
    assert np.asarray(case.primal()).dtype == expected
    if op.vjp is not None:
        gradients = case.vjp(case.ct, case.primal(), *case.operands)
        found = {
            np.asarray(g).dtype
            for n, g in enumerate(gradients)
            if g is not None and n in case.floating
        }
        assert found <= {np.dtype(dtype)}


@every_op
@few
@given(data=st.data())
def test_operands_stay_as_they_are(op: Op, data: st.DataObject) -> None:
    case = drawn(op, data)
    for operand in (*case.operands, case.ct):
        if isinstance(operand, np.ndarray):
            operand.flags.writeable = False
    out = np.asarray(case.primal())
    out.flags.writeable = False
    if op.vjp is not None:
        assert len(case.vjp(case.ct, out, *case.operands)) == len(case.operands)


@every_op
@few
@given(data=st.data())
def test_entries_are_drawn_away_from_kinks(op: Op, data: st.DataObject) -> None:
    case = drawn(op, data)
    if op.margin is not None:
        margin = op.margin(*case.operands, **case.attributes)
        flat = op.name == "std"  # of one entry it is 0 everywhere: a kink only by name
        assert np.all((margin > 2.0**-8) | (flat & (margin == 0.0)))
