"""A script is its entries in order, each with what it records and what it does."""

import pytest

from gradverify.spec.tape_model import ERRORS, MODIFIERS, VERBS
from gradverify.tape.build import ACTS
from gradverify.tape.script import Backward, Read, Repeat, Run, Uninitialised
from tests.tape.scripts import script_of

SQUARE = "inputs: {x: [1., 2.]}\nops: [y = x * x]\nloss: sum(y)\ntape:\n"


def test_every_verb_becomes_an_act() -> None:
    assert ACTS.keys() == set(VERBS)
    assert not set(MODIFIERS) & set(VERBS)
    assert len(ERRORS) == len(set(ERRORS))


def test_entries_count_from_one_and_stand_in_their_lines() -> None:
    script, _ = script_of(SQUARE + "  - run: z = y + 1\n  - backward: sum(z)\n  - grad: {x: 2}\n")
    assert [entry.position for entry in script.entries] == [1, 2, 3]
    assert [entry.mark.line for entry in script.entries] == [7, 8, 9]
    assert [type(entry.act) for entry in script.entries] == [Run, Backward, Read]


def test_an_expression_to_go_backward_from_is_recorded_before() -> None:
    script, _ = script_of(SQUARE + "  - backward: sum(y * 2)\n")
    (entry,) = script.entries
    assert [step.op for step in entry.records] == ["multiply", "sum"]
    assert isinstance(entry.act, Backward)
    assert entry.act.variable.key == entry.records[-1].output


def test_the_loss_of_the_spec_is_named_so() -> None:
    script, _ = script_of(SQUARE + "  - backward: loss\n")
    assert script.start[-1].output == script.names["loss"]


def test_a_name_may_be_given_to_another_tensor() -> None:
    script, _ = script_of(SQUARE + "  - run: x = x.view(2, 1)\n  - {backward: sum(x)}\n")
    assert script.names["x"] == "x#2"


@pytest.mark.parametrize(
    ("text", "shape"), [("empty()", ()), ("empty(2)", (2,)), ("'empty((2, 1))'", (2, 1))]
)
def test_memory_that_nobody_wrote_to_has_the_shape_that_is_asked_for(
    text: str, shape: tuple[int, ...]
) -> None:
    script, _ = script_of(SQUARE + f"  - {{backward: y, cotangent: {text}}}\n")
    act = script.entries[0].act
    assert isinstance(act, Backward)
    assert act.cotangent == Uninitialised(shape)


def test_a_loop_without_statements_has_those_of_the_spec_and_its_loss() -> None:
    script, _ = script_of(SQUARE + "  - repeat: {times: 2, backward: loss, update: {x: x / 2}}\n")
    act = script.entries[0].act
    assert isinstance(act, Repeat)
    assert [step.op for step in act.forward] == ["multiply", "sum"]
    assert act.backward.variable.key == act.forward[-1].output


def test_a_written_number_is_as_precise_as_it_is_written() -> None:
    script, _ = script_of(SQUARE + "  - backward: loss\n  - grad: {x: [2., 4.00]}\n")
    act = script.entries[1].act
    assert isinstance(act, Read)
    precision = act.said[0].precision
    assert precision is not None
    assert precision.tolist() == [0, 0.005]
