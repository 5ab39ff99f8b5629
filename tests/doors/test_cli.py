"""The command line, as a user runs it: what it prints, what it writes, how it exits."""

import json
import os
import re
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

from gradverify.cli import run_command_line
from gradverify.report.json_report import schema_text
from gradverify.report.rules import RULES

GOOD = """\
gradverify: 1
title: A mean of squares
document: some_document
inputs:
  x: [1, 2]
ops:
  - y = x * x
loss: mean(y)
expect:
  grads: {x: [1, 2]}
"""
WRONG = GOOD.replace("mean of squares", "wrong statement").replace("[1, 2]}", "[1, 3]}")
BAD = GOOD.replace("y = x * x", "y = sqroot(x)")
NOT_YAML = "gradverify: [1\n"
DRAWN = WRONG.replace("x: [1, 2]\n", 'x: "randn(2)"\n')
SECONDS = r"in [\d.]+ s\n"
FEW = ["--oracles", "rules,finite_difference,stated"]


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to stand in, with nothing of the caller's configuration."""
    for name in ("SEED", "ORACLES", "REQUIRE", "FORMAT", "REPORT", "COLOR", "PATHS", "MAX_MEMORY"):
        monkeypatch.delenv(f"GRADVERIFY_{name}", raising=False)
    _ = (tmp_path / "pyproject.toml").write_text("[project]\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(name: str, text: str) -> str:
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    _ = path.write_text(text, "utf-8")
    return name


def start(*arguments: str) -> subprocess.Popen[str]:
    """Start a process that an interrupt ends, even where those who started us ignore them."""
    command = [sys.executable, "-m", "gradverify", *arguments]
    pipe = subprocess.PIPE
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:  # a signal that is ignored stays ignored in a child; one with a handler does not
        return subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True)  # noqa: S603 - our own
    finally:
        _ = signal.signal(signal.SIGINT, before)


def test_help_imports_nothing_heavy() -> None:
    program = (
        "import sys; sys.argv = ['gradverify', '--help']\n"
        "from gradverify.cli import run_command_line\n"
        "assert run_command_line(['--help']) == 0\n"
        "heavy = {'numpy', 'torch', 'jax', 'pydantic', 'rich', 'yaml'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    process = subprocess.Popen(  # noqa: S603 - our own
        [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    out, err = process.communicate(timeout=30)
    assert process.returncode == 0, err
    assert "Exit codes: 0 all as expected" in out


def test_a_spec_that_is_right_exits_with_0(capsys: pytest.CaptureFixture[str]) -> None:
    path = write("specs/a.grad.yaml", GOOD)
    assert run_command_line(["run", *FEW]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"{path} ."
    assert lines[2].startswith("1 spec: 1 passed, 0 failed, 0 undecided, 0 broken, in ")


def test_a_wrong_statement_exits_with_1_and_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    path = write("a.grad.yaml", WRONG)
    assert run_command_line(["run", path, *FEW, "--seed", "7"]) == 1
    out = capsys.readouterr().out
    assert "  the gradient of `loss` by `x`, as stated, is wrong\n" in out
    assert "WRONG  stated 3, true 2" in out
    again = next(line for line in out.splitlines() if line.startswith("  Again: gradverify "))
    assert again == f"  Again: gradverify run '{path}::A wrong statement' --oracles {FEW[1]}"
    assert run_command_line(shlex.split(again)[2:]) == 1
    assert re.sub(SECONDS, "", capsys.readouterr().out) == re.sub(SECONDS, "", out)


def test_a_wrong_spec_exits_with_2_and_the_others_still_run(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name, text in (("a", GOOD), ("b", BAD), ("c", NOT_YAML)):
        _ = write(f"specs/{name}.grad.yaml", text)
    assert run_command_line(["run", *FEW]) == 2
    out = capsys.readouterr().out
    assert "specs/a.grad.yaml .\nspecs/b.grad.yaml E\nspecs/c.grad.yaml E\n" in out
    assert "sqroot" in out
    assert "1 passed, 0 failed, 0 undecided, 2 broken" in out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["run", "--sed", "1"], "No such option"),
        (["run", "nowhere"], "there is no nowhere"),
        (["run", "--oracles", "torhc"], "unknown oracle 'torhc'. Did you mean 'torch'?"),
        (["run", "--oracles", "rules", "--require", "jax"], "jax is required, and --oracles has"),
        (["run", "--max-memory", "lots"], "max-memory is 'lots', not a size such as 2GiB"),
        (["run", "--report", "html=a"], "--report html=a: unknown kind 'html'"),
        (["run", "--report", "json=no/a"], "the folder"),
        (["run", "--report", "json=specs"], "cannot write specs: it is a folder"),
        (["ops", "sqroot"], "unknown op 'sqroot'. Did you mean 'sqrt'?"),
        (["explain", "off-by-facto"], "Did you mean 'off-by-factor'?"),
        (["explain", "nowhere.grad.yaml"], "there is no nowhere.grad.yaml"),
        (["new", "a.yaml"], "did you mean a.grad.yaml?"),
        (["new", "no/a.grad.yaml"], "the folder no does not exist. `mkdir -p no` makes it"),
        (["nwe"], "No such command 'nwe'"),
    ],
)
def test_a_mistake_of_usage_exits_with_4_before_anything_runs(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    _ = write("specs/a.grad.yaml", WRONG)
    assert run_command_line(arguments) == 4
    captured = capsys.readouterr()
    assert message in captured.err
    assert captured.out == ""


def test_a_mistake_in_the_configuration_exits_with_4(capsys: pytest.CaptureFixture[str]) -> None:
    _ = write("pyproject.toml", "[tool.gradverify]\noracle = ['rules']\n")
    assert run_command_line(["run", write("a.grad.yaml", GOOD)]) == 4
    assert "'oracle' is not a key. Did you mean 'oracles'?" in capsys.readouterr().err


def test_the_command_line_stands_above_the_environment_and_that_above_the_configuration(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    _ = write("pyproject.toml", "[tool.gradverify]\npaths = ['a.grad.yaml']\nseed = 1\n")
    _ = write("a.grad.yaml", DRAWN)
    assert run_command_line(["run", *FEW]) == 1
    assert "--seed 1\n" in capsys.readouterr().out
    _ = write("a.grad.yaml", f"{DRAWN}seed: 5\n")
    assert run_command_line(["run", *FEW]) == 1
    assert "--seed 5\n" in capsys.readouterr().out
    monkeypatch.setenv("GRADVERIFY_SEED", "2")
    assert run_command_line(["run", *FEW]) == 1
    assert "--seed 2\n" in capsys.readouterr().out
    assert run_command_line(["run", *FEW, "--seed", "3"]) == 1
    assert "--seed 3\n" in capsys.readouterr().out


@pytest.mark.parametrize("command", ["run", "list", "validate"])
def test_a_spec_is_chosen_by_its_id(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    path = write("a.grad.yaml", f"{GOOD}---\n{WRONG}---\n{GOOD.replace('A mean', 'Also a mean')}")
    few = FEW if command == "run" else []
    assert run_command_line([command, f"{path}::A mean of squares", *few]) == 0
    one = capsys.readouterr().out
    assert {"run": "1 spec: 1 passed", "list": "::A mean", "validate": "1 of 1"}[command] in one
    assert "wrong" not in one
    assert run_command_line([command, f"./{path}::A mean of squares", path, *few]) in {0, 1}
    everything = capsys.readouterr().out
    assert {"run": "3 specs", "list": "::Also", "validate": "3 of 3"}[command] in everything


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("a.grad.yaml::A mean of square", "a.grad.yaml has no spec 'A mean of square'. Did you"),
        ("a.grad.yaml::x", "a.grad.yaml has no spec 'x'. `gradverify list a.grad.yaml` names them"),
        ("b.grad.yaml::A mean of squares", "there is no b.grad.yaml. Did you mean 'a.grad.yaml'?"),
        (".::A mean of squares", ". has no spec 'A mean of squares'. "),
    ],
)
def test_an_id_that_no_spec_has_exits_with_4(
    given: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    _ = write("a.grad.yaml", GOOD)
    assert run_command_line(["run", given, *FEW]) == 4
    assert f"Error: {message}" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["run", "list", "validate"])
def test_a_first_run_in_an_empty_folder_says_how_to_begin(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command_line([command]) == 4
    assert capsys.readouterr().err == (
        "Error: no path was given, and there is no folder specs/ here; "
        "`gradverify init` writes a first spec\n"
    )


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a full device")
def test_a_full_disk_does_not_cost_what_was_found(capfd: pytest.CaptureFixture[str]) -> None:
    path = write("a.grad.yaml", WRONG)
    assert run_command_line(["run", path, *FEW, "--report", "json=/dev/full"]) == 2
    captured = capfd.readouterr()
    assert "1 spec: 0 passed, 1 failed" in captured.out
    assert captured.err == "Error: cannot write /dev/full: no space left on device\n"
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(  # noqa: S603 - our own
            [sys.executable, "-m", "gradverify", "list", path],
            stdout=full, stderr=subprocess.PIPE, text=True, check=False,
        )  # fmt: skip
    message = "Error: cannot write to stdout: no space left on device\n"
    assert (done.returncode, done.stderr) == (2, message)


@pytest.mark.skipif(os.name != "posix", reason="a shell closes the streams")
@pytest.mark.parametrize("closed", ["<&- >&-", "2>&-", "<&- >&- 2>&-"])
def test_closed_streams_cost_neither_a_report_nor_the_exit_code(closed: str) -> None:
    path = write("a.grad.yaml", WRONG)
    line = shlex.join([sys.executable, "-m", "gradverify", "run", path, *FEW, "--report"])
    done = subprocess.run(["/bin/sh", "-c", f"{line} json=a.json {closed}"], check=False)  # noqa: S603 - our own
    assert done.returncode == 1
    assert json.loads(Path("a.json").read_text("utf-8"))["summary"]["failed"] == 1


def test_nothing_selected_exits_with_5(capsys: pytest.CaptureFixture[str]) -> None:
    path = write("a.grad.yaml", GOOD)
    assert run_command_line(["run", path, *FEW, "-k", "squares"]) == 0
    assert run_command_line(["run", path, *FEW, "-k", "cubes"]) == 5
    Path("empty").mkdir()
    assert run_command_line(["run", "empty", *FEW]) == 5
    assert capsys.readouterr().out.count("no spec was selected") == 2


def test_a_required_oracle_that_is_absent_exits_with_2(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "jax", None)
    monkeypatch.delitem(sys.modules, "gradverify.oracles.jax_grad", raising=False)
    path = write("a.grad.yaml", GOOD)
    assert run_command_line(["run", path, "--require", "jax"]) == 2
    captured = capsys.readouterr()
    assert "the oracle jax is required: " in captured.err
    assert "pip install 'gradverify[jax]'" in captured.err
    assert captured.out == ""


def test_x_stops_after_the_first_that_fails(capsys: pytest.CaptureFixture[str]) -> None:
    path = write("a.grad.yaml", f"{WRONG}---\n{GOOD}")
    assert run_command_line(["run", path, *FEW, "-x"]) == 1
    assert "1 spec: 0 passed, 1 failed" in capsys.readouterr().out


def test_v_shows_each_comparison(capsys: pytest.CaptureFixture[str]) -> None:
    path = write("a.grad.yaml", GOOD)
    assert run_command_line(["run", path, *FEW, "-v"]) == 0
    assert "    ok  the gradient of `loss` by `x`, stated: " in capsys.readouterr().out


def test_json_goes_to_stdout_alone_and_to_files(capsys: pytest.CaptureFixture[str]) -> None:
    path = write("a.grad.yaml", WRONG)
    reports = ["--report", "json=a.json", "--report", "junit=a.xml"]
    assert run_command_line(["run", path, *FEW, "--format", "json", *reports]) == 1
    document = json.loads(capsys.readouterr().out)
    jsonschema.validate(document, json.loads(schema_text()))
    assert document["summary"]["failed"] == 1
    assert document["specs"][0]["document"] == "some_document"
    written = json.loads(Path("a.json").read_text("utf-8"))
    assert written["specs"][0]["comparisons"] == document["specs"][0]["comparisons"]
    assert Path("a.xml").read_text("utf-8").startswith("<?xml")


def test_colours_are_for_terminals_and_for_those_who_ask(
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = write("a.grad.yaml", WRONG)
    _ = run_command_line(["run", path, *FEW])
    assert "\x1b[" not in capsys.readouterr().out
    _ = run_command_line(["run", path, *FEW, "--color", "always"])
    assert "\x1b[1;31mWRONG" in capsys.readouterr().out


def test_an_interrupted_run_prints_what_it_knows_and_exits_with_130() -> None:
    specs = (GOOD.replace("squares", f"squares {n}") for n in range(2000))
    path = write("a.grad.yaml", "---\n".join(specs))
    process = start("run", path, *FEW, "--report", "json=a.json")
    assert process.stdout is not None
    first = process.stdout.read(len(path) + 2)
    assert first == f"{path} ."
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "interrupted: " in out
    assert json.loads(Path("a.json").read_text("utf-8"))["summary"]["interrupted"]


INTERRUPTED_IMPORT = """
import sys

class Interrupt:
    def find_spec(self, name, path=None, target=None):
        if name == sys.argv[1]:
            raise KeyboardInterrupt

sys.meta_path.insert(0, Interrupt())
from gradverify.__main__ import main
sys.argv[:] = ["gradverify", "list", "a.grad.yaml"]
"""


@pytest.mark.parametrize(
    "module", ["gradverify.cli", "click", "gradverify.commands.specs", "pydantic", "yaml"]
)
def test_an_interrupt_of_an_import_leaves_no_trace(module: str) -> None:
    _ = write("a.grad.yaml", GOOD)
    code = INTERRUPTED_IMPORT.replace("sys.argv[1]", repr(module))
    program = f"{code}main()"
    done = subprocess.run(  # noqa: S603 - our own
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr.strip()) == (130, "", "")


def test_list_names_specs_and_documents(capsys: pytest.CaptureFixture[str]) -> None:
    _ = write("specs/a.grad.yaml", f"{GOOD}---\n{WRONG}")
    assert run_command_line(["list"]) == 0
    assert capsys.readouterr().out == (
        "specs/a.grad.yaml::A mean of squares  some_document\n"
        "specs/a.grad.yaml::A wrong statement  some_document\n"
    )
    assert run_command_line(["list", "-k", "WRONG"]) == 0
    assert capsys.readouterr().out == "specs/a.grad.yaml::A wrong statement  some_document\n"
    assert run_command_line(["list", "-k", "cubes"]) == 5


BY_DOCUMENT = """\
| document | cell | specs |
| --- | --- | --- |
| another | 2 | [b](deep/b.grad.yaml) |
| another | 10 | [a](a.grad.yaml), [b](deep/b.grad.yaml) |
| another | text | [b](deep/b.grad.yaml) |
| some_document | 2 | [a](a.grad.yaml) |
| no document | text | [b \\[1\\]](deep/b%20%5B1%5D.grad.yaml) |
"""


def of_cells(title: str, document: str, cells: str) -> str:
    """Return the text of a spec of some cells of a document; without either where it is empty."""
    text = GOOD.replace("A mean of squares", title)
    where = (f"document: {document}\n" if document else "") + (f"cells: {cells}\n" * bool(cells))
    return text.replace("document: some_document\n", where)


def write_specs_of_cells() -> None:
    a = (of_cells("one", "some_document", "[2]"), of_cells("two", "another", "[10]"))
    b = (of_cells("one", "another", "[10, 2]"), of_cells("two", "another", ""))
    _ = write("specs/a.grad.yaml", "---\n".join(a))
    _ = write("specs/deep/b.grad.yaml", "---\n".join([*b, of_cells("three", "another", "[2]")]))
    _ = write("specs/deep/b [1].grad.yaml", of_cells("one", "", ""))


def test_list_by_document_has_a_row_a_cell(capsys: pytest.CaptureFixture[str]) -> None:
    write_specs_of_cells()
    for paths in (
        [],
        ["specs"],
        ["specs/deep", "specs/a.grad.yaml"],
        [str(Path("specs").resolve())],
    ):
        assert run_command_line(["list", "--by-document", *paths]) == 0
        assert capsys.readouterr().out == BY_DOCUMENT


def test_list_by_document_lists_what_is_selected(capsys: pytest.CaptureFixture[str]) -> None:
    write_specs_of_cells()
    assert run_command_line(["list", "--by-document", "-k", "a.grad.yaml::two"]) == 0
    row = "| another | 10 | [a](a.grad.yaml) |"
    assert capsys.readouterr().out.splitlines() == [*BY_DOCUMENT.splitlines()[:2], row]
    assert run_command_line(["list", "--by-document", "-k", "nothing"]) == 5
    assert capsys.readouterr().out == ""
    _ = write("specs/c.grad.yaml", NOT_YAML)
    assert run_command_line(["list", "--by-document"]) == 2
    captured = capsys.readouterr()
    assert captured.out == BY_DOCUMENT
    assert "specs/c.grad.yaml:" in captured.err


def test_a_document_of_any_name_stays_in_its_cell(capsys: pytest.CaptureFixture[str]) -> None:
    _ = write("a.grad.yaml", of_cells("one", '"a | b\\n[c]"', "[1]"))
    assert run_command_line(["list", "--by-document", "a.grad.yaml"]) == 0
    row = r"| a \| b \[c\] | 1 | [a](a.grad.yaml) |"
    assert capsys.readouterr().out.splitlines()[2] == row


def test_list_imports_no_framework_and_no_numpy() -> None:
    write_specs_of_cells()
    program = (
        "import sys\n"
        "from gradverify.cli import run_command_line\n"
        "assert run_command_line(['list', '--by-document']) == 0\n"
        "heavy = {'numpy', 'torch', 'jax'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    done = subprocess.run(  # noqa: S603 - our own
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, BY_DOCUMENT), done.stderr


def test_validate_prints_all_faults(capsys: pytest.CaptureFixture[str]) -> None:
    for name, text in (("a", WRONG), ("b", BAD), ("c", NOT_YAML)):
        _ = write(f"specs/{name}.grad.yaml", text)
    assert run_command_line(["validate", "specs/a.grad.yaml"]) == 0
    assert run_command_line(["validate"]) == 2
    captured = capsys.readouterr()
    assert (
        captured.out.splitlines()[-1]
        == "1 of 2 specs can be run; 1 file has specs that cannot be read"
    )
    assert "specs/b.grad.yaml:7:" in captured.err
    assert "specs/c.grad.yaml:" in captured.err
    assert run_command_line(["validate", "specs/c.grad.yaml"]) == 2
    assert capsys.readouterr().out == "1 file has specs that cannot be read\n"


@pytest.mark.parametrize("which", ["spec", "report"])
def test_schemas_are_schemas(which: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command_line(["schema", which]) == 0
    jsonschema.Draft202012Validator.check_schema(json.loads(capsys.readouterr().out))


def test_ops_lists_every_op_and_describes_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command_line(["ops"]) == 0
    table = capsys.readouterr().out
    assert "matmul(" in table
    assert run_command_line(["ops", "clamp"]) == 0
    assert capsys.readouterr().out.startswith("clip(x, min=None, max=None)\n")


def test_explain_has_a_page_for_a_finding_and_the_program_of_a_spec(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run_command_line(["explain", "off-by-factor"]) == 0
    page = capsys.readouterr().out
    assert page.startswith("off-by-factor (value, error)\n\nWhat it means:\n  ")
    assert run_command_line(["explain"]) == 0
    listed = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in listed] == [*RULES]
    assert run_command_line(["explain", write("a.grad.yaml", GOOD)]) == 0
    assert capsys.readouterr().out.startswith("a.grad.yaml::A mean of squares\n\n  ")


def test_doctor_says_what_answers(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command_line(["doctor"]) == 0
    out = capsys.readouterr().out
    assert "numpy" in out
    assert "  rules             answers\n" in out


def test_a_new_spec_passes_and_is_not_written_twice(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command_line(["new", "first.grad.yaml"]) == 0
    text = Path("first.grad.yaml").read_text("utf-8")
    assert run_command_line(["run", "first.grad.yaml", *FEW]) == 0
    assert run_command_line(["new", "first.grad.yaml"]) == 4
    assert "it exists already" in capsys.readouterr().err
    assert Path("first.grad.yaml").read_text("utf-8") == text


def test_a_narrow_encoding_is_no_reason_to_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONIOENCODING", "latin-1")
    process = start("list", write("a.grad.yaml", GOOD.replace("A mean", "梯度")))
    out, err = process.communicate(timeout=30)
    assert (process.returncode, err) == (0, "")
    assert out.startswith("a.grad.yaml::\\u68af\\u5ea6 of squares")
