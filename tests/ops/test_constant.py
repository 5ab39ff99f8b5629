"""A constant is the array that it was given, and depends on nothing."""

import numpy as np

from gradverify.ops.table import OPS

VALUE = np.ones((2, 3))


def test_a_constant_is_its_value() -> None:
    op = OPS["constant"]
    assert op.primal(value=VALUE) is VALUE
    assert op.shape(value=VALUE) == (2, 3)
    assert op.vjp is not None
    assert op.vjp(VALUE, VALUE, value=VALUE) == ()
