"""Code that a spec names runs only where a person allows it, at every door, and shows up there."""

import json
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from gradverify.cli import run_command_line
from tests.run.code_project import numpy_spec, project

ROOT = Path(__file__).parents[2]
HEAD = "gradverify: 1\ntitle: Softplus\n"
RIGHT = f"{HEAD}{numpy_spec('softplus', 'softplus_backward')}\n"
WRONG = f"{HEAD}{numpy_spec('softplus', 'softplus_twice')}\n"
SPEC = "a.grad.yaml"
ALLOWED = "--gradverify-allow-import"

_ = np  # loaded before any test: pytester forgets modules, and numpy loads only once


@pytest.fixture(autouse=True)
def folder(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    for name in [name for name in os.environ if name.startswith("GRADVERIFY_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    configure(pytester.path, "[project]\n")
    with project(pytester.path, monkeypatch) as here:
        yield here


def configure(folder: Path, text: str) -> None:
    _ = (folder / "pyproject.toml").write_text(text, "utf-8")


def write(folder: Path, text: str) -> None:
    _ = (folder / SPEC).write_text(text, "utf-8")


def run(pytester: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    return pytester.runpytest_inprocess("-p", "gradverify.pytest_plugin", *arguments)


def test_run_refuses_without_the_option_and_exits_with_2(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(folder, RIGHT)
    assert run_command_line(["run", SPEC]) == 2
    said = capsys.readouterr().out
    place = "a.grad.yaml:4:11: function 'mypackage.ops:softplus' is not imported"
    assert f"{place} without --allow-import" in said
    assert "mypackage" not in sys.modules


def test_run_passes_with_the_option(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(folder, RIGHT)
    assert run_command_line(["run", SPEC, "--allow-import"]) == 0
    assert "1 spec: 1 passed" in capsys.readouterr().out


def test_the_others_still_run(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plain = "---\ngradverify: 1\ntitle: plain\ninputs: {x: 2.}\nloss: x * x\n"
    write(folder, RIGHT + plain)
    assert run_command_line(["run", SPEC, "--oracles", "rules"]) == 2
    assert "1 passed, 0 failed, 0 undecided, 1 broken" in capsys.readouterr().out


def test_a_failure_is_told_in_words_and_shown_again_by_its_command(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(folder, WRONG)
    assert run_command_line(["run", SPEC, "--allow-import", "--seed", "7"]) == 1
    said = capsys.readouterr().out
    assert "mypackage/ops.py:14  the gradient of the outputs by `x`, by function, is wrong" in said
    assert "off-by-factor" in said
    assert "Would have noticed" in said
    again = "Again: gradverify run a.grad.yaml::Softplus --allow-import --seed 7"
    assert again in said


def test_what_code_prints_does_not_spoil_the_json(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(folder, f"{HEAD}{numpy_spec('loud', 'loud_backward')}\n")
    assert run_command_line(["run", SPEC, "--allow-import", "--format", "json"]) == 0
    captured = capsys.readouterr()
    (spec,) = json.loads(captured.out)["specs"]
    assert [(c["party"], c["kind"]) for c in spec["comparisons"]] == [("function", "vjp")]
    assert "a word" in captured.err


@pytest.mark.parametrize(("value", "code"), [("true", 0), ("false", 2)])
def test_the_project_may_allow_it(folder: Path, value: str, code: int) -> None:
    configure(folder, f"[tool.gradverify]\nallow-import = {value}\n")
    write(folder, RIGHT)
    assert run_command_line(["run", SPEC]) == code


def test_the_environment_may_allow_or_forbid_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(folder, RIGHT)
    monkeypatch.setenv("GRADVERIFY_ALLOW_IMPORT", "1")
    assert run_command_line(["run", SPEC]) == 0
    configure(folder, "[tool.gradverify]\nallow-import = true\n")
    monkeypatch.setenv("GRADVERIFY_ALLOW_IMPORT", "no")
    assert run_command_line(["run", SPEC]) == 2


def test_a_setting_that_is_neither_is_told(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    configure(folder, '[tool.gradverify]\nallow-import = "perhaps"\n')
    write(folder, RIGHT)
    assert run_command_line(["run", SPEC]) == 4
    assert "allow-import is 'perhaps', not true or false" in capsys.readouterr().err


@pytest.mark.parametrize("command", [["validate"], ["list", "-v"], ["explain"]])
def test_nothing_else_imports_code(folder: Path, command: list[str]) -> None:
    configure(folder, "[tool.gradverify]\nallow-import = true\n")
    write(folder, RIGHT.replace("mypackage.ops:softplus", "mypackage.exits:f"))
    assert run_command_line([*command, SPEC]) == 0
    assert "mypackage" not in sys.modules


def test_list_and_explain_show_the_function(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(folder, RIGHT)
    _ = run_command_line(["list", "-v", SPEC])
    assert capsys.readouterr().out == "a.grad.yaml::Softplus  mypackage.ops:softplus\n"
    _ = run_command_line(["list", SPEC])
    assert capsys.readouterr().out == "a.grad.yaml::Softplus\n"
    _ = run_command_line(["explain", SPEC])
    said = capsys.readouterr().out
    assert re.search(r"function  mypackage\.ops:softplus of numpy arrays, backward by", said)


def test_pytest_has_one_item_that_fails_without_the_option(pytester: pytest.Pytester) -> None:
    write(pytester.path, RIGHT)
    result = run(pytester)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["a.grad.yaml:4:11: function 'mypackage.ops:softplus' is not*"])
    assert "mypackage" not in sys.modules


def test_pytest_collects_without_importing(pytester: pytest.Pytester) -> None:
    write(pytester.path, RIGHT)
    result = run(pytester, ALLOWED, "--collect-only", "-q")
    items = [line for line in result.outlines if "::" in line]
    assert items == ["a.grad.yaml::Softplus::function", "a.grad.yaml::Softplus::findings"]
    assert "mypackage" not in sys.modules


def test_pytest_runs_it_with_the_option_or_the_ini_key(pytester: pytest.Pytester) -> None:
    write(pytester.path, RIGHT)
    run(pytester, ALLOWED).assert_outcomes(passed=2)
    _ = pytester.makeini("[pytest]\ngradverify_allow_import = true\n")
    run(pytester).assert_outcomes(passed=2)


def test_pytest_fails_for_the_party_that_is_wrong(pytester: pytest.Pytester) -> None:
    write(pytester.path, WRONG)
    result = run(pytester, ALLOWED)
    result.assert_outcomes(failed=2)
    result.stdout.fnmatch_lines(["*by function, is wrong*", "*off-by-factor*", "*--allow-import*"])


def test_pytest_is_allowed_by_the_project(pytester: pytest.Pytester) -> None:
    configure(pytester.path, "[tool.gradverify]\nallow-import = true\n")
    write(pytester.path, RIGHT)
    run(pytester).assert_outcomes(passed=2)
