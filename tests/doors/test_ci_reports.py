"""What a CI reads of a run: several reports at once, annotations, and the summary of a step."""

import json
from pathlib import Path
from typing import Final

import pytest

from gradverify.cli import run_command_line
from gradverify.config import FORMATS
from gradverify.report.rules import RULES
from gradverify.report.table import REPORTS

WRONG: Final = """\
gradverify: 1
title: A wrong statement
inputs:
  x: [1, 2]
ops:
  - y = x * x
loss: mean(y)
expect:
  grads: {x: [1, 3]}
"""
RUN: Final = ("run", "a.grad.yaml", "--oracles", "rules,finite_difference,stated")


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with one wrong spec, and an environment without a workflow."""
    for name in ("GITHUB_STEP_SUMMARY", "GITHUB_WORKSPACE", "GRADVERIFY_FORMAT"):
        monkeypatch.delenv(name, raising=False)
    _ = (tmp_path / "pyproject.toml").write_text("[project]\n", "utf-8")
    _ = (tmp_path / "a.grad.yaml").write_text(WRONG, "utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_all_kinds_of_reports_come_from_one_run(project: Path) -> None:
    reports = [word for kind in REPORTS for word in ("--report", f"{kind}=out.{kind}")]
    assert run_command_line([*RUN, *reports]) == 1
    assert all("A wrong statement" in (project / f"out.{k}").read_text("utf-8") for k in REPORTS)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a full device")
@pytest.mark.parametrize("kind", REPORTS)
def test_a_full_disk_loses_one_report_and_no_other(
    kind: str, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command_line([*RUN, "--report", f"{kind}=/dev/full", "--report", "json=a.json"]) == 2
    assert "cannot write /dev/full: no space left on device" in capsys.readouterr().err
    assert json.loads((project / "a.json").read_text("utf-8"))["summary"]["failed"] == 1


@pytest.mark.parametrize("kind", REPORTS)
@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("no/a", "the folder"),
        (".", "it is a folder"),
        ("same", "two reports cannot go to one file"),
    ],
)
def test_a_report_that_cannot_be_written_is_found_out_before_the_run(
    kind: str, path: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command_line([*RUN, "--report", f"{kind}={path}", "--report", "json=same"]) == 4
    captured = capsys.readouterr()
    assert message in captured.err
    assert captured.out == ""


def test_every_format_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    for name in FORMATS:
        assert run_command_line([*RUN, "--format", name]) == 1
        assert "A wrong statement" in capsys.readouterr().out


def test_github_gets_annotations_the_text_and_a_summary(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = project / "summary.md"
    _ = path.write_text("# before\n", "utf-8")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(path))
    assert run_command_line([*RUN, "--format", "github"]) == 1
    captured = capsys.readouterr()
    assert captured.out.startswith("::error file=a.grad.yaml,line=9,col=14,title=entries-wrong")
    assert "\n1 spec: 0 passed, 1 failed" in captured.out
    assert captured.err == ""
    assert path.read_text("utf-8").startswith("# before\n## gradverify: ❌ not all is as expected")


def test_without_a_summary_to_fill_there_is_a_warning_and_the_verdict_stands(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run_command_line([*RUN, "--format", "github"]) == 1
    assert capsys.readouterr().err == (
        "Warning: GITHUB_STEP_SUMMARY is not set, so that there is no summary of the step to fill\n"
    )


def test_explain_has_a_page_for_every_code_that_a_report_can_have(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for code in RULES:
        assert run_command_line(["explain", code]) == 0
        assert capsys.readouterr().out.startswith(f"{code} (")
