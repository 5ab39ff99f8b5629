"""Rules use few functions of numpy, all of which an array class of one's own can answer."""

from typing import Any, Final, cast

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.lib.mixins import NDArrayOperatorsMixin

from gradverify.arrays import Array
from gradverify.ops.op import Op
from gradverify.ops.table import OPS
from tests.ops.cases import drawn

UFUNCS: Final = frozenset(
    {
        *("add", "subtract", "multiply", "divide", "power", "negative", "absolute", "square"),
        *("exp", "expm1", "log", "log1p", "sqrt", "sin", "cos", "tanh", "matmul"),
        *("maximum", "minimum", "equal", "not_equal", "less", "less_equal", "greater"),
        *("greater_equal", "add.at"),
    }
)
FUNCTIONS: Final = frozenset(
    {
        *("sum", "prod", "mean", "max", "min", "where", "shape", "ndim"),
        *("reshape", "transpose", "swapaxes", "broadcast_to", "concatenate", "split"),
        *("ones_like", "zeros_like"),
    }
)


class Duck(NDArrayOperatorsMixin):
    """An array that is no ndarray, and writes down what is asked of it."""

    def __init__(self, array: Array, asked: set[str]) -> None:
        self.array = array
        self.asked = asked

    @property
    def shape(self) -> tuple[int, ...]:
        return self.array.shape

    @property
    def ndim(self) -> int:
        return self.array.ndim

    @property
    def dtype(self) -> "np.dtype[Any]":
        return self.array.dtype

    def astype(self, dtype: Any) -> "Duck":
        return Duck(self.array.astype(dtype), self.asked)

    def __getitem__(self, index: Any) -> Any:
        return self.wrapped(np.asarray(self.array[index]))

    def __setitem__(self, index: Any, value: Any) -> None:
        self.array[index] = plain(value)

    def wrapped(self, result: Any) -> Any:
        if isinstance(result, list):  # of split
            return [self.wrapped(item) for item in cast("list[Any]", result)]
        floating = getattr(result, "dtype", np.dtype(bool)).kind == "f"
        return Duck(np.asarray(result), self.asked) if floating else result

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **keywords: Any) -> Any:
        self.asked.add(ufunc.__name__ if method == "__call__" else f"{ufunc.__name__}.{method}")
        return self.wrapped(getattr(ufunc, method)(*map(plain, inputs), **keywords))

    def __array_function__(self, function: Any, _: Any, args: Any, keywords: Any) -> Any:
        self.asked.add(function.__name__)
        return self.wrapped(function(*map(plain, args), **keywords))


def plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return tuple(map(plain, cast("tuple[Any, ...]", value)))
    if isinstance(value, list):
        return list(map(plain, cast("list[Any]", value)))
    return value.array if isinstance(value, Duck) else value


@pytest.mark.parametrize("op", OPS.values(), ids=OPS.keys())
@settings(max_examples=10, derandomize=True, deadline=None, database=None)
@given(data=st.data())
def test_an_op_runs_on_an_array_class_of_ones_own(op: Op, data: st.DataObject) -> None:
    case = drawn(op, data)
    asked: set[str] = set()
    ducks = [Duck(x, asked) if n in case.floating else x for n, x in enumerate(case.operands)]
    out = case.primal(*ducks) if ducks else case.primal()
    assert np.array_equal(plain(out), case.primal(), equal_nan=True)
    if op.vjp is not None:
        ct: Any = Duck(case.ct, asked)
        found = case.vjp(ct, out, *ducks)
        right = case.vjp(case.ct, np.asarray(case.primal()), *case.operands)
        for one, other in zip(found, right, strict=True):
            assert (one is None) == (other is None)
            assert other is None or np.array_equal(plain(one), other, equal_nan=True)
    assert asked <= UFUNCS | FUNCTIONS
