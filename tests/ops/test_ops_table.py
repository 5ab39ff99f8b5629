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
