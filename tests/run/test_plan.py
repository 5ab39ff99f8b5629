"""Who is asked, and for which gradients, follows from the program and from what somebody claims."""

from dataclasses import replace

import pytest

from gradverify.oracles.table import ORACLES
from gradverify.program.build import build_program
from gradverify.program.program import Program
from gradverify.run.plan import labels, marks, parties, wanted
from tests.support import OPTIONS, spec_of

ALL = replace(OPTIONS, oracles=None)
CHAIN = """
inputs:
  x: [1., 2.]
  t: {value: [3., 4.], requires_grad: false}
  n: {value: [0, 1], dtype: int64}
ops:
  - h = x * t
  - unused = x + 1
  - c = t * 2
  - y = h[n] + c
loss: sum(y * y)
"""
CLAIMS = {
    "expect: {grads: {x: 2 * y * t}}": {"stated"},
    "recorded: {values: {h: [3., 8.]}}": {"recorded"},
    "derived: {ops: [g = 2 * y * t], grads: {x: g}}": {"derived"},
    "expect: {values: {h: [3., 8.]}}\nrecorded: {grads: {x: [1., 1.]}}": {"stated", "recorded"},
    "": set[str](),
}


def program(body: str) -> Program:
    return build_program(spec_of(body), OPTIONS.max_bytes)


@pytest.mark.parametrize("claims", CLAIMS)
def test_who_claims_is_asked_only_where_there_are_claims(claims: str) -> None:
    asked = set(parties(program(CHAIN + claims), ALL))
    assert asked & {"derived", "stated", "recorded"} == CLAIMS[claims]
    assert asked >= {"rules", "finite_difference", "torch", "jax"}


def test_everybody_is_asked_in_the_order_of_the_table() -> None:
    body = CHAIN + "".join(f"{claims}\n" for claims in list(CLAIMS)[:3])
    asked = [name for name in parties(program(body), ALL) if name in ORACLES]
    assert asked == list(ORACLES)


def test_only_the_oracles_that_are_chosen_are_asked() -> None:
    chosen = replace(ALL, oracles=("torch", "stated"))
    assert parties(program(CHAIN), chosen) == ("torch",)
    assert parties(program(CHAIN + next(iter(CLAIMS))), chosen) == ("torch", "stated")


def variables(body: str) -> set[str]:
    built = program(body)
    named = {value: name for name, value in built.names.items()}
    return {named[name] for name in wanted(built).variables}


def test_inputs_and_what_lies_between_them_and_the_loss_are_compared() -> None:
    assert variables(CHAIN) == {"x", "h", "y"}


def test_what_asks_for_no_gradient_or_reaches_no_loss_is_not_compared() -> None:
    assert variables(CHAIN).isdisjoint({"t", "n", "c", "unused"})


def test_whatever_somebody_claims_is_compared_as_well() -> None:
    assert variables(CHAIN + "expect: {grads: {c: 2 * y, t: x}}") == {"x", "h", "y", "c", "t"}


def test_a_spec_without_a_loss_has_values_alone() -> None:
    question = wanted(program("inputs: {x: [1., 2.]}\nops: [y = x * x]\n"))
    assert question.values == ("x", "y")
    assert question.variables == ()
    assert question.cotangent is None


def test_every_named_value_has_the_name_that_its_author_gave_it() -> None:
    built = program(CHAIN)
    named = labels(built)
    assert set(named.values()) >= {"x", "t", "h", "y", "c", "loss"}
    assert named[built.names["h"]] == "h"


def test_a_name_that_is_given_again_names_the_latest_value() -> None:
    built = program("inputs: {x: [1., 2.]}\nops: [y = x * x, y = y + 1]\nloss: sum(y)\n")
    assert [n for n, of in labels(built).items() if of == "y"] == [built.names["y"]]


def test_every_claim_has_its_place() -> None:
    spec = spec_of(CHAIN + "expect: {grads: {x: 2 * y * t}}\nrecorded: {values: {h: [3., 8.]}}")
    places = marks(spec, build_program(spec, OPTIONS.max_bytes))
    assert places["", "", ""].text == "loss: sum(y * y)"
    assert places["stated", "grads", "x"].text.startswith("expect")
    assert places["recorded", "values", "h"].text.startswith("recorded")
