"""The plug-in, as a user of pytest meets it: items, failures, selection, and a light import."""

import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
import pytest

import gradverify
from gradverify.baseline.both import Against
from gradverify.baseline.model import Baseline
from gradverify.baseline.renew import Remark
from gradverify.baseline.renewal import renewal
from gradverify.baseline.store import change
from gradverify.run.perform import run_spec
from gradverify.run.verified import Subject, result_of
from gradverify.spec.parse import read_specs
from gradverify.verdict.verdict import SpecResult
from tests.support import OPTIONS

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
                "gradverify", "gradverify.listening", "gradverify.pytest_baseline",
                "gradverify.pytest_fixture", "gradverify.pytest_plugin",
                "gradverify.pytest_settings",
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


CODE = """\
import numpy as np
import gradverify as gv

X = np.linspace(0.5, 1.0, 4)

def square(x): return x * x
def vjp(ct, out, x): return {factor} * ct * x

def test_asserted():
    gv.assert_gradients(square, (X,), vjp=vjp)

def test_verified():
    gv.verify(square, (2 * X,), vjp=vjp)
    gv.verify(square, (3 * X,), vjp=vjp)
"""
BASELINE = "base.jsonl"


def keep(pytester: pytest.Pytester, *results: SpecResult) -> None:
    """Write a baseline of these results."""
    against = Against(date(2026, 1, 2))
    made = renewal(Baseline(), [(r, "") for r in results], {}, against, Remark(reason="for now"))
    _ = change(pytester.path / BASELINE, lambda _: made.after)


def keep_tests(pytester: pytest.Pytester, factor: float) -> None:
    """Write a baseline of the file of tests, and the file; its functions have this factor."""
    space: dict[str, Any] = {}
    text = CODE.format(factor=factor)
    exec(text.partition("def test_")[0], space)  # noqa: S102 - the lines above
    asked = {"test_asserted": 1, "test_verified": 2, "test_verified #2": 3}
    results: list[SpecResult] = []
    for name, scale in asked.items():
        report = gradverify.verify(space["square"], scale * space["X"], vjp=space["vjp"])
        subject = Subject(f"test_ops.py::{name}", "test_ops.py", 9, name)
        results.append(result_of(report.examined, subject))
    keep(pytester, *results)
    write(pytester, "test_ops.py", text)


HELD = ("--gradverify-baseline", BASELINE)


def test_what_is_as_in_the_baseline_passes_and_what_is_worse_fails(
    pytester: pytest.Pytester,
) -> None:
    keep_tests(pytester, 2.0)
    run(pytester, *HELD).assert_outcomes(passed=2)
    write(pytester, "test_ops.py", CODE.format(factor=2.001))
    result = run(pytester, *HELD)
    result.assert_outcomes(failed=2)
    text = result.stdout.str()
    assert "test_ops.py::test_asserted: new or worse than in the baseline base.jsonl\n" in text
    assert "test_ops.py:7  new-finding: `x`, by function\n" in text
    assert "gradient-moved" not in text  # it is wrong, and has moved for that
    assert "gradverify baseline update" not in text
    assert "test_ops.py::test_verified #2: new or worse" in text
    assert "Traceback" not in text
    assert "gradverify/api.py" not in text
    run(pytester).assert_outcomes(passed=1, failed=1)  # nothing is asserted of the other


def test_a_gradient_that_moved_and_is_right_fails_with_the_command_that_accepts_it(
    pytester: pytest.Pytester,
) -> None:
    keep_tests(pytester, 2.0)
    other = CODE.format(factor=3.0).replace("return x * x", "return 1.5 * x * x")
    write(pytester, "test_ops.py", other)
    result = run(pytester, *HELD)
    result.assert_outcomes(failed=2)
    text = result.stdout.str()
    assert "test_ops.py:9  gradient-moved: `x`, by function\n" in text
    update = "gradverify baseline update base.jsonl test_ops.py::test_asserted\n"
    assert f"  If this was meant: {update}" in text
    write(pytester, "test_ops.py", CODE.format(factor=2.0))
    run(pytester, *HELD).assert_outcomes(passed=2)


def test_what_the_baseline_knows_is_told_once_a_test_and_passes(
    pytester: pytest.Pytester,
) -> None:
    keep_tests(pytester, 1.0)
    result = run(pytester, *HELD, "-W", "error")
    result.assert_outcomes(passed=2, warnings=2)
    said = "test_ops.py::test_asserted: known to the baseline base.jsonl: off-by-factor of `x`, by "
    assert said in result.stdout.str()
    assert "since 2026-01-02, because for now" in result.stdout.str()
    run(pytester).assert_outcomes(passed=1, failed=1)
    run(pytester, *HELD, "-k", "asserted").assert_outcomes(passed=1, deselected=1, warnings=1)


def test_a_test_that_is_to_fail_still_fails_though_the_baseline_knows_why(
    pytester: pytest.Pytester,
) -> None:
    keep_tests(pytester, 1.0)
    mark = "import pytest\n@pytest.mark.xfail({}strict=True)\ndef test_asserted"
    for said, fares in (("", {"xfailed": 1}), ("False, reason='', ", {"passed": 1})):
        text = CODE.format(factor=1.0).replace("def test_asserted", mark.format(said))
        write(pytester, "test_ops.py", text)
        result = run(pytester, *HELD, "-k", "asserted")
        result.assert_outcomes(**fares, deselected=1, warnings=fares.get("passed", 0))


def test_what_is_not_in_the_baseline_fails_as_without_one(pytester: pytest.Pytester) -> None:
    keep(pytester)
    write(pytester, "test_ops.py", CODE.format(factor=1.0))
    result = run(pytester, *HELD)
    result.assert_outcomes(passed=1, failed=1)
    assert "the gradient by `x`, as vjp gives it, is wrong" in result.stdout.str()


def test_a_spec_is_held_against_the_baseline_at_its_findings(pytester: pytest.Pytester) -> None:
    write(pytester, "a.grad.yaml", WRONG)
    (spec,), _ = read_specs(Path("a.grad.yaml"))
    keep(pytester, run_spec(spec, OPTIONS))
    run(pytester, *HELD).assert_outcomes(passed=4)  # what is wrong is known
    run(pytester).assert_outcomes(passed=2, failed=2)
    write(pytester, "a.grad.yaml", WRONG.replace("[1, 3]}", "[1, 7]}"))
    result = run(pytester, *HELD)
    assert "\nworse: A wrong statement\n\na.grad.yaml:" in result.stdout.str()
    assert "gradient-moved: `x`, as stated" in result.stdout.str()
    assert "FAILED a.grad.yaml::A wrong statement::findings" in result.stdout.str()


@pytest.mark.parametrize("door", ["ini", "environment", "project"])
def test_the_baseline_is_named_wherever_settings_are(
    door: str, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep_tests(pytester, 2.0)
    write(pytester, "test_ops.py", CODE.format(factor=1.0))
    if door == "ini":
        _ = pytester.makefile(".ini", pytest=f"[pytest]\ngradverify_baseline = {BASELINE}\n")
    elif door == "environment":
        monkeypatch.setenv("GRADVERIFY_BASELINE", BASELINE)
    else:
        text = f'[tool.gradverify]\nbaseline = "{BASELINE}"\n'
        _ = pytester.makefile(".toml", pyproject=text)
    run(pytester).assert_outcomes(failed=2)


def test_a_baseline_that_is_none_is_one_sentence(pytester: pytest.Pytester) -> None:
    write(pytester, "test_ops.py", CODE.format(factor=2.0))
    write(pytester, "a.grad.yaml", GOOD)
    result = run(pytester, "--gradverify-baseline", "none.jsonl")
    result.assert_outcomes(errors=1)
    assert "none.jsonl: there is no such baseline" in result.stdout.str()
    result = run(pytester, "--gradverify-baseline", "none.jsonl", "test_ops.py")
    result.assert_outcomes(failed=2)
    assert "none.jsonl: there is no such baseline" in result.stdout.str()
    assert "gradverify/api.py" not in result.stdout.str()
