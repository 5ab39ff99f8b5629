"""A cotangent comes back in the dtype of its operand, or not at all."""

import numpy as np

from gradverify.ops.identity import astype, astype_vjp
from gradverify.ops.table import OPS
from tests.ops.arbitrary_precision import third

X = np.array([1.0, 2.0], np.float32)


def test_a_cotangent_is_cast_back() -> None:
    (by_x,) = astype_vjp(np.ones(2), astype(X, dtype="float64"), X, dtype="float64")
    assert by_x is not None
    assert by_x.dtype == np.float32


def test_none_passes_through_whole_numbers() -> None:
    whole = np.array([1, 2])
    assert astype_vjp(np.ones(2), X, whole, dtype="float32") == (None,)
    assert astype_vjp(np.ones(2), whole, X, dtype=np.dtype("int64")) == (None,)


def test_numbers_of_arbitrary_precision_stay_what_they_are() -> None:
    x = third()
    assert astype(x, dtype="float64") is x
    assert astype_vjp(x, x, x, dtype="float32")[0] is x


def test_the_gradient_stops_at_a_barrier_and_the_value_does_not() -> None:
    for name in ("detach", "no_grad"):
        op = OPS[name]
        assert op.vjp is not None
        assert op.vjp(X, X, X) == (None,)
        assert op.primal(X) is X
