"""Steps run with the numpy primals, and what depends on what is known without running them."""

import warnings
from typing import Any

import numpy as np
import pytest

from gradverify.program.evaluate import (
    BARRIERS,
    dependents,
    influences,
    operands_of,
    run_steps,
    widened,
)
from gradverify.program.program import Step
from tests.program.built import built
from tests.support import step

DIAMOND = (
    step("a", "exp", "x"),
    step("b", "sin", "w"),
    step("c", "multiply", "a", "b"),
    step("d", "detach", "c"),
    step("e", "add", "d", "x"),
    step("idle", "cos", "w"),
)


def outputs(steps: tuple[Step, ...]) -> list[str]:
    return [one.output for one in steps]


def test_every_step_adds_its_output_and_leaves_the_rest() -> None:
    x = np.array([1.0, 2.0])
    env: dict[str, Any] = {"x": x}
    run_steps((step("y", "multiply", "x", 3), step("z", "sum", "y", axis=0)), env)
    assert env["x"] is x
    assert (env["y"].tolist(), env["z"]) == ([3, 6], 9)


def test_numbers_stay_python_numbers_and_take_the_dtype_beside_them() -> None:
    x = np.ones(2, np.float32)
    one = step("y", "multiply", "x", 0.1)
    found = operands_of(one, {"x": x})
    assert found[0] is x
    assert type(found[1]) is float
    env: dict[str, Any] = {"x": x}
    run_steps((one,), env)
    assert env["y"].dtype == np.float32


def test_floating_point_trouble_is_no_warning_here() -> None:
    env: dict[str, Any] = {"x": np.array([0.0, -1.0, 1e308])}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        run_steps((step("y", "log", "x"), step("z", "exp", "x"), step("r", "reciprocal", "x")), env)
    assert env["y"][0] == -np.inf
    assert np.isnan(env["y"][1])
    with pytest.warns(RuntimeWarning):
        _ = np.log(env["x"])  # control: numpy itself warns


def test_steps_that_move_with_a_value_are_those_that_read_it_but_for_barriers() -> None:
    assert outputs(dependents(DIAMOND, "x")) == ["a", "c", "e"]
    assert outputs(dependents(DIAMOND, "w")) == ["b", "c", "idle"]
    assert outputs(dependents(DIAMOND, "d")) == ["e"]
    assert outputs(dependents(DIAMOND, "e")) == []


def test_a_value_has_influence_unless_it_is_detached_or_unused() -> None:
    assert influences(DIAMOND, "c") == {"c", "a", "b", "x", "w"}
    assert influences(DIAMOND, "e") == {"e", "d", "x"}
    assert "idle" not in influences(DIAMOND, "c")
    assert {"detach", "no_grad"} == BARRIERS


def test_widened_steps_compute_in_double_precision_from_the_same_numbers() -> None:
    program = built(
        "inputs: {x: {value: [0.1, 0.2], dtype: float32}, n: {value: [1, 2], dtype: int64}}\n"
        "ops:\n  - y = x * full(2, 0.1, dtype='float32') + astype(n, dtype='float32')\n"
        "  - k = astype(x, dtype='int64')\n"
    )
    x = np.array([0.1, 0.2], np.float32)
    narrow: dict[str, Any] = {"x": x, "n": np.array([1, 2])}
    wide: dict[str, Any] = {"x": x.astype(np.float64), "n": np.array([1, 2])}
    run_steps(program.steps, narrow)
    run_steps(widened(program.steps), wide)
    assert {narrow["y"].dtype, wide["y"].dtype} == {np.dtype(np.float32), np.dtype(np.float64)}
    tenth = float(np.float32(0.1))
    assert wide["y"].tolist() == [tenth * tenth + 1, float(np.float32(0.2)) * tenth + 2]
    assert wide["k"].dtype == np.int64
    assert np.array_equal(narrow["y"], wide["y"].astype(np.float32))


def test_widening_leaves_the_program_as_it_was() -> None:
    one = step("c", "constant", value=np.ones(2, np.float32))
    (wide,) = widened((one,))
    assert one.attributes["value"].dtype == np.float32
    assert wide.attributes["value"].dtype == np.float64
    other = step("y", "exp", "x")
    assert widened((other,)) == (other,)
