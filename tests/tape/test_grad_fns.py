# torch's own types are partial, and the file must also pass where torch is not installed:
# pyright: basic, reportMissingImports=false
"""The kinds of `grad_fn` that the table claims are those that torch shows, all of them."""

from collections.abc import Collection
from functools import cache

import pytest

from gradverify.ops.table import OPS
from gradverify.tape.grad_fns import KINDS, kind_of, kinds
from tests.tape.test_saved import runs

NAMES = (
    *(("MulBackward0", "Mul"), ("MeanBackward1", "Mean"), ("SqueezeBackward4", "Squeeze")),
    *(("ViewBackward", "View"), ("Mul", "Mul"), ("CopyBackwards", "Copy")),
    *(("Expm1Backward0", "Expm1"), ("Log1PBackward0", "Log1P"), ("Expm1", "Expm1")),
    *(("NllLoss2DBackward0", "NllLoss2D"), ("CopySlices", "CopySlices")),
    *(("torch::autograd::CopySlices", "CopySlices"), ("torch::autograd::CopyBackwards", "Copy")),
    *(("AccumulateGrad", "AccumulateGrad"), ("Backward", "Backward"), ("", ""), ("a b", "a b")),
)

every_op = pytest.mark.parametrize("op", OPS)


@cache
def shown(op: str) -> frozenset[str]:
    """Return the kinds that torch shows, in all cases of an op."""
    nodes = [run.output.grad_fn for run in runs(op)]
    return frozenset(kind_of(node.name()) for node in nodes if node is not None)


def unlike(op: str, claimed: Collection[str]) -> frozenset[str]:
    """Return the kinds that are claimed and not shown, or shown and not claimed."""
    return shown(op) ^ frozenset(claimed)


def test_every_op_has_a_row() -> None:
    assert KINDS.keys() == OPS.keys()


@every_op
def test_what_a_row_claims_is_what_torch_shows(op: str) -> None:
    assert unlike(op, kinds(op)) == frozenset()


@every_op
def test_a_row_with_one_kind_more_or_less_is_noticed(op: str) -> None:
    assert unlike(op, kinds(op) | {"Cosh"}) == {"Cosh"}
    assert [unlike(op, kinds(op) - {kind}) for kind in kinds(op)] == [{kind} for kind in kinds(op)]


@pytest.mark.parametrize("op", ["multiply", "mean", "index_update", "matmul"])
def test_the_name_of_the_type_and_of_the_node_are_of_one_kind(op: str) -> None:
    nodes = [run.output.grad_fn for run in runs(op)]
    pairs = [(kind_of(type(node).__name__), kind_of(node.name())) for node in nodes if node]
    assert pairs != []
    assert [pair for pair in pairs if pair[0] != pair[1]] == []


@pytest.mark.parametrize(("name", "kind"), NAMES)
def test_a_kind_is_a_name_without_what_versions_changed(name: str, kind: str) -> None:
    assert kind_of(name) == kind
