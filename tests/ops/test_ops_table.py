"""No row of the table can be lost, and every row keeps its word."""

import inspect
from dataclasses import replace

import pytest

from gradverify.ops.op import Op
from gradverify.ops.table import ALIASES, OPS, DuplicateOpError, aliases, op_named, table

every_op = pytest.mark.parametrize("op", OPS.values(), ids=OPS.keys())


def test_a_second_row_of_the_same_name_is_an_error() -> None:
    with pytest.raises(DuplicateOpError, match="two ops are named 'exp'"):
        _ = table(OPS["exp"], OPS["exp"])
    assert list(table(OPS["exp"], OPS["log"])) == ["exp", "log"]


@pytest.mark.parametrize("alias", ["exp", "mul"])
def test_an_alias_that_is_taken_is_an_error(alias: str) -> None:
    rows = {**OPS, "exp": replace(OPS["exp"], aliases=(alias,))}
    with pytest.raises(DuplicateOpError):
        _ = aliases(rows)


def test_an_op_is_found_by_name_and_by_alias() -> None:
    assert op_named("clip") is OPS["clip"]
    assert op_named("clamp") is OPS["clip"]
    assert op_named("clmp") is None
    assert all(op_named(alias) is OPS[name] for alias, name in ALIASES.items())


@every_op
def test_defaults_of_functions_are_the_rows(op: Op) -> None:
    defaults = {item.name: item.default for item in op.attributes if not item.required}
    for function in (op.primal, op.vjp, op.shape, op.margin):
        if inspect.isfunction(function):
            for parameter in inspect.signature(function).parameters.values():
                has_default = parameter.default is not parameter.empty
                assert not has_default or parameter.default == defaults[parameter.name]


@every_op
def test_domains_are_of_operands(op: Op) -> None:
    assert set(op.domain) <= set(op.operands)


@every_op
def test_a_row_says_in_one_sentence_what_it_is(op: Op) -> None:
    assert op.about.endswith(".")
    assert ". " not in op.about
    assert len(op.about) < 200


@every_op
def test_a_row_with_a_kink_and_a_gradient_says_which_derivative_it_takes_there(op: Op) -> None:
    words = ("derivative", "gradient", "slope", "cotangent")
    assert op.margin is None or any(word in op.about for word in words)


@pytest.mark.parametrize("name", ["std", "var"])
def test_the_correction_that_differs_from_torch_is_told(name: str) -> None:
    assert "correction is 0" in OPS[name].about
    assert "torch's default is 1" in OPS[name].about
    assert next(a for a in OPS[name].attributes if a.name == "correction").default == 0
