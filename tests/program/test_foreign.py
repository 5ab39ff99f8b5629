"""What stands in for a function that is no op can be written in a spec as it is advised."""

import re

import pytest

from gradverify.ops.table import op_named
from gradverify.program.foreign import ADVICE_FOR
from gradverify.program.makers import MAKERS
from tests.program.built import ops, told

CODE = re.compile("`([^`]+)`")
INPUTS = (
    "{x: 'uniform(0.2, 0.8, 3, 3, 3)', y: 'rand(3, 3, 3)', L: 'eye(3)', w: 'eye(3)', b: 'ones(3)', "
    "q: 'rand(6, 3)', k: 'rand(6, 3)', v: 'rand(6, 3)', z: 'rand(6, 3)', d: 3., lp: 'rand(6, 3)', "
    "p: 'uniform(0.2, 0.8, 6)', t: {value: [0, 1, 2, 0, 1, 2], dtype: int64}, "
    "mask: {value: [true, false, true], dtype: bool}}"
)
OF_ONE_TARGET = ("binary_cross_entropy", "binary_cross_entropy_with_logits", "kl_div")
FLAT = {"einsum", "tensordot", "gather", "take", "index_select", "take_along_dim", "pad", "linear"}


def lines(name: str) -> list[str]:
    return [code for code in CODE.findall(ADVICE_FOR[name]) if "(" in code or " " in code]


def shaped(name: str) -> str:
    if name == "pad":
        return INPUTS.replace("uniform(0.2, 0.8, 3, 3, 3)", "ones(2)")
    if name in FLAT:
        return INPUTS.replace("3, 3, 3", "6, 3").replace("y: 'rand(6, 3)'", "y: 'rand(3, 2)'")
    if name in OF_ONE_TARGET:
        inputs = INPUTS.replace("value: [0, 1, 2, 0, 1, 2], dtype: int64", "value: 'rand(6)'")
        return inputs.replace("3, 3, 3", "6").replace("z: 'rand(6, 3)'", "z: 'rand(6)'")
    return INPUTS


@pytest.mark.parametrize("name", ADVICE_FOR)
def test_a_name_with_advice_is_no_op_and_its_message_is_the_advice(name: str) -> None:
    assert op_named(name) is None
    assert name not in MAKERS
    says = told(f"inputs: {{x: 2.}}\nloss: {name}(x)\n")
    assert says.split("\n\n")[-1].startswith(ADVICE_FOR[name])
    assert "Did you mean" not in says


@pytest.mark.parametrize("name", [name for name in ADVICE_FOR if lines(name)])
def test_what_is_advised_can_be_written(name: str) -> None:
    for code in lines(name):
        if "randn" in code or "dtype:" in code:  # what an input is made of
            continue
        assert "no fault" in told(f"inputs: {shaped(name)}\n{ops(f'r = {code}')}"), code


def test_advice_that_cannot_be_written_would_be_noticed() -> None:
    assert "unknown op" in told(f"inputs: {INPUTS}\nops: ['r = x * erf(x)']\n")
