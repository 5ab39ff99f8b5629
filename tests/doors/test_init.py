"""`gradverify init`: what is missing is written, what is there stays, and the next run passes."""

import os
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from gradverify import __version__
from gradverify.cli import run_command_line
from gradverify.commands import init, piece
from gradverify.commands.ci_files import Project, github_workflow, gitlab_job
from gradverify.commands.origin import NOWHERE, Origin, origin_of
from gradverify.config import BASELINE, READERS
from gradverify.files import CannotWriteError

ROOT: Final = Path(__file__).parents[2]
BOTH: Final = ("--ci", "github", "--ci", "gitlab")
WRITTEN: Final = {
    "specs/first.grad.yaml",
    "pyproject.toml",
    ".github/workflows/gradverify.yml",
    ".gitlab/gradverify.yml",
    ".gitlab-ci.yml",
}
SOMEBODY: Final = Origin("somebody/gradverify@v9", None)
as_anybody = pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to stand in, with nothing of the caller's configuration."""
    for name in READERS:
        monkeypatch.delenv(f"GRADVERIFY_{name.replace('-', '_').upper()}", raising=False)
    folder = tmp_path / "project"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def files() -> Mapping[str, bytes]:
    found = (path for path in Path().rglob("*") if path.is_file())
    return {path.as_posix(): path.read_bytes() for path in found}


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """Return what is said when nothing is written."""
    before = files()
    assert run_command_line(["init", *arguments]) == 4
    assert files() == before
    out, err = capsys.readouterr()
    assert out == ""
    return err


def test_a_run_after_init_passes(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command_line(["init"]) == 0
    assert capsys.readouterr().out == (
        "wrote  specs/first.grad.yaml  a first spec, with comments\n"
        "wrote  pyproject.toml         [tool.gradverify], the settings\n"
        "\n"
        "Next: gradverify run\n"
        "Then: git add specs/first.grad.yaml pyproject.toml\n"
    )
    assert run_command_line(["validate"]) == 0
    assert run_command_line(["run", "--oracles", "rules,finite_difference,stated"]) == 0
    assert "1 spec: 1 passed" in capsys.readouterr().out


def test_a_second_time_changes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command_line(["init", *BOTH]) == 0
    before = files()
    assert set(before) == WRITTEN
    _ = capsys.readouterr()
    assert run_command_line(["init", *BOTH]) == 0
    assert files() == before
    out = capsys.readouterr().out
    assert out.count("left ") == len(WRITTEN)
    assert "wrote" not in out
    assert "git add" not in out


def test_a_folder_is_made_and_the_next_command_goes_there(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run_command_line(["init", "a folder/b"]) == 0
    assert Path("a folder/b/specs/first.grad.yaml").is_file()
    out = capsys.readouterr().out
    assert "Next: cd 'a folder/b' && gradverify run\n" in out
    assert "Then: git add specs/first.grad.yaml pyproject.toml\n" in out


@pytest.mark.parametrize(
    "before",
    [
        b"",
        b"[project]\nname = 'a' # \xc3\xbc\n",
        b"# a comment\n[project]\nname = 'a'",
        b"[project]\r\n# a comment\r\nname = 'a'\r\n",
        b"[project]\r\nname = 'a'",
        b"[tool.ruff]\nline-length = 99\n[[tool.mypy.overrides]]\nmodule = 'a'\n",
    ],
)
def test_settings_are_appended_and_no_byte_before_them_changes(before: bytes) -> None:
    file = Path("pyproject.toml")
    _ = file.write_bytes(before)
    assert run_command_line(["init"]) == 0
    after = file.read_bytes()
    assert after.startswith(before)
    added = after[len(before) :]
    assert added.count(b"\r\n") == (added.count(b"\n") if b"\r\n" in before else 0)
    assert tomllib.loads(after.decode())["tool"]["gradverify"] == {"paths": ["specs"]}
    assert run_command_line(["list"]) == 0


def test_a_setting_that_is_there_stays_and_is_followed(capsys: pytest.CaptureFixture[str]) -> None:
    text = b"[tool.gradverify]\npaths = ['gradients']\n"
    _ = Path("pyproject.toml").write_bytes(text)
    assert run_command_line(["init"]) == 0
    assert set(files()) == {"pyproject.toml", "gradients/first.grad.yaml"}
    assert files()["pyproject.toml"] == text
    assert "left   pyproject.toml             [tool.gradverify] is there" in capsys.readouterr().out


def test_every_setting_that_is_offered_exists() -> None:
    assert run_command_line(["init"]) == 0
    text = Path("pyproject.toml").read_text("utf-8")
    offered = tomllib.loads(text.replace("\n# ", "\n"))["tool"]["gradverify"]
    assert len(offered) > 2
    assert set(offered) <= set(READERS)


def test_a_baseline_that_is_there_is_used() -> None:
    _ = Path(BASELINE).write_text("", "utf-8")
    assert run_command_line(["init"]) == 0
    settings = tomllib.loads(Path("pyproject.toml").read_text("utf-8"))
    assert settings["tool"]["gradverify"]["baseline"] == BASELINE


def test_specs_that_are_there_are_enough(capsys: pytest.CaptureFixture[str]) -> None:
    Path("specs/deep").mkdir(parents=True)
    _ = Path("specs/deep/mine.grad.yaml").write_text(init.FIRST_SPEC, "utf-8")
    assert run_command_line(["init"]) == 0
    assert set(files()) == {"specs/deep/mine.grad.yaml", "pyproject.toml"}
    assert "left   specs           it has specs\n" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"[project\n", "pyproject.toml: the file cannot be read: Expected"),
        (b"\xff", "pyproject.toml: the file cannot be read: 'utf-8' codec"),
        (b"tool = {}\n", "[tool.gradverify] cannot be appended to it"),
        (b"tool = 'x gradverify'\n", "[tool.gradverify] cannot be appended to it"),
        (b"[tool.gradverify]\nsede = 1\n", "Did you mean 'seed'?"),
    ],
)
def test_settings_that_cannot_be_read_stop_it_before_it_writes(
    text: bytes, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    _ = Path("pyproject.toml").write_bytes(text)
    assert said in refused(capsys, *BOTH)


def test_a_file_where_a_folder_is_needed_stops_it_before_it_writes(
    capsys: pytest.CaptureFixture[str],
) -> None:
    _ = Path(".github").write_text("", "utf-8")
    said = refused(capsys, *BOTH)
    workflow = ".github/workflows/gradverify.yml"
    assert said == f"Error: cannot write {workflow}: .github is not a folder\n"


@as_anybody
def test_a_folder_without_permission_stops_it_before_it_writes(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    project.chmod(0o500)
    denied = "permission denied in the folder .\n"
    assert refused(capsys) == f"Error: cannot write specs/first.grad.yaml: {denied}"


def test_a_file_that_fails_after_all_leaves_the_others_whole_and_says_which(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def write_new(path: Path, text: str) -> None:
        if path.name == "pyproject.toml":
            raise CannotWriteError(path, "no space left on device")
        _ = path.write_text(text, "utf-8")

    monkeypatch.setattr(piece, "write_new", write_new)
    assert run_command_line(["init"]) == 4
    assert capsys.readouterr().err == (
        "Error: cannot write pyproject.toml: no space left on device. "
        "Written before that: specs/first.grad.yaml. "
        "Mend that and give the same command again: it leaves what is there\n"
    )
    assert files() == {"specs/first.grad.yaml": init.FIRST_SPEC.encode()}


def test_a_service_that_looks_elsewhere_is_told_before_anything_is_written(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / ".git").mkdir()
    Path("part").mkdir()
    said = refused(capsys, "part", "--ci", "gitlab")
    assert f"`gradverify init --ci gitlab {project}` writes them there" in said
    assert run_command_line(["init", "part"]) == 0
    assert run_command_line(["init", "--ci", "gitlab"]) == 0


@pytest.mark.parametrize(
    "action", ["gradverify", "a/b", "a/b@v1\n- run: x", "a/b@v1 # x", "a b/c@d"]
)
def test_an_action_is_an_address(action: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert "is no action: write OWNER/REPOSITORY@REF" in refused(capsys, "--action", action)


def test_gitlab_is_told_what_to_include_until_it_does(capsys: pytest.CaptureFixture[str]) -> None:
    main = Path(".gitlab-ci.yml")
    _ = main.write_text("stages: [test]\n", "utf-8")
    for _again in range(2):
        assert run_command_line(["init", "--ci", "gitlab"]) == 0
        out = capsys.readouterr().out
        assert "add to .gitlab-ci.yml\n\ninclude:\n  - local: .gitlab/gradverify.yml\n" in out
        assert main.read_text("utf-8") == "stages: [test]\n"
    _ = main.write_text("include: [{local: .gitlab/gradverify.yml}]\n", "utf-8")
    assert run_command_line(["init", "--ci", "gitlab"]) == 0
    assert "include" not in capsys.readouterr().out


def test_an_action_of_unknown_address_is_said_until_it_is_known(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(init, "origin_here", lambda: origin_of(None, ()))
    assert run_command_line(["init", "--ci", "github"]) == 0
    assert f"First: in .github/workflows/gradverify.yml, replace {NOWHERE}" in (
        capsys.readouterr().out
    )
    workflow = Path(".github/workflows/gradverify.yml")
    text = workflow.read_text("utf-8")
    _ = workflow.write_text(text.replace(NOWHERE, "somebody"), "utf-8")
    assert run_command_line(["init", "--ci", "github"]) == 0
    assert "First" not in capsys.readouterr().out


def test_the_origin_is_the_repository_that_pip_installed_from() -> None:
    url = "https://github.com/somebody/gradverify"
    git = f'{{"url": "{url}.git", "vcs_info": {{"vcs": "git", "commit_id": "0a1b"}}}}'
    here = origin_of(git, (f"Repository, {url}/other",))
    assert here == Origin("somebody/gradverify@0a1b", f"git+{url}.git@0a1b")
    assert here.requirement(("torch",)) == f"gradverify[torch] @ git+{url}.git@0a1b"
    released = origin_of(None, ("Documentation, https://example.org", f"Repository, {url}"))
    assert released == Origin(f"somebody/gradverify@v{__version__}", None)
    assert released.requirement(()) == f"gradverify=={__version__}"
    editable = origin_of('{"dir_info": {"editable": true}, "url": "file:///home/me"}', ())
    assert editable == origin_of(None, ()) == Origin(f"{NOWHERE}/gradverify@v{__version__}", None)


@pytest.mark.parametrize("frameworks", [(), ("torch",), ("torch", "jax")])
@pytest.mark.parametrize("is_package", [True, False])
def test_the_workflow_gives_the_action_inputs_that_it_has(
    frameworks: tuple[str, ...], *, is_package: bool
) -> None:
    workflow = yaml.safe_load(github_workflow(Project(SOMEBODY, frameworks, is_package)))
    assert set(workflow) == {"name", True, "permissions", "jobs"}  # YAML 1.1 reads `on` as true
    assert workflow["permissions"] == {"contents": "read"}
    job: dict[str, Any] = workflow["jobs"]["gradients"]
    assert job["permissions"] == {"contents": "read", "security-events": "write"}
    step = job["steps"][-1]
    assert step["uses"] == "somebody/gradverify@v9"
    action = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))
    assert set(step["with"]) <= set(action["inputs"])
    assert step["with"].get("require") == (",".join(frameworks) or None)
    assert step["with"].get("install") == ("." if is_package else None)


@pytest.mark.parametrize("frameworks", [(), ("torch", "jax")])
@pytest.mark.parametrize("is_package", [True, False])
def test_the_job_keeps_its_reports_and_its_commands_exist(
    frameworks: tuple[str, ...], *, is_package: bool
) -> None:
    job = yaml.safe_load(gitlab_job(Project(SOMEBODY, frameworks, is_package)))["gradverify"]
    install, _, run = job["script"]
    assert install.endswith(" .") == is_package
    assert f"'{SOMEBODY.requirement(frameworks)}'" in install
    assert ("--require torch,jax" in run) == bool(frameworks)
    assert job["artifacts"]["when"] == "always"
    assert job["artifacts"]["reports"]["junit"] in run
    done = subprocess.run(  # noqa: S603 - our own
        [sys.executable, "-m", *run.split(), "--help"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_a_set_up_imports_nothing_heavy() -> None:
    code = (
        "import sys\n"
        "from gradverify.cli import run_command_line\n"
        "assert run_command_line(['init', '--ci', 'github']) == 0\n"
        "assert not {'numpy', 'torch', 'jax', 'pydantic', 'yaml'} & {*sys.modules}\n"
    )
    _ = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)  # noqa: S603 - our own
