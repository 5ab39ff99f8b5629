"""The examples do what their pages say: they pass as they are, and each bug is seen at its line.

Each runs in processes of its own, in a copy, as somebody runs it who has just cloned it.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final, final

import pytest
import yaml

from gradverify.commands.origin import NOWHERE

ROOT: Final = Path(__file__).parents[2]
EXAMPLES: Final = ROOT / "examples"
BASELINE: Final = "gradverify-baseline.jsonl"
RUN: Final = ("gradverify", "run", "--allow-import", "--baseline", BASELINE)
SCREEN: Final = 80  # lines
NEEDS: Final = (("torch-function", "torch"), ("jax-custom-vjp", "jax"), ("numpy-backprop", "numpy"))


@final
@dataclass(frozen=True, slots=True)
class Bug:
    """A patch of an example, and how it is seen.

    `paths` are what is run, and `codes` those of what is found. `place` is file:line of the
    backward function at fault, empty where every gradient is right and the baseline alone sees it.
    """

    example: str
    name: str
    paths: str
    codes: frozenset[str]
    place: str = ""

    @property
    def path(self) -> Path:
        """The patch."""
        return EXAMPLES / self.example / "bugs" / f"{self.name}.patch"


BUGS: Final = (
    Bug("torch-function", "eps-outside-the-root", "specs", frozenset({"gradient-moved"})),
    Bug("torch-function", "one-pass-variance", "specs", frozenset({"margin-worse"})),
    Bug(
        "torch-function",
        "eps-in-forward-alone",
        "specs",
        frozenset({"mismatch"}),
        "layernorm/norm.py:28",
    ),
    Bug(
        "jax-custom-vjp",
        "cotangent-forgotten",
        "tests/test_maximum.py::test_its_gradient_is_right_for_rows",
        frozenset({"cotangent-misused"}),
        "smoothmax/maximum.py:32",
    ),
    Bug(
        "numpy-backprop",
        "bias-averaged",
        "specs/layers.grad.yaml",
        frozenset({"off-by-factor"}),
        "network/layers.py:20",
    ),
)


@pytest.fixture(params=[name for name, _ in NEEDS])
def example(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Return a copy of an example."""
    return copied(request.param, tmp_path)


@pytest.fixture(params=BUGS, ids=[bug.name for bug in BUGS])
def bug(request: pytest.FixtureRequest) -> Bug:
    """Return a bug."""
    return request.param


@pytest.fixture
def broken(bug: Bug, tmp_path: Path) -> Path:
    """Return a copy of the example that has the bug."""
    folder = copied(bug.example, tmp_path)
    apply(bug.path.read_text("utf-8"), folder)
    return folder


def copied(name: str, tmp_path: Path) -> Path:
    """Copy an example, unless the framework that it needs is not installed."""
    if find_spec(dict(NEEDS)[name]) is None:
        pytest.skip(f"{dict(NEEDS)[name]} is not installed")
    left = shutil.ignore_patterns("__pycache__", ".pytest_cache", ".gradverify_cache")
    return Path(shutil.copytree(EXAMPLES / name, tmp_path / name, ignore=left))


def apply(patch: str, folder: Path) -> None:
    """Apply a patch as `git apply` does; a hunk that fits nowhere, or twice, is an error."""
    head, *hunks = re.split(r"^@@ .* @@.*\n", patch, flags=re.MULTILINE)
    path = folder / head.splitlines()[1].removeprefix("+++ b/")
    text = path.read_text("utf-8")
    for hunk in hunks:
        old, new = (_side(hunk, added) for added in "-+")
        assert text.count(old) == 1
        text = text.replace(old, new)
    _ = path.write_text(text, "utf-8")


def _side(hunk: str, sign: str) -> str:
    return "".join(line[1:] for line in hunk.splitlines(keepends=True) if line[0] in (" ", sign))


def tried(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """Run a module of Python in an example, with nothing set that this test run has set."""
    ours = ("GRADVERIFY_", "PYTEST_", "GITHUB_")
    inherited = {key: value for key, value in os.environ.items() if not key.startswith(ours)}
    return subprocess.run(  # noqa: S603 - our own examples
        [sys.executable, "-m", *command],
        cwd=folder,
        env=inherited | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


@final
@dataclass(frozen=True, slots=True)
class Held:
    """A run that was held against the baseline: its exit code, what it printed, its report."""

    code: int
    printed: str
    specs: list[dict[str, Any]]

    def codes(self) -> set[str]:
        """Return the codes of all that is worse than in the baseline."""
        changes = {r["change"] for spec in self.specs for r in spec["regressions"]}
        return (changes - {"new-finding"}) | {f["code"] for f in self._wrong()}

    def places(self) -> set[str]:
        """Return file:line of every finding in somebody's code."""
        found = (f["location"] for f in self._wrong())
        return {f"{place['path']}:{place['line']}" for place in found if place}

    def statuses(self) -> set[str]:
        """Return how specs fared, whatever the baseline says."""
        return {spec["status"] for spec in self.specs if not spec["known"]}

    def _wrong(self) -> Iterator[dict[str, Any]]:
        for spec in self.specs:
            known = [(k["code"], k["party"], k["of"]) for k in spec["known_findings"]]
            for f in spec["findings"]:
                if f["severity"] == "error" and (f["code"], f["party"], f["of"]) not in known:
                    yield f


def held(folder: Path, *more: str) -> Held:
    """Run an example against its baseline."""
    done = tried(folder, *RUN, *more, "--report", "json=report.json")
    assert (folder / "report.json").is_file(), done.stderr
    report = json.loads((folder / "report.json").read_text("utf-8"))
    return Held(done.returncode, done.stdout, report["specs"])


def test_every_example_and_every_bug_is_tried() -> None:
    folders = {path.name for path in EXAMPLES.iterdir() if path.is_dir()}
    assert folders == {name for name, _ in NEEDS}
    assert set(EXAMPLES.glob("*/bugs/*")) == {bug.path for bug in BUGS}


def test_an_example_passes_its_own_tests(example: Path) -> None:
    done = tried(example, "pytest", "-q")
    assert done.returncode == 0, done.stdout


def test_nothing_in_an_example_is_worse_than_its_baseline(example: Path) -> None:
    run = held(example)
    assert (run.code, run.codes()) == (0, set()), run.printed
    assert not any(spec["new"] for spec in run.specs)


def test_a_bug_is_seen_in_the_words_of_the_page(bug: Bug, broken: Path) -> None:
    run, page = held(broken, bug.paths), page_of(bug.example)
    assert (run.code, run.codes()) == (1, bug.codes), run.printed
    assert run.places() >= {bug.place} if bug.place else run.statuses() == {"passed"}
    if page.bug == bug:
        assert masked(page.output) == masked(run.printed), run.printed


def test_plain_tests_let_a_bug_pass(broken: Path) -> None:
    done = tried(broken, "pytest", "-q", "-m", "not gradverify")
    assert done.returncode == 0, done.stdout


@final
@dataclass(frozen=True, slots=True)
class Page:
    """The bug that an example's page applies, and what it says is printed then."""

    bug: Bug
    output: str


def page_of(name: str) -> Page:
    text = (EXAMPLES / name / "README.md").read_text("utf-8")
    (block,) = re.findall(r"^```\n(\$ git apply .*?)^```$", text, re.MULTILINE | re.DOTALL)
    patch, command, output = block.split("\n", 2)
    (bug,) = [bug for bug in BUGS if f"$ git apply bugs/{bug.name}.patch" == patch]
    assert command == f"$ {' '.join(RUN)} {bug.paths}"
    return Page(bug, output)


ROUNDING: Final = (
    (r"in [\d.]+ s\b", "in ? s"),
    (r"^  environment: .*$", "  environment: ?"),
    (r"^(  \w+) .* ok$", r"\1 ok"),
    (r"(\d\.\de[+-]\d\d +)\de[+-]\d\d\b", r"\1?"),  # what is allowed
    (r"\b[\d.]+(e[+-]\d+)? times", "? times"),
    (r"noticed: \S+ of the whole gradient, \S+ in", "noticed: ? in"),
)
"""What differs between processors and environments, and what stands in its place."""


def masked(text: str) -> list[str]:
    """Return the lines; sorted, since the worst comes first and rounding says which that is."""
    for pattern, instead in ROUNDING:
        text = re.sub(pattern, instead, text, flags=re.MULTILINE)
    return sorted(text.splitlines())


@pytest.mark.parametrize("name", [name for name, _ in NEEDS])
def test_a_page_shows_a_bug_on_a_screen(name: str) -> None:
    assert page_of(name).bug.example == name
    assert len((EXAMPLES / name / "README.md").read_text("utf-8").splitlines()) <= SCREEN


def test_what_is_masked_on_a_page_is_rounding_alone() -> None:
    output = page_of("numpy-backprop").output
    for one, other in (("layers.py:20", "layers.py:21"), ("1.865", "1.866"), ("off-by", "on-by")):
        assert one in output
        assert masked(output.replace(one, other)) != masked(output)


@pytest.mark.parametrize("name", [name for name, _ in NEEDS])
def test_a_workflow_says_to_our_action_what_it_takes(name: str) -> None:
    action = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))
    text = (EXAMPLES / name / ".github/workflows/gradverify.yml").read_text("utf-8")
    (job,) = yaml.safe_load(text)["jobs"].values()
    (used,) = [step for step in job["steps"] if "gradverify" in step.get("uses", "")]
    assert used["uses"].startswith(f"{NOWHERE}/gradverify@v")
    assert used["with"].keys() <= action["inputs"].keys()
    assert (EXAMPLES / name / used["with"]["baseline"]).is_file()


@pytest.mark.parametrize("name", [name for name, _ in NEEDS])
def test_an_example_is_a_project_of_its_own(name: str) -> None:
    project = tomllib.loads((EXAMPLES / name / "pyproject.toml").read_text("utf-8"))
    assert (EXAMPLES / name / project["project"]["name"] / "__init__.py").is_file()
    assert {"gradverify", "pytest"} <= project["tool"].keys()
