"""`--executor` at the command line: the same results, and leave to use what others have named."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from gradverify.cli import run_command_line

SPEC = "gradverify: 1\ntitle: {}\ninputs: {{x: [1., 2.]}}\nloss: sum(exp(x))\n"
THREADS = "concurrent.futures:ThreadPoolExecutor"
ORACLES = ("--oracles", "rules,finite_difference")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in [name for name in os.environ if name.startswith("GRADVERIFY_")]:
        monkeypatch.delenv(name)
    for name in "cab":
        _ = (tmp_path / f"{name}.grad.yaml").write_text(SPEC.format(name), "utf-8")
    configure(tmp_path, "")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def configure(folder: Path, table: str) -> None:
    text = f'[tool.gradverify]\npaths = ["."]\n{table}\n'
    _ = (folder / "pyproject.toml").write_text(text, "utf-8")


def timeless(specs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{**spec, "seconds": 0} for spec in specs]


def test_a_run_elsewhere_reports_as_one_here(capsys: pytest.CaptureFixture[str]) -> None:
    reports: list[Any] = []
    for options in ((), ("--executor", THREADS)):
        assert run_command_line(["run", *ORACLES, "--no-cache", "--format", "json", *options]) == 0
        reports.append(json.loads(capsys.readouterr().out))
    here, there = (timeless(report["specs"]) for report in reports)
    assert here == there
    assert len(here) == 3
    assert reports[0]["environment"] == reports[1]["environment"]


def test_an_executor_of_the_configuration_needs_leave(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(folder, f'executor = "{THREADS}"')
    assert run_command_line(["run", *ORACLES]) == 4
    assert "give --allow-import, or --executor on the command line" in capsys.readouterr().err
    assert run_command_line(["run", *ORACLES, "--allow-import"]) == 0
    assert run_command_line(["run", *ORACLES, "--executor", THREADS]) == 0
    configure(folder, "")
    monkeypatch.setenv("GRADVERIFY_EXECUTOR", THREADS)
    assert run_command_line(["run", *ORACLES]) == 4


def test_processes_and_an_executor_exclude_each_other(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command_line(["run", "-n", "2", "--executor", "dask"]) == 4
    assert "-n 2 and --executor dask exclude each other" in capsys.readouterr().err
    configure(folder, "processes = 2")
    assert run_command_line(["run", *ORACLES, "--executor", THREADS]) == 0
    configure(folder, 'executor = "dask"')
    assert run_command_line(["run", *ORACLES, "-n", "1"]) == 0
    configure(folder, 'executor = "dask"\nprocesses = 2')
    assert run_command_line(["run", *ORACLES]) == 4


def test_what_cannot_be_had_is_told_before_anything_runs(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run_command_line(["run", "--executor", "dask://127.0.0.1:1"]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith("Error: executor dask: no scheduler can be reached at tcp://127")
    assert run_command_line(["run", "--executor", "nowhere:factory"]) == 4
    assert "no module 'nowhere'" in capsys.readouterr().err
