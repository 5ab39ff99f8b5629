"""What a loop will cost is known before it runs, and a hand-written pass may drive it."""

from gradverify.tape.loop import LIMIT, estimate
from gradverify.tape.script import Repeat
from tests.tape.scripts import done, script_of

NETWORK = """
inputs: {x: "randn(50, 40)", y: "randn(50, 10)", w1: "randn(40, 100)", w2: "randn(100, 10)"}
ops: [h = x @ w1, p = relu(h) @ w2]
loss: 0.5 * sum((p - y) ** 2)
"""
BY_HAND = """
inputs: {x: 4.}
ops: [y = x * x]
loss: y
derived: {ops: [g = 2 * x], grads: {x: g}}
tape:
  - repeat: {times: 3, backward: derived, update: {x: x - 0.25 * g}}
"""


def loop_of(body: str) -> Repeat:
    script, _ = script_of(body)
    act = script.entries[-1].act
    assert isinstance(act, Repeat)
    return act


def test_twice_the_steps_cost_twice() -> None:
    tape = "tape:\n  - repeat: {times: %d, backward: loss, update: {w1: w1 - 1e-4 * w1.grad}}\n"
    once, twice = loop_of(NETWORK + tape % 100), loop_of(NETWORK + tape % 200)
    assert twice.seconds == 2 * once.seconds
    assert 0.01 < once.seconds < LIMIT / 100


def test_a_product_costs_by_its_inner_axis() -> None:
    spec = "inputs: {a: 'ones(2, %d)', b: 'ones(%d, 2)'}\nloss: sum(a @ b)\n"
    spec += "tape:\n  - repeat: {times: 1000, backward: loss, update: {a: a}}\n"
    narrow, wide = loop_of(spec % (10, 10)), loop_of(spec % (10**6, 10**6))
    assert wide.seconds > 100 * narrow.seconds


def test_a_hand_written_pass_drives_a_loop() -> None:
    act = loop_of(BY_HAND)
    assert act.by_hand
    assert [step.op for step in act.derived] == ["multiply"]
    (shown,), model = done(BY_HAND)
    assert shown.trained is not None
    assert shown.trained.losses == (16, 4, 1)
    assert not model.events  # nothing went backward on the tape


def test_an_estimate_of_nothing_is_nothing() -> None:
    from gradverify.program.scope import Memory, Scope

    assert estimate(10, (), Scope(Memory(0))) == 0
