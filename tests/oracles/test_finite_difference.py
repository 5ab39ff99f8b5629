"""Differences of the forward pass are right within their bars, whatever the size and the scale."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import combinations
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradverify.arrays import Array, Values
from gradverify.oracles.finite_difference import (
    FEW,
    FiniteDifference,
    directions,
    magnitudes,
    widened_values,
)
from gradverify.oracles.oracle import Gradients, Probe, Wanted
from gradverify.oracles.rules import Rules
from gradverify.program.program import Program, Step
from tests.support import program_of, read_only, step

BARS = 3.0  # that a right derivative may be off
EPS = float(np.finfo(np.float64).eps)
MANY = 100
LARGE = 1_000_000

some = settings(max_examples=40, derandomize=True, deadline=None, database=None)


def answer(
    program: Program, primals: Values, variables: Sequence[str] | None = None, ct: Any = None
) -> Gradients:
    """Return the differences by all inputs, or by the variables named."""
    assert program.loss is not None
    weights = np.ones(program.kinds[program.loss].shape) if ct is None else np.asarray(ct)
    wanted = Wanted((), tuple(variables or primals), weights)
    reply = FiniteDifference().differentiate(program, read_only(primals), wanted)
    assert isinstance(reply, Gradients)
    return reply


def by_rules(program: Program, primals: Values, variables: Sequence[str] | None = None) -> Values:
    assert program.loss is not None
    weights = np.ones(program.kinds[program.loss].shape)
    wanted = Wanted((), tuple(variables or primals), weights)
    reply = Rules().differentiate(program, read_only(primals), wanted)
    assert isinstance(reply, Gradients)
    return reply.wrt


def of_x(x: Array, *steps: Step) -> tuple[Program, dict[str, Array]]:
    """Return a program of one input, whose last step is summed to the loss."""
    inputs = {"x": x}
    return program_of(inputs, *steps, step("loss", "sum", steps[-1].output)), inputs


def along(probe: Probe, gradient: Array) -> float:
    return float(np.sum(gradient * probe.direction))


def fits(probe: Probe, gradient: Array) -> bool:
    """Whether a gradient is what the probe measured, within its bar and the rounding of the sum."""
    found = along(probe, gradient)
    rounding = 8 * EPS * float(np.linalg.norm(gradient * probe.direction)) + 16 * EPS * abs(found)
    allowed = BARS * probe.bar + rounding
    return min(probe.left, probe.right) - allowed <= found <= max(probe.left, probe.right) + allowed


def right(reply: Gradients, name: str, true: Array) -> bool:
    """Whether the truth lies within the precision that is claimed, entry by entry."""
    slack = BARS * reply.precision[name] + 16 * EPS * np.abs(true)
    return bool(np.all(np.abs(reply.wrt[name] - true) <= slack))


# few entries


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


# many entries


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


# kinks


def alone(reply: Gradients, name: str = "x") -> list[int]:
    """Return the entries that are probed alone."""
    lines = (np.flatnonzero(probe.direction) for probe in reply.probes[name])
    return [int(entries[0]) for entries in lines if entries.size == 1]


KINKED: Mapping[str, tuple[Step, Mapping[int, float], float, float]] = {
    "relu at 0": (step("y", "relu", "x"), {3: 0.0, 77: 0.0}, 0.0, 1.0),
    "abs at 0": (step("y", "abs", "x"), {50: 0.0}, -1.0, 1.0),
    "a lower bound": (step("y", "clip", "x", min=-0.5, max=9.0), {8: -0.5}, 0.0, 1.0),
    "an upper bound": (step("y", "clip", "x", min=-9.0, max=0.75), {0: 0.75, 99: 0.75}, 1.0, 0.0),
    "a tie with a number": (step("y", "maximum", "x", 0.25), {42: 0.25}, 0.0, 1.0),
}


@pytest.mark.parametrize("name", KINKED)
def test_entries_at_a_kink_are_found_among_many_and_probed_alone(name: str) -> None:
    bending, entries, left, right = KINKED[name]
    x = np.random.default_rng(6).uniform(1, 2, MANY) * np.where(np.arange(MANY) % 2, 1, -1)
    x[list(entries)] = list(entries.values())
    program, inputs = of_x(x, bending)
    reply = answer(program, inputs)
    assert alone(reply) == sorted(entries)
    for probe in reply.probes["x"]:
        at_kink = [k for k in entries if probe.direction.flat[k] != 0]
        if at_kink:
            size = np.max(np.abs(probe.direction))
            assert probe.kinked
            assert abs(probe.left / size - left) <= BARS * probe.bar / size + 1e-12
            assert abs(probe.right / size - right) <= BARS * probe.bar / size + 1e-12
        else:
            assert not probe.kinked
            assert fits(probe, by_rules(program, inputs)["x"])
            assert probe.bar < 1e-9


def test_away_from_kinks_nothing_is_probed_alone() -> None:
    x = np.random.default_rng(6).uniform(1, 2, MANY) * np.where(np.arange(MANY) % 2, 1, -1)
    for bending, *_ in KINKED.values():
        assert alone(answer(*of_x(x, bending))) == []


def test_the_largest_entries_that_tie_are_at_a_kink() -> None:
    x = np.random.default_rng(6).uniform(0.1, 1, MANY)
    x[[5, 60]] = 3.0
    inputs = {"x": x}
    program = program_of(inputs, step("y", "max", "x"))
    reply = answer(program, inputs)
    assert alone(reply) == [5, 60]
    assert all(probe.kinked for probe in reply.probes["x"] if np.sum(probe.direction != 0) == 1)
    assert alone(answer(program, {"x": np.where(np.arange(MANY) == 5, 2.0, x)})) == []


def test_a_kink_of_few_entries_has_the_interval_of_slopes_as_its_precision() -> None:
    program, inputs = of_x(np.array([0.0, 1.0, -1.0]), step("y", "relu", "x"))
    reply = answer(program, inputs)
    assert abs(reply.wrt["x"][0] - 0.5) < 1e-9
    assert 0.5 <= reply.precision["x"][0] < 0.5 + 1e-9
    assert [probe.kinked for probe in reply.probes["x"]] == [True, False, False]
    assert right(reply, "x", np.array([0.0, 1, 0]))
    assert right(reply, "x", np.array([1.0, 1, 0]))
    assert not right(reply, "x", np.array([3.0, 1, 0]))


def test_where_all_entries_are_at_a_kink_none_is_hidden() -> None:
    program, inputs = of_x(np.zeros(MANY), step("y", "relu", "x"))
    probes = answer(program, inputs).probes["x"]
    assert all(probe.kinked for probe in probes)
    assert all(fits(probe, np.full(MANY, share)) for probe in probes for share in (0.0, 0.5, 1.0))
    assert not any(fits(probe, np.full(MANY, 5.0) * probe.direction) for probe in probes)


# scales


def test_zeros_are_moved_as_far_as_a_typical_entry() -> None:
    assert magnitudes(np.array([0.0, 5.0, -9.0])).tolist() == [4, 4, 8]
    assert magnitudes(np.zeros(3)).tolist() == [1, 1, 1]
    program, inputs = of_x(np.zeros(3), step("y", "sin", "x"))
    assert right(answer(program, inputs), "x", np.ones(3))
    program, inputs = of_x(np.array([0.0, 0.0, 1e-6]), step("y", "exp", "x"))
    reply = answer(program, inputs)
    assert right(reply, "x", np.exp(inputs["x"]))
    assert np.all(reply.precision["x"] < 1e-6)


def test_directions_are_powers_of_two_for_one_entry_and_short_in_bits_for_many() -> None:
    sizes = magnitudes(np.random.default_rng(2).uniform(-9, 9, MANY))
    assert np.all(np.frexp(sizes)[0] == 0.5)
    first, second = directions(sizes, "x", 2)
    assert np.all((first / sizes * 256) == np.rint(first / sizes * 256))
    assert np.all((np.abs(first / sizes) >= 0.5) & (np.abs(first / sizes) < 1))
    assert not np.array_equal(np.sign(first), np.sign(second))
    assert np.array_equal(first, directions(sizes, "x", 2)[0])
    assert not np.array_equal(first, directions(sizes, "w", 2)[0])


APART = np.array([1.0, 3e-12, -2e-3, 1e-12, 5e-6])


def test_entries_twelve_orders_of_magnitude_apart_each_have_a_derivative() -> None:
    program, inputs = of_x(APART, step("y", "sin", "x"))
    reply = answer(program, inputs)
    assert right(reply, "x", np.cos(APART))
    assert np.all(reply.precision["x"] < 1e-4)
    assert not right(reply, "x", np.cos(APART) + 1e-3)


def test_far_apart_entries_of_many_are_seen_along_a_line_that_moves_all_alike() -> None:
    x = 10.0 ** np.linspace(-12, 0, MANY)
    program, inputs = of_x(x, step("y", "sin", "x"))
    probes = answer(program, inputs).probes["x"]
    true = np.cos(x)
    assert all(fits(probe, true) for probe in probes)
    for k in (0, MANY // 2, MANY - 1):
        wrong = true.copy()
        wrong[k] *= 1.001
        assert not all(fits(probe, wrong) for probe in probes)


@pytest.mark.parametrize("distance", [1e-2, 1e-4, 1e-6])
def test_the_end_of_the_domain_nearby_does_not_reach_the_derivative(distance: float) -> None:
    x = np.array([1 + distance, 2.0])
    program, inputs = of_x(x, step("d", "subtract", "x", 1.0), step("y", "log", "d"))
    reply = answer(program, inputs)
    true = 1 / (x - 1)
    assert right(reply, "x", true)
    assert np.all(reply.precision["x"] <= 1e-3 * true)
    assert not right(reply, "x", 1.01 * true)


@pytest.mark.parametrize("x", [1e-5, 1e-8, 1e-12])
@pytest.mark.parametrize("op", ["log", "sqrt", "reciprocal"])
def test_small_entries_of_a_singular_function_have_derivatives_on_their_own_scale(
    op: str, x: float
) -> None:
    program, inputs = of_x(np.array([x, x]), step("y", op, "x"))
    reply, true = answer(program, inputs), by_rules(program, inputs)["x"]
    assert right(reply, "x", true)
    assert np.all(reply.precision["x"] <= 1e-6 * np.abs(true))


@pytest.mark.parametrize(
    ("op", "x"),
    [("log", 0.0), ("log", -1.0), ("sqrt", -1.0), ("exp", 1e4), ("sqrt", 0.0), ("reciprocal", 0.0)],
)
def test_where_a_line_has_no_values_the_bar_is_infinite(op: str, x: float) -> None:
    program, inputs = of_x(np.array([x, 1.0]), step("y", op, "x"))
    reply = answer(program, inputs)
    assert reply.probes["x"][0].bar == np.inf
    assert not np.isfinite(reply.precision["x"][0])
    program, inputs = of_x(np.array([1.0, 1.0]), step("y", op, "x"))
    assert np.all(np.isfinite(answer(program, inputs).precision["x"]))


# what is measured


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
