"""`gradverify merge`: the reports of shards make what one run makes, or say why they cannot."""

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import pytest

from gradverify.cli import run_command_line

SPEC: Final = """\
gradverify: 1
title: {title}
inputs:
  x: [1, 2]
ops:
  - y = x * x
loss: mean(y)
expect:
  grads: {{x: [1, {last}]}}
"""
FEW: Final = ("--no-cache", "--oracles", "rules,finite_difference,stated")
SECONDS: Final = re.compile(r"in [\d.]+ s\n")
COUNT: Final = 3


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with four specs, of which one is wrong."""
    (tmp_path / "specs").mkdir()
    texts = {"a": [(1, 2), (2, 2)], "b": [(3, 3), (4, 2)]}
    for name, specs in texts.items():
        documents = [SPEC.format(title=f"spec {k}", last=last) for k, last in specs]
        _ = (tmp_path / f"specs/{name}.grad.yaml").write_text("---\n".join(documents), "utf-8")
    _ = (tmp_path / "pyproject.toml").write_text("[project]\n", "utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def shards(*more: str) -> list[str]:
    """Run all shards, and return the names of their reports."""
    names = [f"{k}.json" for k in range(1, COUNT + 1)]
    for k, name in enumerate(names, start=1):
        _ = run_command_line(
            ["run", *FEW, "--shard", f"{k}/{COUNT}", "--report", f"json={name}", *more]
        )
    return names


def timeless(value: Any) -> Any:
    """Return JSON without the times that things took."""
    if isinstance(value, dict):
        return {key: timeless(item) for key, item in value.items() if key != "seconds"}  # pyright: ignore[reportUnknownVariableType] # JSON
    return [timeless(item) for item in value] if isinstance(value, list) else value  # pyright: ignore[reportUnknownVariableType] # JSON


def test_shards_merged_are_the_whole_run(capsys: pytest.CaptureFixture[str]) -> None:
    code = run_command_line(["run", *FEW, "--report", "json=whole.json"])
    whole = capsys.readouterr().out
    names = shards()
    _ = capsys.readouterr()
    merged = run_command_line(["merge", *names[::-1], "--report", "json=merged.json"])
    assert (code, merged) == (1, 1)
    assert SECONDS.sub("", capsys.readouterr().out) == SECONDS.sub("", whole)
    one, other = (
        json.loads(Path(f"{name}.json").read_text("utf-8")) for name in ("whole", "merged")
    )
    assert timeless(other) == timeless(one)


def test_every_kind_of_report_can_be_written_from_merged_shards(project: Path) -> None:
    kinds = ("json", "junit", "sarif", "markdown")
    reports = [word for kind in kinds for word in ("--report", f"{kind}=out.{kind}")]
    assert run_command_line(["merge", *shards(), *reports]) == 1
    assert all((project / f"out.{kind}").stat().st_size for kind in kinds)


def test_a_shard_that_was_lost_cannot_pass(capsys: pytest.CaptureFixture[str]) -> None:
    names = shards("-k", "spec 1")  # which is right
    assert run_command_line(["merge", *names]) == 0
    _ = capsys.readouterr()
    for lost in range(COUNT):
        left = [name for k, name in enumerate(names) if k != lost]
        assert run_command_line(["merge", *left]) == 2
        assert f"shard {lost + 1}/{COUNT} is missing: " in capsys.readouterr().out


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["1.json", "1.json"], "1.json and 1.json are not parts of one run: both are shard 1/3"),
        (["1.json", "whole.json"], "the first is shard 1/3, and the other no shard"),
        (
            ["whole.json", "again.json"],
            "both have the spec specs/a.grad.yaml::spec 1, with the same",
        ),
        (["1.json", "half.json"], "half.json: half a report: it ends at line "),
        (["1.json", "text.json"], "text.json: not JSON: Extra data, at line 1, column 3"),
        (
            ["1.json", "newer.json"],
            "newer.json: a report of version 99, and this gradverify reads 1",
        ),
        (["1.json", "other.json"], "other.json: not a JSON report of gradverify"),
        (["1.json", "nowhere.json"], "nowhere.json: cannot be read: no such file or directory"),
        (["1.json", "specs"], "specs: cannot be read: is a directory"),
    ],
)
def test_what_cannot_be_merged_exits_with_2_and_one_sentence(
    names: Sequence[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    _ = shards()
    for name in ("whole", "again"):
        _ = run_command_line(["run", *FEW, "--report", f"json={name}.json"])
    text = Path("1.json").read_text("utf-8")
    newer = text.replace('"version": 1', '"version": 99', 1)
    files = {"half": text[: len(text) // 2], "text": "1 passed", "newer": newer, "other": "{}"}
    for name, content in files.items():
        _ = Path(f"{name}.json").write_text(content, "utf-8")
    _ = capsys.readouterr()
    assert run_command_line(["merge", *names]) == 2
    captured = capsys.readouterr()
    assert message in captured.err
    assert captured.err.count("\n") == 1
    assert captured.out == ""


def test_versions_that_differ_are_a_warning(capsys: pytest.CaptureFixture[str]) -> None:
    names = shards()
    path = Path(names[1])
    document = json.loads(path.read_text("utf-8"))
    document["environment"]["numpy"] = "9.9"
    _ = path.write_text(json.dumps(document), "utf-8")
    _ = capsys.readouterr()
    assert run_command_line(["merge", *names]) == 1
    assert "Warning: the reports were made with different versions of numpy: " in (
        capsys.readouterr().err
    )


def test_a_report_that_cannot_be_written_is_found_out_before_anything_is_read(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run_command_line(["merge", "nowhere.json", "--report", "sarif=no/a.sarif"]) == 4
    assert "the folder" in capsys.readouterr().err


def test_one_report_alone_is_shown_again(capsys: pytest.CaptureFixture[str]) -> None:
    _ = run_command_line(["run", *FEW, "--report", "json=a.json"])
    whole = capsys.readouterr().out
    assert run_command_line(["merge", "a.json"]) == 1
    assert capsys.readouterr().out == whole
