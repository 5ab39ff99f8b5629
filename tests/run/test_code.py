"""Code that a spec names is imported where that is allowed, examined, and one more party."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from gradverify.run.again import again
from gradverify.run.code import CodeOracle
from gradverify.verdict.verdict import SpecResult
from tests.run.code_project import numpy_spec, project, result
from tests.support import OPTIONS, codes, spec_of

RIGHT = numpy_spec("softplus", "softplus_backward")
WRONG = numpy_spec("softplus", "softplus_twice")
BESIDE = ("ops: [y = x * x]", "loss: sum(y)")
MISUSED = numpy_spec("squares", "squares_misused", *BESIDE)
SHORT = numpy_spec("squares", "squares_wrong", *BESIDE)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    with project(tmp_path, monkeypatch) as here:
        yield here


def said(found: SpecResult) -> dict[tuple[str, str, str], str]:
    return {(v.party, v.kind, v.of): v.status.value for v in found.comparisons}


def test_a_right_function_passes_and_is_a_party() -> None:
    found = result(RIGHT)
    assert found.status == "passed", found.faults
    assert said(found) == {("function", "vjp", "x"): "agree"}
    assert [(a.name, a.status.value) for a in found.oracles] == [("function", "agree")]
    assert found.sensitivity["x"].whole < 1e-6


def test_a_wrong_function_fails_with_its_cause_at_its_place() -> None:
    found = result(WRONG)
    assert found.status == "failed"
    assert codes(found) == [("off-by-factor", "function", "x")]
    assert found.findings[0].mark is not None
    assert (found.findings[0].mark.file, found.findings[0].mark.line) == ("mypackage/ops.py", 14)


def test_a_wrong_function_that_is_listed_passes_and_another_code_does_not() -> None:
    listed = "findings: [{code: %s, party: function, of: x}]"
    assert result(f"{WRONG}\n{listed % 'off-by-factor'}").status == "passed"
    assert result(f"{WRONG}\n{listed % 'transposed'}").status == "failed"
    missing = result(f"{RIGHT}\n{listed % 'off-by-factor'}")
    assert (missing.status, len(missing.missing)) == ("failed", 1)


def test_a_finding_of_the_function_as_a_whole_can_be_listed() -> None:
    body = numpy_spec("drawn", "drawn_backward")
    found = result(body)
    assert (found.status, codes(found)) == ("failed", [("not-deterministic", "function", "")])
    listed = "findings: [{code: not-deterministic, party: function}]"
    assert result(f"{body}\n{listed}").status == "passed"


@pytest.mark.parametrize("more", [(), ("ops: [y = 2 * x]",), ("loss: sum(2 * x)",)])
def test_a_backward_pass_that_raises_is_a_missing_gradient(more: tuple[str, ...]) -> None:
    body = numpy_spec("loud", "loud_raising", *more)
    found = result(body)
    assert found.status == "failed"
    missing = [f for f in found.findings if f.code == "gradient-missing"]
    assert [f.party for f in missing] == ["function"]
    assert "not this way" in missing[0].message
    assert result(f"{numpy_spec('loud', 'loud_backward')}").status == "passed"


def test_beside_statements_the_function_is_compared_with_them() -> None:
    found = result(numpy_spec("squares", "squares_backward", *BESIDE))
    assert found.status == "passed", found.faults
    told = said(found)
    for kind, of in (("value", "loss"), ("gradient", "x"), ("vjp", "x")):
        assert told["function", kind, of] == "agree"
    assert told["rules", "gradient", "x"] == "agree"


def test_beside_statements_a_wrong_gradient_is_compared_twice_and_told_once() -> None:
    found = result(SHORT)
    assert found.status == "failed"
    told = said(found)
    assert told["function", "gradient", "x"] == told["function", "vjp", "x"] == "disagree"
    assert told["rules", "gradient", "x"] == "agree"
    assert codes(found) == [("off-by-factor", "function", "x")]
    assert found.findings[0].details["kind"] == "vjp"
    listed = "findings: [{code: off-by-factor, party: function, of: x}]"
    assert result(f"{SHORT}\n{listed}").status == "passed"


def test_where_the_examination_names_a_cause_there_is_no_mismatch_besides() -> None:
    found = result(MISUSED)
    assert codes(found) == [("cotangent-misused", "function", "x")]
    told = said(found)
    assert told["function", "gradient", "x"] == told["function", "vjp", "x"] == "disagree"
    listed = "findings: [{code: cotangent-misused, party: function, of: x}]"
    assert result(f"{MISUSED}\n{listed}").status == "passed"
    other = listed.replace("cotangent-misused", "mismatch")
    assert result(f"{MISUSED}\n{other}").status == "failed"


def test_a_mismatch_that_nobody_explains_is_told_once() -> None:
    found = result(numpy_spec("squares", "squares_strange", *BESIDE))
    assert found.status == "failed"
    assert [code for code, party, _ in codes(found) if party == "function"] == ["mismatch"]


def test_a_function_of_another_value_is_told_as_such_and_nobody_else() -> None:
    found = result(numpy_spec("squares", "squares_backward", "loss: sum(x * x * x)"))
    assert found.status == "failed"
    assert [code[:2] for code in codes(found)] == [("values-differ", "function")]
    told = said(found)
    assert told["function", "value", "loss"] == "disagree"
    assert ("function", "gradient", "x") not in told  # it is that of another function


def test_beside_statements_without_a_loss_the_last_value_is_compared() -> None:
    right = result(numpy_spec("relu", "relu_backward", "ops: [y = x * 1, z = relu(y)]"))
    assert right.status == "passed", right.faults
    assert said(right)["function", "value", "z"] == "agree"
    assert ("function", "value", "y") not in said(right)
    wrong = result(numpy_spec("relu", "relu_backward", "ops: [z = abs(x)]"))
    assert [code[:2] for code in codes(wrong)] == [("values-differ", "function")]


def test_a_cotangent_weighs_what_stands_beside() -> None:
    inputs, more = "{x: [1., 2.]}", ("loss: relu(x)", "cotangent: [1., -3.]")
    found = result(numpy_spec("relu", "relu_backward", *more, inputs=inputs))
    assert found.status == "passed", found.faults
    assert said(found)["function", "gradient", "x"] == "agree"


def test_without_leave_nothing_is_imported_and_the_spec_is_broken() -> None:
    found = result(RIGHT, allow_import=False)
    assert found.status == "broken"
    (fault,) = found.faults
    head = "a.grad.yaml:4:11: function 'mypackage.ops:softplus' is not imported"
    assert fault.startswith(f"{head} without --allow-import")
    assert "mypackage" not in sys.modules
    _ = result(RIGHT)
    assert "mypackage.ops" in sys.modules


def test_a_spec_without_code_needs_no_leave() -> None:
    assert result("inputs: {x: 2.}\nloss: x * x", allow_import=False).status == "passed"


def test_the_search_path_is_as_before_and_nothing_is_printed_to_stdout(
    capsys: pytest.CaptureFixture[str],
) -> None:
    before = list(sys.path)
    assert result(numpy_spec("loud", "loud_backward")).status == "passed"
    assert sys.path == before
    out, err = capsys.readouterr()
    assert out == ""
    assert "a word" in err


def test_the_same_seed_gives_the_same_result() -> None:
    body = numpy_spec("softplus", "softplus_twice", inputs="{x: 'randn(3, 4)'}")
    one, same, other = (result(body, seed=seed) for seed in (3, 3, 4))
    assert one.comparisons == same.comparisons
    assert one.comparisons != other.comparisons


def test_the_command_that_shows_it_again_gives_leave_and_the_seed() -> None:
    command = again(spec_of(RIGHT), OPTIONS)
    assert "--allow-import --seed 0" in command
    assert "--allow-import" not in again(spec_of("inputs: {x: 2.}\nloss: x * x"), OPTIONS)


def test_the_party_has_the_name_that_findings_list() -> None:
    assert CodeOracle.name == "function"


def test_a_torch_function_is_examined_with_the_gradients_that_the_spec_asks_for() -> None:
    _ = pytest.importorskip("torch")
    body = "inputs: {x: 'randn(4, 3)'}\nfunction: mypackage.tensors:%s\nframework: torch"
    wrong = result(body % "Gelu.apply")
    assert (wrong.status, said(wrong)) == ("failed", {("function", "vjp", "x"): "disagree"})
    inputs = "{w: 'randn(3, 2)', x: {value: 'randn(4, 3)', requires_grad: false}, b: 1.}"
    named = "function: mypackage.tensors:affine\nframework: torch"
    held = result(f"inputs: {inputs}\n{named}")
    assert held.status == "passed", held.faults
    assert {of for _, _, of in said(held)} == {"w", "b"}


def test_the_parameters_of_a_module_are_rows_of_their_own() -> None:
    _ = pytest.importorskip("torch")
    body = "inputs: {batch: 'randn(4, 3)'}\nfunction: mypackage.tensors:layer\nframework: torch"
    found = result(body)
    assert found.status == "passed", found.faults
    assert {of for _, _, of in said(found)} == {"batch", "weight", "bias"}


def test_a_jax_function_is_examined_in_the_dtypes_of_the_inputs() -> None:
    _ = pytest.importorskip("jax")
    inputs = "{x: {value: 'randn(4, 3)', dtype: float32}, w: {value: 'randn(3)', %s}}"
    body = f"inputs: {inputs}\nfunction: mypackage.arrays:wave\nframework: jax"
    found = result(body % "dtype: float32")
    assert found.status == "passed", found.faults
    assert {of for _, _, of in said(found)} == {"x", "w"}
    held = result(body % "requires_grad: false")
    assert {of for _, _, of in said(held)} == {"x"}
