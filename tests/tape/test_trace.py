"""A trace is what a script computed, as a program whose gradients are the mathematical ones."""

from typing import Final

import numpy as np
import pytest

from gradverify.arrays import Array
from gradverify.oracles.oracle import Gradients, Wanted
from gradverify.oracles.rules import Rules
from gradverify.tape.event import Event
from tests.tape.scripts import events_of

SQUARE: Final = "inputs: {x: 3.}\nops: [y = x * x]\nloss: y\ntape:\n"


def gradient(event: Event, key: str = "x") -> Array:
    value = event.program.names[key]
    primals = {"x": np.array(3.0), "w": np.array(2.0), **event.primals}
    found = Rules().differentiate(
        event.program, primals, Wanted((), (value,), event.program.cotangent)
    )
    assert isinstance(found, Gradients)
    return found.wrt[value]


@pytest.mark.parametrize(
    ("steps", "true"),
    [
        ("  - backward: y\n", 6),
        # what was computed is x * x at 3, whatever x holds by the time of the backward pass
        ("  - set: {x: 10 * x}\n  - backward: y\n", 6),
        # what is computed from new values is differentiated at the new values
        ("  - set: {x: 10 * x}\n  - run: z = x * x\n  - backward: z\n", 60),
        # a new value of a non-leaf is a constant; its way to whoever made it stays
        ("  - set: {y: 5}\n  - run: z = y * y\n  - backward: z\n", 60),
        ("  - run: z = x * detach(x)\n  - backward: z\n", 3),
        ("  - detach: y\n  - run: z = x * y\n  - backward: z\n", 9),
        ("  - requires_grad_: {x: false}\n  - run: z = x * y\n  - backward: z\n", 18),
        ("  - {backward: y, cotangent: 0.5}\n", 3),
    ],
)
def test_the_gradient_is_that_of_what_was_computed(steps: str, true: float) -> None:
    *_, last = events_of(SQUARE + steps)
    assert gradient(last) == true


def test_a_view_of_what_was_changed_is_changed_too() -> None:
    body = "inputs: {x: [3., 4.]}\nops: ['v = x[0]']\nloss: v * v\ntape:\n"
    (event,) = events_of(body + "  - set: {x: 2 * x}\n  - run: z = v * v\n  - backward: z\n")
    value = event.program.names["x"]
    found = Rules().differentiate(
        event.program, {"x": np.array([3.0, 4.0])}, Wanted((), (value,), event.program.cotangent)
    )
    assert isinstance(found, Gradients)
    assert found.wrt[value].tolist() == [12, 0]


def test_a_program_has_no_step_that_its_loss_does_not_need() -> None:
    (event,) = events_of(SQUARE + "  - run: [u = exp(x), v = u * y]\n  - backward: y\n")
    assert [step.output for step in event.program.steps] == ["y"]


def test_each_step_of_a_loop_begins_at_its_own_weights() -> None:
    body = "inputs: {x: 3., w: 2.}\nloss: x * w * w\ntape:\n"
    loop = "  - repeat: {times: 3, backward: loss, update: {w: w / 2}, zero: [w, x]}\n"
    events = events_of(body + loop)
    assert [event.step for event in events] == [0, 1, 2]
    assert [float(event.primals["w"]) for event in events] == [2, 1, 0.5]
    assert [gradient(event, "w").item() for event in events] == [12, 6, 3]


def test_a_pass_through_values_of_before_and_after_an_update_is_left_out() -> None:
    body = "inputs: {x: 3., w: 2.}\nops: [y = x * w]\nloss: y\ntape:\n"
    loop = "  - repeat: {times: 1, forward: [l = x * w], backward: l, update: {w: w / 2}}\n"
    events = events_of(body + loop + "  - backward: y * w\n")
    assert [event.position for event in events] == [1]
