"""`run --shard I/N`: the parts together are the whole, and a part without specs has not failed."""

from pathlib import Path

import pytest

from gradverify.cli import run_command_line
from gradverify.commands.request import ShardError, shard_of

SPEC = "gradverify: 1\ntitle: %s\ninputs: {x: [1., 2.]}\nloss: sum(exp(x))\n"
FEW = ["--oracles", "rules,finite_difference"]


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder to stand in, with five specs."""
    _ = (tmp_path / "pyproject.toml").write_text("[tool.gradverify]\ncache = false\n", "utf-8")
    for k in range(5):
        _ = (tmp_path / f"s{k}.grad.yaml").write_text(SPEC % f"number {k}", "utf-8")
    monkeypatch.chdir(tmp_path)


def shown(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = run_command_line(["run", ".", *FEW, *arguments])
    said = capsys.readouterr()
    return code, said.out, said.err


def test_the_parts_have_every_spec_once(capsys: pytest.CaptureFixture[str]) -> None:
    parts = [shown(capsys, "--shard", f"{number}/2") for number in (1, 2)]
    assert [code for code, _, _ in parts] == [0, 0]
    names = [[k for k in range(5) if f"s{k}.grad.yaml" in out] for _, out, _ in parts]
    assert all(names)
    assert sorted(names[0] + names[1]) == [0, 1, 2, 3, 4]


def test_a_part_without_specs_passes_and_a_run_without_specs_does_not(
    capsys: pytest.CaptureFixture[str],
) -> None:
    codes = [shown(capsys, "--shard", f"{number}/50") for number in range(1, 51)]
    assert {code for code, _, _ in codes} == {0}
    empty = next(out for _, out, _ in codes if "grad.yaml" not in out)
    assert "of 50: 5 specs in the others" in empty
    code, out, _ = shown(capsys, "--shard", "1/50", "-k", "nowhere")
    assert code == 5
    assert "no spec was selected" in out


@pytest.mark.parametrize(
    "text", ["0/2", "3/2", "1", "1/0", "/", "a/b", "-1/2", "1/2/3", "", "1.0/2"]
)
def test_what_is_no_shard_is_refused(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = shown(capsys, "--shard", text)
    assert (code, out) == (4, "")
    assert f"--shard {text}: not NUMBER/COUNT" in err


def test_a_shard_is_two_numbers() -> None:
    assert shard_of(" 2 / 8") == (2, 8)
    with pytest.raises(ShardError):
        _ = shard_of("9/8")
