"""Inputs reach the code that a spec names by name, or in order, and keep their own names."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.run.code_project import numpy_spec, project, result


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    with project(tmp_path, monkeypatch) as here:
        yield here


X, W = "[[1., 2., 3.], [4., 5., 6.]]", "[[1.], [2.], [0.5]]"


@pytest.mark.parametrize(
    ("function", "inputs"),
    [
        ("product", f"{{x: {X}, w: {W}}}"),
        ("product", f"{{w: {W}, x: {X}}}"),  # by name, whatever the order
        ("product", f"{{first: {X}, second: {W}}}"),  # in order where no name fits
        ("scaled", "{w: [1., 2.], x: [3., 4.]}"),  # w by keyword alone
        ("total", "{a: [1., 2.], b: [3., 4.]}"),
        ("every", "{a: [1., 2.], b: [3., 4.]}"),
    ],
)
def test_inputs_are_handed_over_and_keep_their_names(function: str, inputs: str) -> None:
    found = result(numpy_spec(function, f"{function}_backward", inputs=inputs))
    assert found.status == "passed", found.faults
    names = {verdict.of for verdict in found.comparisons}
    assert {f"{name}:" for name in names} <= {*inputs.replace("{", "").split()}


def test_a_finding_names_the_input_of_the_spec_and_not_the_parameter() -> None:
    body = numpy_spec("softplus", "softplus_twice", inputs="{mine: [1., 2.]}")
    found = result(body)
    assert [(f.code, f.of) for f in found.findings] == [("off-by-factor", "mine")]


def test_an_input_without_a_gradient_stands_still() -> None:
    inputs = f"{{w: {W}, x: {{value: {X}, requires_grad: false}}}}"
    found = result(numpy_spec("product", "product_backward", inputs=inputs))
    assert found.status == "passed", found.faults
    assert [verdict.of for verdict in found.comparisons] == ["w"]


def test_a_wrong_gradient_of_what_stands_still_is_nobodys_fault() -> None:
    vjp = ("softplus_twice", "x: {value: [1., 2.], requires_grad: false}")
    moving = numpy_spec("softplus", vjp[0], inputs="{x: [1., 2.]}")
    still = numpy_spec("softplus", vjp[0], inputs=f"{{{vjp[1]}}}")
    assert result(moving).status == "failed"
    (fault,) = result(still).faults
    assert "no input to differentiate by" in fault


def test_numbers_are_handed_over_in_their_dtype() -> None:
    inputs = "{x: {value: [1., 2.], dtype: float32}}"
    found = result(numpy_spec("softplus", "softplus_backward", inputs=inputs))
    assert found.status == "passed"
    whole = result(
        numpy_spec("softplus", "softplus_backward", inputs="{x: {value: [1], dtype: int64}}")
    )
    assert "ndarray of int64" in whole.faults[0]
