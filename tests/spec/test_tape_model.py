"""A step of a tape has one verb, and the words that belong to it."""

import pytest

from gradverify.errors import SpecErrors
from gradverify.spec.parse import specs_of
from gradverify.spec.source import source_of
from gradverify.spec.tape_model import MODIFIERS, VERBS, TapeStepModel

HEAD = "gradverify: 1\ntitle: a\ninputs: {x: 1.}\nloss: x\ntape:\n"


def step_of(text: str) -> TapeStepModel:
    (spec,) = specs_of(source_of("a.grad.yaml", f"{HEAD}  - {text}\n"))
    return spec.model.tape[0]


def test_every_field_is_a_verb_or_a_word_beside_one() -> None:
    assert set(VERBS) | set(MODIFIERS) == set(TapeStepModel.model_fields)
    assert all(set(beside) <= set(VERBS) for beside in MODIFIERS.values())


@pytest.mark.parametrize(
    ("text", "verb"),
    [("backward: x", "backward"), ("{zero: x, set_to_none: true}", "zero"), ("run: y = x", "run")],
)
def test_a_step_knows_its_verb(text: str, verb: str) -> None:
    assert step_of(text).verb == verb


def test_one_name_is_a_list_of_one() -> None:
    assert step_of("zero: x").zero == step_of("zero: [x]").zero == ("x",)


@pytest.mark.parametrize("null", ["null", "~", "Null", "NULL"])
def test_none_is_read_where_a_tape_shows_it(null: str) -> None:
    assert step_of(f"grad: {{x: {null}}}").grad == {"x": None}
    assert step_of(f"grad_fn: {{x: {null}}}").grad_fn == {"x": None}


@pytest.mark.parametrize(
    "text", ["value: {x: null}", "is_leaf: {x: null}", "zero: null", "grad: {x: }"]
)
def test_none_is_read_nowhere_else(text: str) -> None:
    with pytest.raises(SpecErrors):
        _ = step_of(text)


def test_losses_go_by_the_number_of_their_step() -> None:
    model = step_of(
        "repeat: {times: 3, backward: x, update: {x: x}, loss: {values: {0: 1.5, 2: 1}}}"
    )
    assert model.repeat is not None
    assert dict(model.repeat.loss.values) == {0: 1.5, 2: 1}
