"""The result cache as a user meets it, and `-x`: what runs, what is said, and how to go without."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from gradverify.cli import run_command_line

GOOD: Final = "gradverify: 1\ntitle: {title}\ninputs: {{x: [1., 2.]}}\nloss: sum(x * x)\n"
WRONG: Final = GOOD + "expect: {{grads: {{x: 3 * x}}}}\n"
RUN: Final = ["run", "--oracles", "rules,finite_difference,stated"]
STATE: Final = Path(".gradverify_cache")


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder with three specs, of which the second is wrong."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GRADVERIFY_CACHE", raising=False)
    _ = Path("pyproject.toml").write_text("", "utf-8")
    for name, text in (("a", GOOD), ("b", WRONG), ("c", GOOD)):
        _ = Path(f"{name}.grad.yaml").write_text(text.format(title=name), "utf-8")


def told(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[str, str]:
    """Return what a run says on stdout, times left out, and on stderr."""
    _ = run_command_line([*RUN, *arguments, "."])
    out, err = capsys.readouterr()
    return re.sub(r"in [\d.]+ s", "in no time", out), err


def test_a_second_run_says_the_same_and_how_much_of_it_was_known(
    capsys: pytest.CaptureFixture[str],
) -> None:
    first, second = told(capsys), told(capsys)
    assert "from the cache" not in first[0]
    assert "2 passed, 1 failed, 0 undecided, 0 broken, in no time, 3 from the cache\n" in second[0]
    assert second[0].replace(", 3 from the cache", "") == first[0]
    assert second[1] == ""


@pytest.mark.parametrize(
    ("arguments", "settings", "variable"),
    [
        (["--no-cache"], "", ""),
        ([], "[tool.gradverify]\ncache = false\n", ""),
        ([], "", "no"),
        (["--no-cache"], "", "yes"),
    ],
)
def test_one_can_go_without(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    settings: str,
    variable: str,
) -> None:
    _ = told(capsys)
    _ = Path("pyproject.toml").write_text(settings, "utf-8")
    monkeypatch.setenv("GRADVERIFY_CACHE", variable)
    before = (STATE / "results.sqlite").read_bytes()
    assert "from the cache" not in told(capsys, *arguments)[0]
    assert (STATE / "results.sqlite").read_bytes() == before


def test_a_cache_that_cannot_be_is_one_warning_and_changes_nothing_else(
    capsys: pytest.CaptureFixture[str],
) -> None:
    expected = told(capsys, "--no-cache")[0]
    for file in STATE.iterdir():
        file.unlink()
    STATE.rmdir()
    _ = STATE.write_text("taken", "utf-8")
    out, err = told(capsys)
    assert out == expected
    assert err.startswith("Warning: the result cache .gradverify_cache/results.sqlite: ")
    assert err.endswith("; this run goes on without it (`--no-cache` does so silently)\n")
    assert err.count("\n") == 1
    assert told(capsys, "--no-cache") == (expected, "")


@pytest.mark.parametrize("more", [[], ["-n", "2"]], ids=["here", "workers"])
def test_x_says_how_many_were_not_run(capsys: pytest.CaptureFixture[str], more: list[str]) -> None:
    out = told(capsys, "-x", "--no-cache", *more)[0]
    assert "2 specs: 1 passed, 1 failed, 0 undecided, 0 broken" in out
    assert out.endswith("stopped after the first failure: 1 spec not run\n")


def test_x_says_nothing_where_the_last_spec_fails(capsys: pytest.CaptureFixture[str]) -> None:
    Path("c.grad.yaml").unlink()
    assert "stopped" not in told(capsys, "-x")[0]


def test_x_with_a_baseline_stops_at_what_is_worse_and_not_at_what_is_known(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run_command_line(["baseline", "update", "known.jsonl", *RUN[1:], "."]) == 0
    _ = capsys.readouterr()
    out = told(capsys, "-x", "--baseline", "known.jsonl")[0]
    assert "3 specs: 2 passed, 1 known, 0 failed" in out
    assert "not run" not in out
    text = Path("a.grad.yaml").read_text("utf-8")
    _ = Path("a.grad.yaml").write_text(text.replace("x * x)", "x * x * x)"), "utf-8")
    moved = told(capsys, "-x", "--baseline", "known.jsonl")[0]
    assert "1 spec: 0 passed, 1 worse, 0 failed" in moved
    assert moved.endswith("stopped after the first failure: 2 specs not run\n")


MODULES: Final = """
import sys
from gradverify.cli import run_command_line
assert run_command_line(sys.argv[1:]) == 1
print("modules", *sys.modules)
"""


def modules_of(*arguments: str) -> set[str]:
    command = [sys.executable, "-c", MODULES, *RUN, *arguments, "."]
    done = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603 - our own
    return {*done.stdout.splitlines()[-1].split()}


def test_where_all_is_known_nothing_that_verifies_is_imported() -> None:
    verifies = {"gradverify.run.perform", "gradverify.verdict.compare", "torch", "jax"}
    assert "gradverify.run.perform" in modules_of()
    assert modules_of() & verifies == set()
