# torch's own types are partial, and the file must also pass where torch is not installed:
# pyright: basic, reportMissingImports=false
"""Whatever is handed to `verify`, there is a verdict or one clear error, and nothing is harmed."""

import itertools
import random
import sys
from collections.abc import Callable
from collections.abc import Set as AbstractSet
from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest
import torch
from numpy import random as legacy

import gradverify
from gradverify.errors import GradverifyError
from gradverify.oracles.function_errors import (
    ComplexInputError,
    FunctionRaisedError,
    NoInputError,
    NoOutputError,
    NotFiniteError,
    NoVjpError,
    VjpOfTensorsError,
)

X = np.array([0.5, -1.25, 2.0, 0.75, 3.5, -0.5])


def square(x: Any) -> Any:
    return x * x


def right(ct: Any, _: Any, x: Any) -> Any:
    return 2 * x * ct


def wrong(ct: Any, _: Any, x: Any) -> Any:
    return 2.001 * x * ct


def verify(function: Any, vjp: Any = right, x: Any = X) -> gradverify.Report:
    return gradverify.verify(function, (x,), vjp=vjp)


def codes(report: gradverify.Report) -> set[str]:
    return {item.code for item in report.findings}


def raising(error: BaseException) -> Callable[..., Any]:
    def call(*_: Any) -> Any:
        raise error

    return call


UNUSABLE: dict[str, tuple[Callable[..., Any], type[GradverifyError], str]] = {
    "raises": (raising(KeyError("lost")), FunctionRaisedError, "KeyError: 'lost'"),
    "exits": (raising(SystemExit(3)), FunctionRaisedError, "SystemExit: 3"),
    "runs out of memory": (raising(MemoryError("40 GB")), FunctionRaisedError, "MemoryError: 40 G"),
    "asks for too much memory": (
        lambda x: np.zeros(10**15) + x.sum(), FunctionRaisedError, "Unable to allocate",
    ),
    "takes other arguments": (lambda: X, FunctionRaisedError, "positional argument"),
    "returns NaN": (np.sqrt, NotFiniteError, "2 of 6 entries of output 0 are not finite"),
    "returns infinity": (lambda x: 1 / (x - 2), NotFiniteError, "1 of 6 entries"),
    "returns an integer": (len, NoOutputError, "returned int"),
    "returns integers": (lambda x: np.sign(x).astype(int), NoOutputError, "nothing of a floating"),
    "returns None": (lambda _: None, NoOutputError, "returned None"),
    "returns a text": (str, NoOutputError, "returned str"),
}  # fmt: skip


@pytest.mark.filterwarnings("ignore:invalid value", "ignore:divide by zero")
@pytest.mark.parametrize("case", UNUSABLE)
def test_a_function_without_a_value_is_one_error(case: str) -> None:
    function, kind, said = UNUSABLE[case]
    with pytest.raises(kind) as caught:
        _ = verify(function)
    assert said in str(caught.value)
    assert len(str(caught.value).splitlines()) == 2


def test_an_interruption_passes_through() -> None:
    with pytest.raises(KeyboardInterrupt):
        _ = verify(raising(KeyboardInterrupt()))


def growing() -> Callable[[Any], Any]:
    calls = itertools.count(1)
    return lambda x: np.ones(next(calls)) * x.sum()


def splitting() -> Callable[[Any], Any]:
    calls = itertools.count()
    return lambda x: (x, x) if next(calls) % 2 else x


@pytest.mark.parametrize("make", [growing, splitting])
def test_another_shape_in_the_second_call_cannot_be_told(make: Any) -> None:
    report = verify(make(), lambda _ct, _out, x: np.ones_like(x))
    assert report.status == "undecided"
    assert codes(report) == {"not-deterministic"}
    assert "for inputs of the same shapes" in str(report)


def test_what_a_function_prints_is_printed_once(capsys: pytest.CaptureFixture[str]) -> None:
    def loud(x: Any) -> Any:
        sys.stdout.write("computing\n")
        return x * x

    assert verify(loud)
    assert capsys.readouterr().out == "computing\n"


def test_inputs_that_are_written_to_are_told_and_the_users_own_stay() -> None:
    def mutating(x: Any) -> Any:
        x *= 2
        return x * x / 4

    own = X.copy()
    report = verify(mutating, lambda ct, _, x: ct * x, own)
    assert "input-modified" in codes(report)
    np.testing.assert_array_equal(own, X)
    tensor = torch.tensor(X)
    assert not gradverify.verify(lambda x: x.mul_(2), (tensor,))
    assert torch.equal(tensor, torch.tensor(X))


@pytest.mark.parametrize(
    "draw",
    [
        lambda x: np.array([random.gauss(0.0, 1.0) for _ in x]),
        lambda x: legacy.normal(size=x.shape),  # noqa: NPY002 - the generator of old code
    ],
)
def test_random_numbers_of_known_generators_are_held_fast(draw: Any) -> None:
    assert verify(lambda x: x * x + draw(x))
    assert not verify(lambda x: x * x + draw(x), wrong)


def test_random_numbers_of_ones_own_generator_cannot_be_told() -> None:
    draws = np.random.default_rng(0)
    report = verify(lambda x: x * x + draws.normal(size=x.shape))
    assert report.status == "undecided"
    assert codes(report) == {"not-deterministic"}


def test_a_value_that_depends_on_the_calls_before_cannot_be_told() -> None:
    calls = itertools.count(1)
    report = verify(lambda x: x * x * next(calls))
    assert report.status == "undecided"
    assert codes(report) == {"not-deterministic"}


MISSING = frozenset({"gradient-missing", "shape-differs"})
"""Findings about what cannot be read as one gradient an input."""


def product(x: Any, w: Any) -> Any:
    return x * w


RETURNED: dict[str, tuple[Callable[..., Any], AbstractSet[str]]] = {
    "raises": (raising(ZeroDivisionError("by nought")), MISSING),
    "runs out of memory": (raising(MemoryError()), MISSING),
    "takes other arguments": (lambda ct: ct, MISSING),
    "too few": (lambda ct, _, _x, w: (ct * w,), MISSING),
    "too many": (lambda ct, _, x, w: (ct * w, ct * x, ct), MISSING),
    "None": (lambda *_: None, MISSING),
    "one None": (lambda ct, _, _x, w: (ct * w, None), MISSING),
    "a scalar": (lambda *_: 3.0, MISSING),
    "scalars": (lambda *_: (3.0, 4.0), {"shape-differs"}),
    "texts": (lambda *_: ("one", "two"), MISSING),
    "ragged lists": (lambda ct, _, x, _w: ([[1.0, 2.0], [3.0]], ct * x), MISSING),
    "complex numbers": (lambda ct, _, x, w: (ct * w * 1j, ct * x), MISSING),
    "a wrong shape": (lambda ct, _, x, w: ((ct * w)[:3], ct * x), {"shape-differs"}),
    "NaN": (lambda ct, _, x, w: (ct * w * np.nan, ct * x), {"not-finite"}),
    "float32": (lambda ct, _, x, w: ((ct * w).astype(np.float32), ct * x), {"precision-lost"}),
}


@pytest.mark.parametrize("case", RETURNED)
def test_what_is_no_gradient_is_a_finding(case: str) -> None:
    vjp, known = RETURNED[case]
    report = gradverify.verify(product, (X, X + 1), vjp=vjp)
    assert report.status == "disagree"
    assert codes(report) & known, str(report)


def test_integers_are_no_gradient() -> None:
    report = verify(square, lambda ct, _, x: (2 * x * ct).astype(int))
    assert report.status == "disagree"


@pytest.mark.parametrize(
    "vjp",
    [
        lambda ct, _, x, w: [ct * w, ct * x],
        lambda ct, _, x, w: (list(ct * w), list(ct * x)),
    ],
)
def test_lists_are_as_good_as_arrays(vjp: Any) -> None:
    assert gradverify.verify(product, (X, X + 1), vjp=vjp)


class Product(torch.autograd.Function):
    """x·w; each subclass has a backward pass that returns something else."""

    @staticmethod
    def forward(ctx: Any, x: Any, w: Any) -> Any:
        ctx.save_for_backward(x, w)
        return x * w


TORCH: dict[str, tuple[Callable[..., Any], AbstractSet[str]]] = {
    "right": (lambda ct, x, w: (ct * w, ct * x), frozenset()),
    "raises": (raising(ZeroDivisionError("by nought")), MISSING),
    "too few": (lambda ct, _x, w: ct * w, MISSING),
    "None": (lambda ct, x, _w: (None, ct * x), MISSING),
    "a wrong shape": (lambda ct, x, w: ((ct * w)[:3], ct * x), MISSING),
    "a list": (lambda ct, x, w: [ct * w, ct * x], MISSING),
    "a scalar": (lambda ct, x, _w: (1.0, ct * x), MISSING),
    "float32": (lambda ct, x, w: ((ct * w).float(), ct * x), {"precision-lost"}),
}


@pytest.mark.parametrize("case", [name for name in TORCH if name != "right"])
def test_what_is_no_gradient_in_torch_is_a_finding(case: str) -> None:
    returned, known = TORCH[case]
    backward = staticmethod(lambda ctx, ct: returned(ct, *ctx.saved_tensors))
    twin: Any = type("Twin", (Product,), {"backward": backward})
    report = gradverify.verify(twin.apply, (torch.tensor(X), torch.tensor(X + 1)))
    assert report.status == "disagree"
    assert codes(report) & known, str(report)


def test_what_is_a_gradient_in_torch_agrees() -> None:
    backward = staticmethod(lambda ctx, ct: TORCH["right"][0](ct, *ctx.saved_tensors))
    twin: Any = type("Twin", (Product,), {"backward": backward})
    assert gradverify.verify(twin.apply, (torch.tensor(X), torch.tensor(X + 1)))


INPUTS: dict[str, Any] = {
    "0-d": np.array(1.5),
    "one entry": np.array([1.5]),
    "a Python float": 1.5,
    "transposed": np.arange(12.0).reshape(3, 4).T,
    "with gaps": np.arange(12.0)[::3],
    "backwards": X[::-1],
    "one number throughout": np.broadcast_to(1.5, (2, 3)),
    "all zero": np.zeros(4),
    "1e30": X * 1e30,
    "1e-30": X * 1e-30,
    "1e150": X * 1e150,
    "1e-150": X * 1e-150,
    "twelve orders of magnitude": X * np.logspace(-6, 6, 6),
}


@pytest.mark.parametrize("case", INPUTS)
def test_right_gradients_agree_at_odd_inputs(case: str) -> None:
    assert verify(square, right, INPUTS[case])
    if case != "a Python float":
        report = gradverify.verify(square, (torch.tensor(np.array(INPUTS[case])),))
        assert report, str(report)


@pytest.mark.parametrize("case", [name for name in INPUTS if name != "all zero"])
def test_wrong_gradients_are_told_at_odd_inputs(case: str) -> None:
    assert verify(square, wrong, INPUTS[case]).status == "disagree"


def test_wrong_gradients_at_zero_are_told_where_the_gradient_is_not_zero() -> None:
    assert verify(np.sin, lambda ct, _, x: ct * np.cos(x), np.zeros(4))
    assert not verify(np.sin, lambda ct, _out, _x: 1.001 * ct, np.zeros(4))


@pytest.mark.parametrize("power", [-320, -310, -300, 300])
def test_denormal_and_huge_numbers_get_a_verdict(power: int) -> None:
    x = X * 10.0**power
    assert verify(lambda x: 3 * x, lambda ct, *_: 3 * ct, x)
    told = verify(lambda x: 3 * x, lambda ct, *_: 4 * ct, x)
    assert told.status in {"disagree", "undecided"}, str(told)


@pytest.mark.parametrize("shape", [(0,), (0, 3)])
def test_what_has_no_entries_gets_a_verdict_or_an_error(shape: tuple[int, ...]) -> None:
    assert verify(square, right, np.zeros(shape)).status in {"agree", "undecided"}


def test_an_empty_input_beside_another_changes_nothing() -> None:
    def both(x: Any, w: Any) -> Any:
        return x.sum() + w * w

    def backward(ct: Any, _: Any, x: Any, w: Any) -> Any:
        return np.ones_like(x) * ct.sum(), 2 * w * ct

    assert gradverify.verify(both, (np.zeros((0, 2)), X), vjp=backward)
    report = gradverify.verify(
        both, (np.zeros((0, 2)), X), vjp=lambda ct, _, x, w: (np.ones_like(x), w * ct)
    )
    assert report.status == "disagree"


def test_read_only_inputs_are_taken() -> None:
    still = X.copy()
    still.flags.writeable = False
    assert verify(square, right, still)


NOTHING: dict[str, tuple[Any, type[GradverifyError]]] = {
    "integers": ((np.arange(3),), NoInputError),
    "nothing": ((), NoInputError),
    "None": (None, NoInputError),
    "a text": (("text",), NoInputError),
    "objects": ((X.astype(object),), NoInputError),
    "complex": ((X + 0j,), ComplexInputError),
    "infinity": ((np.array([1.0, np.inf]),), NotFiniteError),
    "NaN": ((np.array([1.0, np.nan]),), NotFiniteError),
}


@pytest.mark.parametrize("case", NOTHING)
def test_inputs_without_a_gradient_are_one_error(case: str) -> None:
    inputs, kind = NOTHING[case]
    with pytest.raises(kind):
        _ = gradverify.verify(square, inputs, vjp=right)


def test_numpy_needs_a_backward_pass_and_frameworks_have_their_own() -> None:
    with pytest.raises(NoVjpError):
        _ = gradverify.verify(square, (X,))
    for x in (torch.tensor(X), jnp.asarray(X)):
        with pytest.raises(VjpOfTensorsError):
            _ = gradverify.verify(square, (x,), vjp=right)
