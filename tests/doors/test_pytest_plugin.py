"""The plug-in, as a user of pytest meets it: items, failures, selection, and a light import."""

import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest

GOOD = """\
gradverify: 1
title: "Squares :: [mean]"
inputs:
  x: [1, 2]
ops:
  - y = x * x
loss: mean(y)
expect:
  grads: {x: [1, 2]}
"""
WRONG = GOOD.replace('"Squares :: [mean]"', "A wrong statement").replace("[1, 2]}", "[1, 3]}")
BAD = GOOD.replace("y = x * x", "y = sqroot(x)")
ROOT = Path(__file__).parents[2]
INI = """\
[pytest]
gradverify_oracles = rules,finite_difference,stated
"""
NODE = "a.grad.yaml::Squares : (mean)"


@pytest.fixture(autouse=True)
def plain(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    """No plug-ins but ours, and a configuration that asks for the quick oracles."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.delenv("CI", raising=False)  # in CI pytest does not shorten its summary
    _ = pytester.makefile(".ini", pytest=INI)
    _ = pytester.makefile(".toml", pyproject="[project]\n")


_ = np  # loaded before any test: pytester forgets modules, and numpy loads only once


def write(pytester: pytest.Pytester, name: str, text: str) -> None:
    _ = (pytester.path / name).write_text(text, "utf-8")


def run(pytester: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    return pytester.runpytest_inprocess("-p", "gradverify.pytest_plugin", *arguments)


def test_a_spec_becomes_an_item_a_party_and_one_for_its_findings(
    pytester: pytest.Pytester,
) -> None:
    write(pytester, "a.grad.yaml", GOOD)
    result = run(pytester, "--collect-only", "-q")
    items = [line for line in result.outlines if "::" in line]
    parties = ("rules", "finite_difference", "stated", "findings")
    assert items == [f"{NODE}::{party}" for party in parties]


def test_a_right_spec_passes_and_a_node_id_selects_one_party(pytester: pytest.Pytester) -> None:
    write(pytester, "a.grad.yaml", GOOD)
    run(pytester).assert_outcomes(passed=4)
    run(pytester, f"{NODE}::stated").assert_outcomes(passed=1)
    run(pytester, NODE).assert_outcomes(passed=4)
    run(pytester, "-k", "stated or findings").assert_outcomes(passed=2, deselected=2)


def test_the_guilty_party_fails_with_the_report_and_without_a_traceback(
    pytester: pytest.Pytester,
) -> None:
    write(pytester, "a.grad.yaml", WRONG)
    result = run(pytester)
    result.assert_outcomes(passed=2, failed=2)
    text = result.stdout.str()
    assert "\ndisagree: A wrong statement, stated\n\na.grad.yaml:" in text
    assert "the gradient of `loss` by `x`, as stated, is wrong" in text
    assert "Again: gradverify run 'a.grad.yaml::A wrong statement' --oracles rules," in text
    assert text.count("WRONG  stated 3, true 2") == 1
    assert "\n  unexpected: entries-wrong of `x`: see stated\n" in text
    assert "Traceback" not in text
    assert "pytest_plugin.py:" not in text


def test_lf_runs_what_failed(pytester: pytest.Pytester) -> None:
    write(pytester, "a.grad.yaml", f"{GOOD}---\n{WRONG}")
    run(pytester).assert_outcomes(passed=6, failed=2)
    run(pytester, "--lf").assert_outcomes(failed=2, deselected=6)


def test_a_bad_spec_is_an_item_that_fails_and_the_others_run(pytester: pytest.Pytester) -> None:
    write(pytester, "a.grad.yaml", f"{BAD}---\n{WRONG.replace('3]', '2]')}")
    write(pytester, "b.grad.yaml", "gradverify: [1\n")
    write(pytester, "c.grad.yaml", GOOD)
    result = run(pytester)
    result.assert_outcomes(passed=8, failed=2)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    text = result.stdout.str()
    assert "FAILED a.grad.yaml::Squares : (mean)::spec" in text
    assert "FAILED b.grad.yaml::spec" in text
    assert "a.grad.yaml:6:" in text
    assert "b.grad.yaml:" in text
    assert "Traceback" not in text
    assert "pytest_plugin.py" not in text


def test_an_oracle_that_is_not_installed_is_skipped_unless_it_is_required(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "jax", None)
    monkeypatch.delitem(sys.modules, "gradverify.oracles.jax_grad", raising=False)
    write(pytester, "a.grad.yaml", GOOD)
    asked = ("--gradverify-oracles", "rules,finite_difference,jax,stated")
    result = run(pytester, *asked, "-rs")
    result.assert_outcomes(passed=4, skipped=1)
    assert "gradverify[jax]" in result.stdout.str()
    run(pytester, *asked, "--gradverify-require", "jax").assert_outcomes(passed=4, failed=1)


def test_options_stand_above_the_environment_and_that_above_ini_keys(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = WRONG.replace("x: [1, 2]\n", 'x: "randn(2)"\n')
    write(pytester, "a.grad.yaml", drawn)
    _ = pytester.makefile(".toml", pyproject="[tool.gradverify]\nseed = 3\n")
    assert "--seed 3" in run(pytester).stdout.str()
    write(pytester, "a.grad.yaml", f"{drawn}seed: 4\n")
    assert "--seed 4" in run(pytester).stdout.str()
    _ = pytester.makefile(".ini", pytest=f"{INI}gradverify_seed = 8\n")
    assert "--seed 4" in run(pytester).stdout.str()
    monkeypatch.setenv("GRADVERIFY_SEED", "5")
    assert "--seed 5" in run(pytester).stdout.str()
    assert "--seed 6" in run(pytester, "--gradverify-seed", "6").stdout.str()


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ("--gradverify-seed=six", "seed is 'six', not a whole number from 0 up"),
        ("--gradverify-oracles=torhc", "unknown oracle 'torhc'. Did you mean 'torch'?"),
        ("--gradverify-require=jax", "jax is required, and --oracles has only rules"),
    ],
)
def test_a_mistake_in_an_option_is_a_sentence(
    option: str, message: str, pytester: pytest.Pytester
) -> None:
    write(pytester, "a.grad.yaml", GOOD)
    result = run(pytester, option)
    result.assert_outcomes(errors=1)
    assert message in result.stdout.str()
    assert "pytest_plugin.py" not in result.stdout.str()


def test_junit_has_the_numbers(pytester: pytest.Pytester) -> None:
    write(pytester, "a.grad.yaml", WRONG)
    _ = run(pytester, "--junitxml", "junit.xml")
    root = ET.parse(pytester.path / "junit.xml").getroot()  # noqa: S314 - it is our own
    (case,) = (case for case in root.iter("testcase") if case.get("name") == "stated")
    values = {p.get("name"): p.get("value", "") for p in case.iter("property")}
    assert float(values["gradverify.error"]) > 0.1 > float(values["gradverify.allowed"])
    failure = case.find("failure")
    assert failure is not None
    assert (failure.text or "").startswith("disagree: ")


def test_xdist_runs_the_same_items(pytester: pytest.Pytester) -> None:
    write(pytester, "a.grad.yaml", f"{GOOD}---\n{WRONG}")
    plugins = ("-p", "gradverify.pytest_plugin", "-p", "xdist")
    result = pytester.runpytest_subprocess(*plugins, "-n2")
    result.assert_outcomes(passed=6, failed=2)


def test_a_run_without_specs_imports_nothing_heavy(pytester: pytest.Pytester) -> None:
    _ = pytester.makepyfile(
        """
        import sys

        def test_nothing_heavy_is_imported():
            heavy = {"numpy", "torch", "jax", "pydantic", "yaml", "click", "rich"}
            assert not heavy & set(sys.modules)
            assert "gradverify.pytest_plugin" in sys.modules
            assert {m for m in sys.modules if m.startswith("gradverify")} == {
                "gradverify", "gradverify.pytest_fixture", "gradverify.pytest_plugin"
            }
        """
    )
    result = pytester.runpytest_subprocess("-p", "gradverify.pytest_plugin")
    result.assert_outcomes(passed=1)


def test_other_yaml_files_are_left_alone(pytester: pytest.Pytester) -> None:
    write(pytester, "a.yaml", GOOD)
    assert run(pytester).ret == pytest.ExitCode.NO_TESTS_COLLECTED


def test_the_entry_point_names_the_plug_in() -> None:
    text = (ROOT / "pyproject.toml").read_text("utf-8")
    assert '[project.entry-points.pytest11]\ngradverify = "gradverify.pytest_plugin"' in text
    done = subprocess.run([sys.executable, "-c", "import gradverify.pytest_plugin"], check=False)
    assert done.returncode == 0
