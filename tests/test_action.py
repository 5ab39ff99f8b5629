"""What action.yml and .pre-commit-hooks.yaml promise: no input becomes code, no report is lost."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, final

import pytest
import yaml

from gradverify.cli import cli
from gradverify.commands.ci_files import WORKFLOW
from gradverify.commands.new import FIRST_SPEC

ROOT: Final = Path(__file__).parents[1]
TEXT: Final = (ROOT / "action.yml").read_text("utf-8")
ACTION: Final[dict[str, Any]] = yaml.safe_load(TEXT)
STEPS: Final[list[dict[str, Any]]] = ACTION["runs"]["steps"]
HOOKS: Final[list[dict[str, Any]]] = yaml.safe_load(
    (ROOT / ".pre-commit-hooks.yaml").read_text("utf-8")
)
PINNED: Final = re.compile(r"[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+")
GUIDE: Final = (ROOT / "docs" / "ci.md").read_text("utf-8")

# A command that writes what it was given, and a report, and fails as the variable CODE says.
RECORDER: Final = """\
#!{python}
import json, os, pathlib, sys
pathlib.Path(os.environ["SEEN"]).write_text(json.dumps(sys.argv[1:]))
for word in sys.argv:
    kind, _, path = word.partition("=")
    if kind in ("json", "sarif"):
        pathlib.Path(path).write_text("{{}}")
sys.exit(int(os.environ.get("CODE", "0")))
"""
HOSTILE: Final = (
    "; touch pwned",
    "$(touch pwned)",
    "`touch pwned`",
    "&& touch pwned #",
    "| touch pwned",
    "> pwned",
    "' ; touch pwned ; '",
    '"; touch pwned; "',
    "a[$(touch pwned)]",
    "${IFS}touch${IFS}pwned",
    "* ? ~ \\",
)


@final
@dataclass(frozen=True, slots=True)
class Done:
    """What a step's script did: its exit code, outputs, what it called, and the files it left."""

    code: int
    outputs: Mapping[str, str]
    called: list[str] | None
    files: frozenset[str]
    said: str


def step(name: str) -> dict[str, Any]:
    (found,) = (step for step in STEPS if step.get("name") == name)
    return found


def do(folder: Path, name: str, inputs: Mapping[str, str], **variables: str) -> Done:
    """Do a step's script as a runner does, with the defaults of inputs that are not given."""
    script = step(name)
    outside, work = folder / "outside", folder / "work"
    for made in (outside, work):
        made.mkdir(exist_ok=True)
    for command in ("gradverify", "python"):
        recorder = outside / command
        _ = recorder.write_text(RECORDER.format(python=sys.executable), "utf-8")
        recorder.chmod(0o700)
    _ = (outside / "script.sh").write_text(script["run"], "utf-8")
    env = {
        "PATH": f"{outside}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(outside),
        "SEEN": str(outside / "seen"),
        "GITHUB_OUTPUT": str(outside / "output"),
        "GITHUB_ACTION_PATH": "/the action",
        **{key: given(text, inputs) for key, text in script["env"].items()},
        **variables,
    }
    bash = shutil.which("bash") or "bash"
    done = subprocess.run(  # noqa: S603 - what is tested
        [bash, "--noprofile", "--norc", "-eo", "pipefail", str(outside / "script.sh")],
        cwd=work, env=env, capture_output=True, text=True, check=False,
    )  # fmt: skip
    lines = read(outside / "output").splitlines()
    return Done(
        done.returncode,
        dict(line.split("=", 1) for line in lines),
        json.loads(read(outside / "seen") or "null"),
        frozenset(path.relative_to(work).as_posix() for path in work.rglob("*")),
        done.stdout + done.stderr,
    )


def read(path: Path) -> str:
    return path.read_text("utf-8") if path.is_file() else ""


def given(text: str, inputs: Mapping[str, str]) -> str:
    """Return an input as a runner puts it into the environment of a step."""
    found = re.fullmatch(r"\$\{\{ inputs\.([\w-]+) \}\}", text)
    assert found is not None, text
    return inputs.get(found[1], ACTION["inputs"][found[1]]["default"])


def pasted(action: Mapping[str, Any]) -> list[str]:
    """Return the steps into whose shell text a runner would paste what somebody else wrote."""
    return [s["name"] for s in action["runs"]["steps"] if "${{" in s.get("run", "")]


def unpinned(text: str) -> Iterator[str]:
    for found in re.finditer(r"^\s*(?:- )?uses: (.+)$", text, re.MULTILINE):
        if PINNED.fullmatch(found[1]) is None:
            yield found[1]


def test_no_input_is_pasted_into_shell_text() -> None:
    assert pasted(ACTION) == []


def test_an_input_that_is_pasted_is_noticed() -> None:
    altered = yaml.safe_load(TEXT.replace('"$INPUT_PATHS"', '"${{ inputs.paths }}"'))
    assert pasted(altered) == ["Run gradverify"]


def test_every_input_is_used_and_documented() -> None:
    steps = yaml.safe_dump(STEPS)
    for name, about in ACTION["inputs"].items():
        assert re.search(rf"inputs\.{name}\b(?!-)", steps), name
        assert about["description"].endswith("."), name
        assert isinstance(about["default"], str), name
        assert f"`{name}`" in GUIDE, name
    used = set(re.findall(r"inputs\.([\w-]+)", TEXT))
    assert used == set(ACTION["inputs"])


def test_every_action_is_pinned_to_a_commit() -> None:
    assert list(unpinned(TEXT)) == []
    assert list(unpinned(WORKFLOW)) == ["{action}"]  # this very action, whose version is known
    assert list(unpinned(TEXT.replace("# v6.2.0", ""))) != []
    assert list(unpinned("- uses: actions/checkout@v5\n")) == ["actions/checkout@v5"]


def test_the_report_is_uploaded_whatever_happened() -> None:
    upload = step("Upload the reports")
    assert upload["if"] == "always()"
    assert upload["with"]["path"] == "${{ inputs.report-dir }}"
    sarif = step("Show findings under code scanning")
    assert sarif["if"].startswith("always() && ")
    assert "continue-on-error" not in upload
    assert [s["name"] for s in STEPS if s.get("continue-on-error")] == [sarif["name"]]


@pytest.mark.parametrize("name", [s["name"] for s in STEPS if "run" in s])
def test_a_script_is_sound_shell(name: str, tmp_path: Path) -> None:
    script = tmp_path / "script.sh"
    _ = script.write_text(f"#!/usr/bin/env bash\n{step(name)['run']}", "utf-8")
    assert step(name)["shell"] == "bash"
    _ = subprocess.run(["bash", "-n", script], check=True)  # noqa: S603, S607 - reads, runs nothing
    if (shellcheck := shutil.which("shellcheck")) is not None:
        _ = subprocess.run([shellcheck, script], check=True)  # noqa: S603 - likewise


def test_a_run_passes_its_inputs_on(tmp_path: Path) -> None:
    inputs = {
        "paths": "specs\n\nspecs/a.grad.yaml::A 'title'  with spaces\n--allow-import\n",
        "args": "-n auto  -v\n-k it's",
        "require": "torch,jax",
        "baseline": "a file",
        "shard": "1/3",
        "allow-import": "true",
        "report-dir": "a folder/deep",
    }
    done = do(tmp_path, "Run gradverify", inputs)
    assert done.code == 0, done.said
    assert done.called is not None
    kinds = {"json": "json", "sarif": "sarif", "junit": "xml", "markdown": "md"}
    reports = [f"{kind}=a folder/deep/report.{end}" for kind, end in kinds.items()]
    options = done.called[3 : done.called.index("--")]
    assert done.called[:3] == ["run", "--format", "github"]
    assert [text for text in options if text.startswith(tuple(kinds))] == reports
    assert options[8:] == [
        *("--require=torch,jax", "--baseline=a file", "--shard=1/3", "--allow-import"),
        *("-n", "auto", "-v", "-k", "it's"),
    ]
    paths = ["specs", "specs/a.grad.yaml::A 'title'  with spaces", "--allow-import"]
    assert done.called[done.called.index("--") + 1 :] == paths
    assert done.outputs == {
        "exit-code": "0",
        "artifact": "gradverify-report-1-of-3",
        "report": "a folder/deep/report.json",
        "sarif": "a folder/deep/report.sarif",
    }


@pytest.mark.parametrize("code", ["1", "2", "5", "130"])
def test_the_exit_code_is_that_of_gradverify_and_the_report_is_told(
    tmp_path: Path, code: str
) -> None:
    done = do(tmp_path, "Run gradverify", {}, CODE=code)
    assert done.code == int(code)
    assert done.outputs["exit-code"] == code
    assert done.outputs["report"] == "gradverify-report/report.json"


@pytest.mark.parametrize("name", ["Run gradverify", "Install gradverify"])
def test_no_input_is_ever_executed(tmp_path: Path, name: str) -> None:
    keys = [key[6:].lower().replace("_", "-") for key in step(name)["env"]]
    assert set(keys) <= set(ACTION["inputs"])
    at_once = [dict.fromkeys(keys, hostile) for hostile in HOSTILE]
    for number, inputs in enumerate([*at_once, *({key: " ".join(HOSTILE)} for key in keys)]):
        folder = tmp_path / str(number)
        folder.mkdir()
        done = do(folder, name, inputs)
        assert not {path for path in done.files if Path(path).name == "pwned"}
        assert done.called is not None or (name.startswith("Install") and done.code == 4)
        assert set(done.outputs) <= {"exit-code", "artifact", "report", "sarif"}


def test_a_line_of_its_own_cannot_forge_an_output(tmp_path: Path) -> None:
    for key in ("shard", "report-dir", "artifact"):
        done = do(tmp_path, "Run gradverify", {key: "a\nexit-code=0"}, CODE="1")
        assert (done.code, done.outputs, done.called) == (4, {}, None)


def test_what_is_executed_would_be_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = step("Run gradverify")
    careless = run["run"].replace('"${command[@]}" ||', 'eval "${command[@]}" ||')
    assert careless != run["run"]
    monkeypatch.setitem(run, "run", careless)
    done = do(tmp_path, "Run gradverify", {"paths": "$(touch pwned)"})
    assert "pwned" in done.files


@pytest.mark.parametrize(
    ("inputs", "targets"),
    [
        ({}, ["/the action"]),
        ({"extras": "torch,jax"}, ["/the action[torch,jax]"]),
        ({"version": "0.1.0", "extras": "torch"}, ["gradverify[torch]==0.1.0"]),
        ({"install": "-r a.txt\n  ."}, ["/the action", "-r", "a.txt", "."]),
    ],
)
def test_what_is_asked_for_is_installed(
    tmp_path: Path, inputs: Mapping[str, str], targets: list[str]
) -> None:
    done = do(tmp_path, "Install gradverify", inputs)
    assert done.code == 0, done.said
    expected = ["-m", "pip", "install", "--disable-pip-version-check", *targets]
    assert done.called == expected


@pytest.mark.parametrize("name", ["extras", "version"])
def test_another_package_cannot_be_slipped_in(tmp_path: Path, name: str) -> None:
    for text in ("a] @ https://example.org/a.whl", "1 --index-url https://example.org", "1\n2"):
        done = do(tmp_path, "Install gradverify", {name: text})
        assert (done.code, done.called) == (4, None)


def test_a_run_for_real_leaves_all_reports(tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    specs = tmp_path / "work" / "specs"
    specs.mkdir(parents=True)
    wrong = FIRST_SPEC.replace("1.5 * (x + 2)", "3 * (x + 2)")
    _ = (specs / "a b.grad.yaml").write_text(wrong, "utf-8")
    inputs = {"args": "--oracles rules,finite_difference,stated", "paths": "specs/a b.grad.yaml"}
    real = tmp_path / "real"
    real.mkdir()
    command = f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m gradverify "$@"\n'
    _ = (real / "gradverify").write_text(command, "utf-8")
    (real / "gradverify").chmod(0o700)
    path = f"{real}{os.pathsep}{os.environ['PATH']}"
    summary = tmp_path / "summary.md"
    done = do(tmp_path, "Run gradverify", inputs, PATH=path, GITHUB_STEP_SUMMARY=str(summary))
    assert done.code == 1, done.said
    assert done.outputs["exit-code"] == "1"
    ends = ("json", "sarif", "xml", "md")
    assert {f"gradverify-report/report.{end}" for end in ends} <= done.files
    assert "::error " in done.said
    assert "A mean over 3 (x + 2)^2" in summary.read_text("utf-8")
    report = json.loads(read(tmp_path / "work" / done.outputs["report"]))
    assert report["summary"]["failed"] == 1


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL)


def unknown(lines: str) -> list[str]:
    """Return what shell lines ask of gradverify that it does not have: commands, options."""
    asked = (shlex.split(line, comments=True) for line in lines.splitlines())
    words = [line[1:] for line in asked if line[:1] == ["gradverify"]]
    return [f"{name} {word}" for name, *rest in words for word in lacking(name, rest)]


def lacking(name: str, rest: list[str]) -> list[str]:
    command = cli.commands.get(name)
    if command is None:
        return ["does not exist"]
    known = {text for option in command.params for text in option.opts}
    return [word for word in rest if word.startswith("-") and word not in known]


def test_the_guide_shows_commands_that_exist() -> None:
    lines = "".join(blocks("sh"))
    assert lines.count("\ngradverify ") > 10
    assert unknown(lines) == []
    assert unknown("gradverify run -n 2 --shrad 1/2\ngradverify joint\n") == [
        "run --shrad",
        "joint does not exist",
    ]


def test_the_guide_shows_yaml_with_inputs_and_hooks_that_exist() -> None:
    shown = "".join(blocks("yaml"))
    assert [use for use in unpinned(shown) if "/gradverify@" not in use] == []
    for block in blocks("yaml"):
        for given in inputs_given(yaml.safe_load(block)):
            assert set(given) <= set(ACTION["inputs"])
    assert set(re.findall(r"- id: ([\w-]+)", shown)) == {hook["id"] for hook in HOOKS}


def inputs_given(node: Any) -> Iterator[Mapping[str, Any]]:
    """Yield what steps give the action, anywhere in a document."""
    if isinstance(node, dict) and "/gradverify@" in str(node.get("uses")):  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType] - YAML is of anything
        yield node["with"]
    elif isinstance(node, dict | list):
        for part in node.values() if isinstance(node, dict) else node:  # pyright: ignore[reportUnknownVariableType] - likewise
            yield from inputs_given(part)


def test_a_hook_takes_specs_and_a_fast_one_installs_no_framework() -> None:
    validate, run = HOOKS
    for hook in HOOKS:
        assert set(hook) <= {
            *("id", "name", "description", "entry", "language", "files"),
            *("pass_filenames", "require_serial", "stages"),
        }
        pattern = re.compile(hook["files"])
        assert pattern.search("specs/a.grad.yaml")
        assert pattern.search("a.grad.yml")
        assert not pattern.search("a.yaml")
    assert (validate["id"], validate["language"]) == ("gradverify-validate", "python")
    assert (run["id"], run["language"], run["stages"]) == ("gradverify-run", "system", ["pre-push"])


def test_a_plain_installation_has_no_framework() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    names = {re.split(r"[^\w-]", line)[0].lower() for line in project["dependencies"]}
    assert "numpy" in names
    assert not names & {"torch", "jax", "jaxlib"}


@pytest.mark.parametrize("hook", HOOKS, ids=lambda hook: hook["id"])
def test_a_hook_fails_where_one_of_its_files_does(hook: Mapping[str, Any], tmp_path: Path) -> None:
    good, bad = "a b.grad.yaml", "$(touch pwned).grad.yml"
    _ = (tmp_path / good).write_text(FIRST_SPEC, "utf-8")
    _ = (tmp_path / bad).write_text(FIRST_SPEC.replace("y = x + 2", "y = sqroot(x)"), "utf-8")
    (name, *words) = shlex.split(hook["entry"])
    assert name == "gradverify"
    env = {**os.environ, "GRADVERIFY_ORACLES": "rules,finite_difference,stated"}
    for files, code in (([good], 0), ([good, bad], 2)):
        done = subprocess.run(  # noqa: S603 - our own
            [sys.executable, "-m", name, *words, *files],
            cwd=tmp_path, env=env, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == code, done.stderr
    assert "sqroot" in done.stdout + done.stderr
    assert not (tmp_path / "pwned").exists()


def test_validating_imports_no_framework(tmp_path: Path) -> None:
    _ = (tmp_path / "a.grad.yaml").write_text(FIRST_SPEC, "utf-8")
    code = (
        "import sys\n"
        "from gradverify.cli import run_command_line\n"
        "assert run_command_line(['validate', 'a.grad.yaml']) == 0\n"
        "assert not {'torch', 'jax'} & {*sys.modules}\n"
    )
    _ = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True, capture_output=True)  # noqa: S603 - our own
