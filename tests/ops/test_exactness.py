"""Rules hold to thirty digits in exact arithmetic: none of them goes through a float on its way."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradverify.arrays import Array
from gradverify.ops.op import Op
from gradverify.ops.table import OPS
from tests.ops.arbitrary_precision import error_in_many_digits
from tests.ops.cases import Case, drawn
from tests.ops.differences import with_rules

RULES = with_rules(OPS)


@pytest.mark.parametrize("op", RULES.values(), ids=RULES.keys())
@settings(max_examples=15, derandomize=True, deadline=None, database=None)
@given(data=st.data())
def test_a_rule_holds_to_thirty_digits(op: Op, data: st.DataObject) -> None:
    assert error_in_many_digits(drawn(op, data)) < 1e-30


def test_a_rule_that_rounds_to_a_float_is_noticed() -> None:
    def rounded(ct: Array, out: Array, *_: Array) -> tuple[Array]:
        return (ct * np.array([float(entry) for entry in out]),)

    right = Case(OPS["exp"], (np.array([0.5, 1.0]),), {}, np.array([1.0, 2.0]))
    assert error_in_many_digits(right) < 1e-30
    assert error_in_many_digits(replace(right, op=replace(right.op, vjp=rounded))) > 1e-20
