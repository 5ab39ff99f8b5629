"""An examination in the terms of a spec: its status, its party, its prints, and where it points."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import gradverify
from gradverify.arrays import Array
from gradverify.errors import Mark
from gradverify.function.examined import Examined
from gradverify.oracles.written import written_at
from gradverify.report.failure import render_failure
from gradverify.run.codec import decoded, encoded
from gradverify.run.verified import Subject, judged, mark_of, result_of
from gradverify.verdict.verdict import SpecResult
from tests.function.functions import (
    changed,
    examined,
    layer,
    layer_vjp,
    normal,
    square,
    square_vjp,
    twice,
)

X, W = normal(5, 3), normal(3, 4, seed=1)
SUBJECT = Subject("tests/test_ops.py::test_it", "tests/test_ops.py", 7, "test_it")


def result(found: Examined) -> SpecResult:
    return result_of(found, SUBJECT, 0.5)


def statuses(found: SpecResult) -> dict[tuple[str, str, str], str]:
    return {(v.party, v.kind, v.of): v.status.value for v in found.comparisons}


def test_a_right_function_passes_as_a_spec_does() -> None:
    found = result(examined(layer, layer_vjp, X, W, seed=3))
    assert (found.id, found.path, found.line, found.title) == (
        "tests/test_ops.py::test_it", "tests/test_ops.py", 7, "test_it",
    )  # fmt: skip
    assert (found.status, found.seed, found.seconds, found.possible) == ("passed", 3, 0.5, 2)
    assert statuses(found) == {("function", "vjp", "x"): "agree", ("function", "vjp", "w"): "agree"}
    assert [(a.name, a.status.value) for a in found.oracles] == [("function", "agree")]
    assert {*found.sensitivity} == {"x", "w"}
    assert [(p.party, p.kind, p.of) for p in found.prints] == [
        ("function", "vjp", "x"), ("function", "vjp", "w"),
    ]  # fmt: skip


def test_a_wrong_function_fails_with_its_finding_at_the_subject() -> None:
    found = result(examined(layer, changed(layer_vjp, twice, 1), X, W))
    assert found.status == "failed"
    assert statuses(found)["function", "vjp", "w"] == "disagree"
    (finding,) = found.findings
    assert (finding.code, finding.party, finding.of) == ("off-by-factor", "function", "w")
    assert finding.mark == Mark("tests/test_ops.py", 7, 1, "")
    assert (finding.details["kind"], finding.details["factor"]) == ("vjp", pytest.approx(2.0))


def test_what_cannot_be_told_is_undecided() -> None:
    found = result(examined(square, square_vjp, np.zeros(0)))
    assert found.status == "undecided"


@pytest.mark.parametrize("place", ["ops/gelu.py:31", "C:\\ops\\gelu.py:31"])
def test_a_finding_points_to_the_backward_pass_where_that_is_known(place: str) -> None:
    wrong = replace(examined(square, changed(square_vjp, twice), X), place=place)
    (finding,) = result(wrong).findings
    assert finding.mark == Mark(place.removesuffix(":31"), 31, 1, "")
    text = render_failure(result(wrong), "again")
    assert text.startswith(f"{place}  the gradient of the outputs by `x`, by function, is wrong")


@pytest.mark.parametrize("place", ["", "ops.py", "ops.py:x", ":3"])
def test_what_is_no_place_is_none(place: str) -> None:
    assert mark_of(place) is None


def verified(function: Callable[..., Any], *inputs: Any, **options: Any) -> SpecResult:
    return result_of(gradverify.verify(function, inputs, **options).examined, SUBJECT)


def pointed(found: SpecResult) -> str:
    (mark,) = {finding.mark for finding in found.findings}
    assert mark is not None
    return f"{mark.file}:{mark.line}"


def halved(ct: Array, _out: Array, x: Array) -> Array:
    return ct * x


def test_a_finding_points_into_numpy_torch_and_jax_code() -> None:
    torch: Any = pytest.importorskip("torch")
    jax: Any = pytest.importorskip("jax")

    def forward(_: Any, x: Any) -> Any:
        return x * x

    def backward(_: Any, ct: Any) -> Any:
        return ct

    def backward_of_jax(x: Any, ct: Any) -> Any:
        return (ct * x,)

    members = {"forward": staticmethod(forward), "backward": staticmethod(backward)}
    made = type("Wrong", (torch.autograd.Function,), members)

    def with_residual(x: Any) -> Any:
        return custom(x), x

    def around(x: Any) -> Any:
        return 2 * custom(x)

    custom: Any = jax.custom_vjp(square)
    custom.defvjp(with_residual, backward_of_jax)
    x = np.linspace(0.5, 1.0, 4)
    assert pointed(verified(square, x, vjp=halved)) == written_at(halved)
    assert pointed(verified(made.apply, torch.tensor(x))) == written_at(backward)
    jaxed = jax.numpy.asarray(x, dtype="float32")
    assert pointed(verified(around, jaxed)) == written_at(backward_of_jax)


def test_a_reference_is_a_party_of_its_own_and_its_fault_is_not_the_functions() -> None:
    found = verified(square, X, vjp=square_vjp, reference=(square, halved))
    assert found.status == "failed"
    assert statuses(found) == {
        ("function", "vjp", "x"): "agree", ("reference", "vjp", "x"): "disagree",
    }  # fmt: skip
    assert [(f.party, f.mark) for f in found.findings] == [("reference", SUBJECT.mark)]
    assert {(a.name, a.status.value) for a in found.oracles} == {
        ("function", "agree"), ("reference", "disagree"),
    }  # fmt: skip


def test_a_result_can_be_sent_to_another_process() -> None:
    found = result(examined(layer, changed(layer_vjp, twice), X, W))
    assert repr(decoded(encoded(found))) == repr(found)  # it holds NaN


def test_code_of_a_spec_is_told_in_the_same_words() -> None:
    found = examined(square, changed(square_vjp, twice), X)
    in_spec = judged(found, SUBJECT.mark)
    assert in_spec.assessment.findings == result(found).findings
    assert in_spec.prints == result(found).prints
