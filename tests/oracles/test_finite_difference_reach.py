"""Differences know kinks, sizes far apart and ends of domains, and never claim what they cannot."""

from collections.abc import Mapping

import numpy as np
import pytest
from hypothesis import settings

from gradverify.oracles.enclosure import Enclosure, enclose
from gradverify.oracles.finite_difference import (
    directions,
    magnitudes,
)
from gradverify.oracles.oracle import Gradients
from gradverify.program.program import Step
from gradverify.verdict.truth import Outcome, read
from tests.oracles.asked import BARS, answer, by_rules, fits, of_x, right
from tests.oracles.random_programs import random_program
from tests.support import program_of, step

MANY = 100
LARGE = 1_000_000

some = settings(max_examples=40, derandomize=True, deadline=None, database=None)


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
    x = np.random.default_rng(2).uniform(-9, 9, MANY)
    sizes = magnitudes(x)
    assert np.all(np.frexp(sizes)[0] == 0.5)
    first, second = directions(x, "x", 2)
    assert np.all((first / sizes * 256) == np.rint(first / sizes * 256))
    assert np.all((np.abs(first / sizes) >= 0.5) & (np.abs(first / sizes) < 1))
    assert not np.array_equal(np.sign(first), np.sign(second))
    assert np.array_equal(first, next(directions(x, "x", 2)))
    assert not np.array_equal(first, next(directions(x, "w", 2)))


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


@pytest.mark.parametrize("x", [300.0, 1000.0, 2000.0])
def test_a_function_that_is_flat_far_out_is_not_taken_for_flat_here(x: float) -> None:
    steps = (step("s", "square", "x"), step("l", "log", "s"), step("y", "tanh", "l"))
    program, inputs = of_x(np.array([x]), *steps)
    reply = answer(program, inputs)
    true = 8 * x**3 / (x**4 + 1) ** 2
    assert right(reply, "x", np.array([true]))
    assert reply.precision["x"][0] < true / 8
    assert not right(reply, "x", np.array([0.0]))


@pytest.mark.parametrize("scale", [1e-9, 1e-12])
def test_a_line_that_hardly_moves_is_followed_further_out(scale: float) -> None:
    inputs = {"x": np.full(1, scale), "c": np.ones(1)}
    program = program_of(inputs, step("y", "add", "x", "c"), step("loss", "sum", "y"))
    reply = answer(program, inputs)
    assert right(reply, "x", np.ones(1))
    assert reply.precision["x"][0] < 1e-4
    assert not right(reply, "x", np.array([1.001]))


def _finite(enclosed: Enclosure) -> bool:
    return bool(np.all(np.isfinite(enclosed.mid) & np.isfinite(enclosed.rad)))


def verdicts(seeds: range, wrong: float) -> list[tuple[int, Outcome]]:
    """Return what each line through each random program says of its gradient, off by a share."""
    found: list[tuple[int, Outcome]] = []
    for seed in seeds:
        program, inputs = random_program(seed)
        with np.errstate(all="ignore"):
            values, gradients = enclose(program, inputs, np.ones(()))
        doubt = float(values["loss"].rad)
        for name, probes in answer(program, inputs).probes.items():
            true = gradients.get(name)
            if true is not None and np.any(true.mid) and _finite(true):
                claim = true.mid * (1 + wrong)
                found += [(seed, read(p, claim, true.rad, doubt).outcome) for p in probes]
    return found


def test_lines_through_random_programs_refute_no_right_gradient_and_every_wrong_one() -> None:
    right = verdicts(range(150), 0.0)
    assert [seed for seed, outcome in right if outcome is Outcome.REFUTED] == []
    told = [outcome for _, outcome in right if outcome is not Outcome.SILENT]
    assert len(told) > 0.9 * len(right)
    wrong = verdicts(range(150), 0.5)
    refuted = [outcome for _, outcome in wrong if outcome is Outcome.REFUTED]
    assert len(refuted) > 0.7 * len(wrong)
