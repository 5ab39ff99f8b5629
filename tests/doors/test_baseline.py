"""A person writes a baseline, runs against it, accepts, shows and prunes."""

from pathlib import Path

import pytest

from gradverify.cli import run_command_line

SPEC = "gradverify: 1\ntitle: %s\ninputs: {x: 'randn(30)'}\nloss: sum(exp(x))\n"
WRONG = SPEC + "expect: {grads: {x: 2 * exp(x)}}\n"
FEW = ("--oracles", "rules,finite_difference,stated")
DEFAULT = Path("gradverify-baseline.jsonl")


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "specs").mkdir()
    write("right", SPEC)
    write("wrong", WRONG)
    return tmp_path


def write(name: str, text: str) -> None:
    _ = Path(f"specs/{name}.grad.yaml").write_text(text % name, "utf-8")


def gradverify(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    few = () if arguments[:2] == ("baseline", "show") else FEW
    fresh = ("--no-cache",) if arguments[0] == "run" else ()
    code = run_command_line([*arguments, *few, *fresh])
    output = capsys.readouterr()
    return code, output.out + output.err


def test_what_is_accepted_passes_until_its_day(capsys: pytest.CaptureFixture[str]) -> None:
    assert gradverify(capsys, "run")[0] == 1
    code, text = gradverify(capsys, "baseline", "update", "--reason", "upstream #12")
    assert code == 0
    assert "added: 2" in text
    assert f"Next: commit {DEFAULT}; `gradverify run --baseline {DEFAULT}` fails on" in text
    assert "wrong: the finding off-by-factor of stated by `x`" in text
    code, text = gradverify(capsys, "run", "--baseline", str(DEFAULT))
    assert code == 0
    assert "upstream #12" in text
    code, text = gradverify(capsys, "baseline", "update", "--expires", "2020-01-01")
    assert (code, "Next:" in text) == (0, False)
    code, text = gradverify(capsys, "run", "--baseline", str(DEFAULT))
    assert code == 1
    assert "was accepted until 2020-01-01 because “upstream #12”" in text


def test_a_gradient_that_moved_fails_although_every_oracle_agrees(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert gradverify(capsys, "baseline", "update", "b.jsonl", "specs/right.grad.yaml")[0] == 0
    write("right", SPEC.replace("exp(x)", "exp(x) + x"))
    code, text = gradverify(capsys, "run", "specs/right.grad.yaml", "--baseline", "b.jsonl")
    assert code == 1
    assert "the gradient of `loss` by `x`, as rules computes it, moved by" in text
    assert "the text of the spec has changed since" in text
    assert gradverify(capsys, "baseline", "update", "b.jsonl", "specs/right.grad.yaml")[0] == 0
    assert gradverify(capsys, "run", "specs/right.grad.yaml", "--baseline", "b.jsonl")[0] == 0


def test_the_same_run_writes_the_same_bytes(capsys: pytest.CaptureFixture[str]) -> None:
    assert gradverify(capsys, "baseline", "update")[0] == 0
    before = DEFAULT.read_bytes()
    assert "kept as they were: 2" in gradverify(capsys, "baseline", "update")[1]
    assert gradverify(capsys, "baseline", "update", "specs/right.grad.yaml")[0] == 0
    assert DEFAULT.read_bytes() == before


def test_what_is_broken_is_not_recorded(capsys: pytest.CaptureFixture[str]) -> None:
    write("right", SPEC.replace("exp", "no_such_op"))
    code, text = gradverify(capsys, "baseline", "update")
    assert code == 2
    assert "refused, since they are broken (`gradverify run` says why): 1" in text
    assert "right.grad.yaml::right" not in DEFAULT.read_text("utf-8")


def test_what_is_gone_is_told_and_pruned(capsys: pytest.CaptureFixture[str]) -> None:
    assert gradverify(capsys, "baseline", "update")[0] == 0
    Path("specs/right.grad.yaml").unlink()
    write("wrong", SPEC)
    code, text = gradverify(capsys, "run", "--baseline", str(DEFAULT))
    assert code == 1  # `stated` is no longer there
    assert "  To drop what is gone: gradverify baseline prune --oracles " in text
    assert gradverify(capsys, "baseline", "update")[0] == 0
    before = DEFAULT.read_bytes()
    code, text = gradverify(capsys, "baseline", "prune", "--dry-run")
    assert (code, DEFAULT.read_bytes()) == (0, before)
    assert "would be removed" in text
    assert "specs/right.grad.yaml::right" in text
    assert gradverify(capsys, "baseline", "prune")[0] == 0
    assert "right.grad.yaml" not in DEFAULT.read_text("utf-8")
    assert gradverify(capsys, "run", "--baseline", str(DEFAULT))[0] == 0


def test_a_baseline_can_be_read_by_people(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ("--reason", "<script>\x1b[0m", "--expires", "2020-01-01")
    assert gradverify(capsys, "baseline", "update", *arguments)[0] == 0
    code, text = gradverify(capsys, "baseline", "show", "-k", "WRONG")
    assert code == 0
    assert "specs 1, rows" in text
    assert "specs/wrong.grad.yaml::wrong  failed, seed 0, rows" in text
    assert "error off-by-factor of stated by `x`: first seen " in text
    assert "expires 2020-01-01 (over): <script>\\x1b[0m" in text
    assert gradverify(capsys, "baseline", "show", "-k", "nowhere")[0] == 5


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("baseline", "update", "--expires", "soon"), "--expires soon: not a date"),
        (("baseline", "show"), "there is no such baseline"),
        (("baseline", "prune"), "there is no such baseline"),
        (("run", "--baseline", "none.jsonl"), "`gradverify baseline update none.jsonl` runs"),
        (("baseline", "update", "no/such/folder.jsonl"), "the folder"),
        (("run", "--baseline", "specs/right.grad.yaml"), "this is not a baseline of gradverify"),
    ],
)
def test_what_cannot_be_is_told_before_anything_runs(
    capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], message: str
) -> None:
    code, text = gradverify(capsys, *arguments)
    assert code == 4
    assert message in text
    assert not DEFAULT.exists()


def test_a_file_that_is_none_is_not_written_over(capsys: pytest.CaptureFixture[str]) -> None:
    _ = Path("notes.txt").write_text("precious")
    code, text = gradverify(capsys, "baseline", "update", "notes.txt", "specs")
    assert code == 4
    assert "this is not a baseline of gradverify: it begins with 'precious'" in text
    assert Path("notes.txt").read_text() == "precious"


def test_the_configuration_names_the_file(capsys: pytest.CaptureFixture[str]) -> None:
    _ = Path("pyproject.toml").write_text('[tool.gradverify]\nbaseline = "kept.jsonl"\n')
    assert gradverify(capsys, "baseline", "update", "specs")[0] == 0
    assert Path("kept.jsonl").is_file()
    code, text = gradverify(capsys, "run")
    assert (code, "1 passed, 1 known, 0 failed" in text) == (0, True)
    write("right", SPEC.replace("exp(x)", "exp(x) + x"))
    code, text = gradverify(capsys, "run")
    assert (code, "0 passed, 1 known, 1 worse, 0 failed" in text) == (1, True)
    assert "  If this was meant: gradverify baseline update --oracles " in text
    assert "--baseline" not in text


def test_commands_say_what_the_configuration_does_not(capsys: pytest.CaptureFixture[str]) -> None:
    path = "specs/right.grad.yaml"
    project = Path("pyproject.toml")
    _ = project.write_text(f"[tool.gradverify]\noracles = {FEW[1].split(',')}\n")
    assert gradverify(capsys, "baseline", "update", "b.jsonl")[0] == 0
    write("right", SPEC.replace("exp(x)", "exp(x) + x"))
    _, text = gradverify(capsys, "run", path, "--baseline", "b.jsonl")
    assert f"  If this was meant: gradverify baseline update b.jsonl {path} --oracles " in text
    assert f"  Again: gradverify run {path}::right --baseline b.jsonl --seed 0\n" in text
    _ = project.write_text("[tool.gradverify]\n")
    _, text = gradverify(capsys, "run", "--baseline", "b.jsonl")
    assert "  If this was meant: gradverify baseline update b.jsonl --oracles " in text
    assert f"{path}::right --oracles {FEW[1]} --baseline b.jsonl --seed 0\n" in text


def test_a_variable_of_the_environment_is_said(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRADVERIFY_ORACLES", FEW[1])
    assert run_command_line(["run", "--no-cache"]) == 1
    assert f"wrong --oracles {FEW[1]} --seed 0" in capsys.readouterr().out


def test_an_error_that_is_new_is_told_once(capsys: pytest.CaptureFixture[str]) -> None:
    write("wrong", WRONG.replace("2 * ", ""))
    assert gradverify(capsys, "baseline", "update")[0] == 0
    write("wrong", WRONG)
    code, text = gradverify(capsys, "run", "--baseline", str(DEFAULT))
    assert code == 1
    told = "  new: specs/wrong.grad.yaml:1  wrong: off-by-factor of `x`, as stated, told above\n"
    assert told in text
    assert (text.count("off by a factor of 2"), text.count("Again: ")) == (1, 1)
    assert "gradient-moved" not in text
    assert "baseline update" not in text


def test_nothing_selected_writes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    code, text = gradverify(capsys, "baseline", "update", "-k", "nowhere")
    assert (code, DEFAULT.exists()) == (5, False)
    assert "no spec was selected" in text


def test_a_folder_that_is_no_more_is_pruned_unless_paths_say_otherwise(
    capsys: pytest.CaptureFixture[str],
) -> None:
    Path("specs/old").mkdir()
    write("old/one", SPEC)
    assert gradverify(capsys, "baseline", "update")[0] == 0
    Path("specs/old/one.grad.yaml").unlink()
    _, text = gradverify(capsys, "baseline", "prune", str(DEFAULT), "specs/right.grad.yaml")
    assert "0 removed, 3 specs left" in text
    assert "0 removed" in gradverify(capsys, "baseline", "prune", "-k", "right")[1]
    assert "1 removed, 2 specs left" in gradverify(capsys, "baseline", "prune")[1]


def test_a_dry_run_of_prune_leaves_even_the_order_of_lines(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert gradverify(capsys, "baseline", "update")[0] == 0
    first, *between, last = DEFAULT.read_text("utf-8").splitlines()
    merged = "\n".join([first, *reversed(between), last, ""])
    _ = DEFAULT.write_text(merged, "utf-8")
    assert gradverify(capsys, "baseline", "prune", "--dry-run")[0] == 0
    assert DEFAULT.read_text("utf-8") == merged
    assert gradverify(capsys, "baseline", "prune")[0] == 0
    assert DEFAULT.read_text("utf-8") != merged


@pytest.mark.parametrize("path", [DEFAULT, Path("specs/wrong.grad.yaml")])
def test_no_report_goes_over_what_the_run_reads(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert gradverify(capsys, "baseline", "update")[0] == 0
    before = path.read_bytes()
    options = ("--baseline", str(DEFAULT), "--report", f"json=./{path}")
    code, text = gradverify(capsys, "run", *options)
    assert code == 4
    assert "the run reads this file" in text
    assert path.read_bytes() == before
    code, _ = gradverify(capsys, "run", *options[:2], "--report", "json=report.json")
    assert (code, Path("report.json").is_file()) == (0, True)
