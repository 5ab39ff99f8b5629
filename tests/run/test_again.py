"""The command that is printed runs one spec as it was run."""

import shlex
from dataclasses import replace

import pytest

from gradverify.run.again import again, again_file
from tests.support import OPTIONS, spec_of

FIXED = "inputs: {x: [1., 2.]}\nloss: sum(x)\n"
DRAWN = 'inputs: {x: "randn(3)"}\nloss: sum(x)\n'
ALL = replace(OPTIONS, oracles=None)


def test_a_spec_is_named_by_its_id() -> None:
    assert again(spec_of(FIXED), ALL) == "gradverify run t.grad.yaml::t"
    spec = replace(spec_of(FIXED), path="it's here/a.grad.yaml")
    assert shlex.split(again(spec, ALL)) == ["gradverify", "run", "it's here/a.grad.yaml::t"]


@pytest.mark.parametrize("maker", ["randn(3)", "rand (3)", "uniform(0, 1, 3)", "normal(0, 1, 3)"])
def test_the_seed_is_repeated_where_something_was_drawn(maker: str) -> None:
    drawn = spec_of(DRAWN.replace("randn(3)", maker))
    assert again(drawn, replace(ALL, seed=7)) == "gradverify run t.grad.yaml::t --seed 7"
    assert "--seed" not in again(spec_of(FIXED), replace(ALL, seed=7))
    mapping = spec_of('inputs: {x: {value: "randn(3)", dtype: float32}}\nseed: 4\nloss: sum(x)')
    assert again(mapping, ALL) == "gradverify run t.grad.yaml::t --seed 4"


def test_what_was_said_is_repeated_and_what_the_project_says_is_not() -> None:
    chosen = replace(OPTIONS, oracles=("rules", "torch"))
    assert again(spec_of(FIXED), chosen) == "gradverify run t.grad.yaml::t"
    words = ("--oracles", "rules,torch", "--baseline", "a b.jsonl")
    command = again(spec_of(FIXED), replace(chosen, said=words))
    assert command == "gradverify run t.grad.yaml::t --oracles rules,torch --baseline 'a b.jsonl'"


def test_a_file_that_cannot_be_read_is_named_alone() -> None:
    assert again_file("a b.grad.yaml") == "gradverify run 'a b.grad.yaml'"
