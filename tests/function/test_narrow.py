"""In a narrower format a gradient is held against the same code in float64, in last places."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from gradverify.arrays import Array
from gradverify.function.narrow import Narrow, lost, narrow
from gradverify.function.trial import Trial
from gradverify.oracles.function import Function
from gradverify.verdict.verdict import Finding, Severity
from tests.function.functions import Vjp, normal, trial_of

FORMATS = [np.float16, np.float32]
every_format = pytest.mark.parametrize("dtype", FORMATS)


def nobody() -> Function | None:
    return None


def begun(vjp: Vjp, dtype: Any, forward: Any = np.sin) -> Trial:
    return trial_of(forward, vjp, normal(300).astype(dtype))


def cosine(ct: Array, _: Array, x: Array) -> Array:
    return ct * np.cos(x)


def in_narrow(change: Callable[[Array], Array]) -> Vjp:
    """Return a backward pass that is right in float64 alone."""

    def vjp(ct: Array, out: Array, x: Array) -> Array:
        found = cosine(ct, out, x)
        return found if x.dtype == np.float64 else change(found).astype(x.dtype)

    return vjp


def heard(trial: Trial) -> Narrow:
    found = narrow(trial, nobody)
    assert isinstance(found, Narrow)
    return found


def test_float64_has_nothing_to_be_held_against() -> None:
    found = heard(begun(cosine, np.float64))
    assert (found.guilt, found.allowed, found.errors) == ((), (0.0,), (0.0,))


@every_format
def test_a_right_gradient_is_right_to_a_few_last_places(dtype: Any) -> None:
    found = heard(begun(cosine, dtype))
    assert found.guilt == ()
    assert found.errors[0] <= found.allowed[0] <= 32 * np.finfo(dtype).eps


@every_format
def test_an_error_of_many_last_places_is_precision_lost(dtype: Any) -> None:
    places = 200 * float(np.finfo(dtype).eps)
    (guilt,) = heard(begun(in_narrow(lambda g: g * (1 + places)), dtype)).guilt
    assert guilt.cause.code == "precision-lost"
    assert guilt.allowed < guilt.error


@every_format
@pytest.mark.parametrize("bad", [1.25, 0.0, np.nan])
def test_one_wrong_entry_is_named(dtype: Any, bad: float) -> None:
    def change(gradient: Array) -> Array:
        gradient[77] *= bad
        return gradient

    (guilt,) = heard(begun(in_narrow(change), dtype)).guilt
    code = "not-finite" if np.isnan(bad) else "entries-wrong"
    assert (guilt.entry, guilt.cause.code) == (77, code)


def test_a_sum_in_another_order_is_nobodys_fault() -> None:
    def total(x: Array) -> Array:
        return np.asarray(np.sum(x) ** 2)

    def vjp(ct: Array, _: Array, x: Array) -> Array:
        running = x.dtype.type(0)
        for number in x:
            running = running + number
        return np.full_like(x, ct * 2 * running)

    assert heard(begun(vjp, np.float32, total)).guilt == ()


def test_what_misreads_memory_in_its_own_format_depends_on_the_layout() -> None:
    def vjp(ct: Array, out: Array, x: Array) -> Array:
        read = x.ravel(order="K").reshape(x.shape) if x.dtype != np.float64 else x
        return cosine(ct, out, read)

    trial = trial_of(np.sin, vjp, normal(8, 9).astype(np.float32))
    found = narrow(trial, nobody)
    assert isinstance(found, Finding)
    assert found.code == "layout-dependent"


def test_what_raises_in_its_own_format_has_no_gradient_there() -> None:
    def vjp(ct: Array, out: Array, x: Array) -> Array:
        if x.dtype != np.float64:
            raise TypeError
        return cosine(ct, out, x)

    found = narrow(begun(vjp, np.float32), nobody)
    assert isinstance(found, Finding)
    assert found.code == "gradient-missing"


def test_what_rounding_leaves_next_to_nothing_of_is_warned_of() -> None:
    trial = begun(cosine, np.float32)
    assert lost(trial, heard(trial)) == []
    (found,) = lost(trial, Narrow((), (0.5,), (0.2,)))
    assert (found.code, found.severity) == ("precision-lost", Severity.WARNING)
