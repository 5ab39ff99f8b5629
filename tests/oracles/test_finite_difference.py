"""Differences of the forward pass are right within their bars, few entries or a million."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradverify.arrays import Array
from gradverify.oracles.finite_difference import (
    FEW,
    FiniteDifference,
    widened_values,
)
from gradverify.oracles.oracle import Gradients, Probe, Wanted
from gradverify.program.program import Program
from tests.oracles.asked import along, answer, by_rules, fits, of_x, right
from tests.support import program_of, step

MANY = 100
LARGE = 1_000_000

some = settings(max_examples=40, derandomize=True, deadline=None, database=None)


@some
@given(x=st.lists(st.floats(0.1, 4), min_size=1, max_size=FEW), op=st.sampled_from(["exp", "log"]))
def test_few_entries_are_taken_one_by_one(x: list[float], op: str) -> None:
    program, inputs = of_x(np.array(x), step("y", op, "x"))
    reply = answer(program, inputs)
    true = np.exp(x) if op == "exp" else 1 / np.array(x)
    assert right(reply, "x", true)
    assert np.all(reply.precision["x"] <= 1e-6 * np.max(true))
    assert not right(reply, "x", true + 1e-5 * np.max(true))
    assert [np.count_nonzero(probe.direction) for probe in reply.probes["x"]] == [1] * len(x)


def test_more_entries_are_taken_along_two_lines_through_an_input_and_one_through_others() -> None:
    program, inputs = of_x(np.linspace(1, 2, FEW + 1), step("y", "exp", "x"))
    reply = answer(program, inputs, ["x", "y"])
    assert (len(reply.probes["x"]), len(reply.probes["y"])) == (2, 1)
    assert not reply.wrt
    assert all(np.all(probe.direction != 0) for probe in reply.probes["x"])


def test_a_shape_is_kept_and_a_scalar_is_one_entry() -> None:
    inputs = {"x": np.array([[1.0, 2.0], [3, 4]]), "c": np.array(0.5)}
    program = program_of(inputs, step("y", "multiply", "x", "c"))
    reply = answer(program, inputs, ct=[[1, 10], [100, 1000.0]])
    assert right(reply, "x", np.array([[0.5, 5], [50, 500]]))
    assert reply.wrt["c"].shape == ()
    assert right(reply, "c", np.array(4321.0))


def exponentials(size: int) -> tuple[Program, dict[str, Array]]:
    x = np.random.default_rng(1).uniform(-2, 2, size)
    return of_x(x, step("y", "exp", "x"))


def passes(size: int) -> list[int]:
    reply = answer(*exponentials(size))
    return [probe.passes for probe in reply.probes["x"]]


def test_a_million_inputs_cost_as_many_passes_as_ten() -> None:
    assert passes(10) == passes(LARGE)
    assert max(passes(10)) <= 20


def test_one_wrong_entry_in_a_million_is_seen() -> None:
    program, inputs = exponentials(LARGE)
    probes = answer(program, inputs).probes["x"]
    gradient = np.exp(inputs["x"])
    assert all(fits(probe, gradient) for probe in probes)
    gradient[123_456] *= 1 + 1e-3
    assert not any(fits(probe, gradient) for probe in probes)


def unseen(probes: Sequence[Probe], size: int, other: float) -> float:
    """Return the share of pairs of entries that are off, one by a half, and no probe says so."""
    pairs = list(combinations(range(size), 2))
    missed = 0
    for i, j in pairs:
        wrong = np.ones(size)
        wrong[[i, j]] = 1.5, 1 + other
        missed += all(fits(probe, wrong) for probe in probes)
    return missed / len(pairs)


@pytest.mark.parametrize("other", [0.5, -0.5])
def test_two_entries_that_are_off_alike_do_not_cancel(other: float) -> None:
    size = 6 * FEW
    program, inputs = of_x(np.ones(size), step("y", "multiply", "x", 1.0))
    probes = answer(program, inputs, ["x", "y"]).probes
    assert unseen(probes["x"], size, other) == 0
    assert unseen(probes["y"], size, other) < 0.01
    signs = [replace(p, direction=np.sign(p.direction)) for p in probes["y"]]
    signs = [replace(p, derivative=0.0, left=s, right=s) for p in signs for s in [sum_of(p)]]
    assert unseen(signs, size, other) > 0.4  # control: with signs alone every second pair would


def sum_of(probe: Probe) -> float:
    return along(probe, np.ones(probe.direction.shape))


@some
@given(seed=st.integers(0, 2**16), size=st.integers(FEW + 1, 60))
def test_lines_fit_the_gradient_of_a_network(seed: int, size: int) -> None:
    rng = np.random.default_rng(seed)
    inputs = {"x": rng.uniform(-1, 1, (3, size)), "w": rng.uniform(-1, 1, (size, 4))}
    program = program_of(
        inputs,
        step("h", "matmul", "x", "w"),
        step("a", "tanh", "h"),
        step("p", "softmax", "a", axis=1),
        step("q", "square", "p"),
        step("loss", "sum", "q"),
    )
    names = ["x", "w", "h", "a"]
    true, reply = by_rules(program, inputs, names), answer(program, inputs, names)
    for name in names:
        for probe in reply.probes[name]:
            assert fits(probe, true[name])
            assert probe.bar <= 1e-8 * float(np.linalg.norm(true[name] * probe.direction))
            assert not fits(probe, true[name] * (1 + 1e-6))


@pytest.mark.parametrize("barrier", ["detach", "no_grad"])
def test_what_is_detached_stands_still(barrier: str) -> None:
    x = {"x": np.array([2.0, 3.0])}
    steps = (step("c", barrier, "x"), step("y", "multiply", "x", "c"), step("z", "sum", "y"))
    program = program_of(x, *steps)
    reply = answer(program, x, ["x", "c"])
    assert right(reply, "x", np.array([2.0, 3.0]))
    assert not right(reply, "x", np.array([4.0, 6.0]))
    assert fits(reply.probes["c"][0], np.array([2.0, 3.0]))


def test_a_variable_that_the_loss_cannot_see_has_zeros_without_a_bar() -> None:
    x = {"x": np.array([2.0, 3.0]), "idle": np.ones(2)}
    reply = answer(program_of(x, step("y", "sum", "x")), x)
    assert reply.wrt["idle"].tolist() == [0, 0]
    assert np.all(reply.precision["idle"] < 1e-12)


def test_intermediates_are_moved_themselves() -> None:
    x = {"x": np.array([0.5])}
    program = program_of(x, step("y", "exp", "x"), step("z", "square", "y"), step("l", "sum", "z"))
    reply = answer(program, x, ["x", "y", "z", "l"])
    assert right(reply, "x", 2 * np.exp([1.0]))
    assert right(reply, "y", 2 * np.exp([0.5]))
    assert right(reply, "z", np.ones(1))
    assert right(reply, "l", np.ones(()))


def test_a_single_precision_program_is_measured_in_double_precision() -> None:
    x = {"x": np.linspace(0.1, 1, 5, dtype=np.float32)}
    program = program_of(
        x,
        step("c", "constant", value=np.full(5, 0.1, np.float32)),
        step("p", "multiply", "x", "c"),
        step("q", "astype", "p", dtype="float32"),
        step("y", "exp", "q"),
        step("loss", "sum", "y"),
    )
    reply = answer(program, x)
    c = float(np.float32(0.1))
    true = c * np.exp(c * x["x"].astype(np.float64))
    assert right(reply, "x", true)
    assert np.all(reply.precision["x"] < 1e-10)
    single = by_rules(program, x)["x"]
    assert not right(reply, "x", single.astype(np.float64))  # control: single precision is seen
    assert {v.dtype for v in widened_values(program, x).values()} == {np.dtype(np.float64)}


def test_values_alone_cost_no_derivative() -> None:
    x = {"x": np.array([1.0, 2.0])}
    program = program_of(x, step("y", "square", "x"))
    reply = FiniteDifference().differentiate(program, x, Wanted(("y",), ("x",), None))
    assert isinstance(reply, Gradients)
    assert reply.values["y"].tolist() == [1, 4]
    assert not reply.wrt
    assert not reply.probes
