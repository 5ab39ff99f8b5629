"""A script is done step by step, and a loop goes on until it breaks, keeping what it has."""

from typing import Final

import numpy as np
import pytest

from gradverify.oracles.torch_tape import tape_of
from gradverify.tape.model import model_of
from gradverify.tape.perform import Advance, perform
from gradverify.tape.shown import INTERRUPTED, NOT_FINITE, Shown, Trained
from gradverify.tape.tape import Tape
from tests.tape.scripts import script_of
from tests.tape.sentences import MODEL, by_both, seen

SQUARE: Final = "inputs: {x: 4.}\nops: [y = x * x]\nloss: y\ntape:\n"
DESCENT: Final = "repeat: {times: 3, backward: y, update: {x: x - 0.25 * x.grad}, zero: x}"
UNZEROED: Final = "repeat: {times: 3, backward: y, update: {x: x - 0.25 * x.grad}}"
UPHILL: Final = "repeat: {times: 9, backward: y, update: {x: 1.e+160 * x}, zero: x}"


def nobody(done: int, times: int) -> None:
    """Nobody watches."""


def shown(tape: str, body: str, advance: Advance = nobody) -> tuple[Shown, ...]:
    script, primals = script_of(body)
    found: Tape = (model_of if tape == MODEL else tape_of)(script, primals)
    with np.errstate(all="ignore"):
        return perform(found, script, advance)


def trained(tape: str, *steps: str, advance: Advance = nobody) -> Trained:
    """Return how the last of some steps went, which is a loop."""
    found = shown(tape, SQUARE + "".join(f"  - {{{step}}}\n" for step in steps), advance)
    last = found[-1].trained
    assert last is not None
    return last


@by_both
def test_a_loop_goes_forward_and_backward_updates_and_zeroes(tape: str) -> None:
    found = trained(tape, DESCENT)
    assert (found.losses, found.stopped) == ((16, 4, 1), "")
    assert {step: grads(found, step) for step in found.snapshots} == {
        0: (4, 8),
        1: (2, 4),
        2: (1, 2),
    }


def grads(found: Trained, step: int) -> tuple[float, float]:
    """Return the weight before a step of a loop, and its gradient."""
    grad = found.snapshots[step].grads["x"]
    assert grad is not None
    return found.snapshots[step].weights["x"].item(), grad.item()


@by_both
def test_gradients_that_nobody_zeroes_add_up(tape: str) -> None:
    found = trained(tape, UNZEROED)
    assert found.losses == (16, 4, 1)
    assert [grads(found, step) for step in (0, 1, 2)] == [(4, 8), (2, 12), (-1, 10)]


@by_both
def test_a_loop_that_leaves_the_numbers_stops_at_that_step(tape: str) -> None:
    found = trained(tape, UPHILL)
    assert found.stopped == NOT_FINITE
    assert found.losses == (16, np.inf)
    assert [*found.snapshots] == [0]


@by_both
def test_a_loop_that_reads_a_missing_gradient_stops_there(tape: str) -> None:
    loop = "repeat: {times: 3, backward: y, update: {x: x - v.grad}}"
    last = shown(tape, SQUARE.replace("x: 4.", "x: 4., v: 1.") + f"  - {{{loop}}}\n")[-1].trained
    assert last is not None
    assert (last.losses, last.stopped) == ((16,), "gradient-missing")
    assert grads(last, 0) == (4, 8)


@by_both
def test_a_loop_whose_graph_was_freed_stops_there(tape: str) -> None:
    loop = "repeat: {times: 3, forward: [z = 2 * y], backward: z, update: {x: x}}"
    found = trained(tape, loop)
    assert (found.losses, found.stopped) == ((32, 32), "graph-freed")


@by_both
def test_nothing_is_done_after_a_loop_that_broke(tape: str) -> None:
    found = shown(tape, f"{SQUARE}  - {{{UPHILL}}}\n  - value: {{x: 0}}\n")
    assert [item.position for item in found] == [1]


@by_both
def test_a_loop_that_is_interrupted_keeps_what_it_has(tape: str) -> None:
    told: list[int] = []

    def advance(done: int, times: int) -> None:
        told.append(done)
        if len(told) == 3:
            raise KeyboardInterrupt
        assert times == 3

    found = trained(tape, DESCENT, advance=advance)
    assert (found.losses, found.stopped) == ((16, 4), INTERRUPTED)
    assert told == [0, 1, 2, 2]


@by_both
def test_somebody_who_watches_is_told_of_every_step_and_of_the_end(tape: str) -> None:
    told: list[tuple[int, int]] = []
    found = trained(tape, DESCENT, advance=lambda done, times: told.append((done, times)))
    assert found.stopped == ""
    assert told == [(0, 3), (1, 3), (2, 3), (3, 3)]


@by_both
def test_the_script_goes_on_after_an_error_and_after_a_loop(tape: str) -> None:
    head = "inputs: {x: 4.}\nops: [y = x * x]\nloss: y"
    steps = ("backward: y", "backward: y", "zero: x", DESCENT, "value: {x: 0}", "grad: {x: 0}")
    assert seen(tape, head, *steps) == ["graph-freed", {"x": 0.5}, {"x": 0}]


@by_both
def test_a_loop_may_be_driven_by_a_backward_pass_of_its_authors(tape: str) -> None:
    body = SQUARE.replace("tape:", "derived: {ops: [g = 2 * x], grads: {x: g}}\ntape:")
    loop = "repeat: {times: 3, backward: derived, update: {x: x - 0.25 * g}}"
    (found,) = shown(tape, body + f"  - {{{loop}}}\n")
    assert found.trained is not None
    assert found.trained.losses == (16, 4, 1)
    assert found.trained.snapshots[0].grads["x"] is None


@pytest.mark.parametrize("times", [1, 2, 12])
def test_the_last_step_is_one_of_those_that_are_compared(times: int) -> None:
    found = trained(MODEL, DESCENT.replace("times: 3", f"times: {times}"))
    assert [*found.snapshots] == sorted({0, *{1, 10}.intersection(range(times)), times - 1})
