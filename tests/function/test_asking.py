# what users hand over is of any type, which a strict checker does not let pass:
# pyright: basic
"""Every pass of a function is counted, only the first is heard, and all have one shape."""

from contextlib import nullcontext
from typing import Any

import numpy as np
import pytest

from gradverify.arrays import Array
from gradverify.function.asking import Asking
from gradverify.oracles.function import Form, Function, Weight
from gradverify.oracles.function_errors import OutputChangedError
from gradverify.oracles.oracle import Unsupported
from tests.function.functions import function_of, normal, square, square_vjp

X = normal(3)
ONES = Weight((np.ones(3),))


def asking(function: Function) -> Asking:
    return Asking(function, 0, nullcontext)


def test_every_pass_is_counted() -> None:
    ask = asking(function_of(square, square_vjp, X))
    _ = ask.values([X])
    back = ask.pull([X], Form()).back
    _ = back(ONES), back(ONES)
    found = ask.evaluations
    assert (found.forward, found.backward) == (2, 2)


def test_what_is_counted_is_what_was_called() -> None:
    calls: list[str] = []

    def counted(x: Array) -> Array:
        calls.append("forward")
        return x * x

    def counted_vjp(ct: Array, out: Array, x: Array) -> Array:
        calls.append("backward")
        return square_vjp(ct, out, x)

    ask = asking(function_of(counted, counted_vjp, X))
    for _ in range(3):
        _ = ask.values([X])
        _ = ask.pull([X], Form()).back(ONES)
    assert (calls.count("forward"), calls.count("backward")) == (ask.forward, ask.backward)


def test_what_a_framework_cannot_do_costs_nothing_in_forward_mode_and_in_batches() -> None:
    ask = asking(function_of(square, square_vjp, X))
    assert isinstance(ask.push([X], [X]), Unsupported)
    assert isinstance(ask.batched([X], [ONES]), Unsupported)
    assert (ask.forward, ask.backward) == (0, 0)


def test_only_the_first_call_prints(capsys: pytest.CaptureFixture[str]) -> None:
    def loud(x: Any) -> Any:
        print("here")  # noqa: T201 - what is tested
        return x * x

    ask = asking(function_of(loud, square_vjp, X))
    for _ in range(3):
        _ = ask.values([X])
    assert capsys.readouterr().out == "here\n"


def test_another_shape_in_a_later_call_is_one_error() -> None:
    lengths = iter([3, 3, 2])

    def shrinking(x: Array) -> Array:
        return x[: next(lengths)]

    ask = asking(function_of(shrinking, square_vjp, X))
    _ = ask.values([X]), ask.values([X])
    with pytest.raises(OutputChangedError) as caught:
        _ = ask.pull([X], Form())
    assert "shrinking returned ((2,),) after ((3,),)" in str(caught.value)


def test_leaves_stand_one_after_the_other() -> None:
    ask = asking(function_of(lambda x, y: x.sum() + y, square_vjp, normal(2, 3), normal(4)))
    assert ask.leaves.shapes == ((2, 3), (4,))
    assert ask.leaves.size == 10


def test_every_call_runs_in_what_stands_around_it() -> None:
    entered: list[int] = []

    class Around:
        def __enter__(self) -> None:
            entered.append(1)

        def __exit__(self, *_: object) -> None:
            return None

    ask = Asking(function_of(square, square_vjp, X), 0, Around)
    _ = ask.pull([X], Form()).back(ONES)
    assert len(entered) == 2
