"""Files of tests on the command line: they are listed, left out of `validate`, and named by id."""

from pathlib import Path
from typing import Final

import pytest

from gradverify.cli import run_command_line
from gradverify.commands.settings import chosen_specs
from gradverify.config import Config
from gradverify.spec.discover import NoSuchPathError

ROOT: Final = Path(__file__).parents[2]
FILE: Final = "tests/test_ops.py"
SPEC: Final = "gradverify: 1\ntitle: t\ninputs: {x: 2.}\nloss: x * x\n"
TESTS: Final = """\
import pytest

@pytest.mark.gradverify
@pytest.mark.parametrize("k", [1, 2])
def test_marked(k): ...

def test_unmarked(): ...
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)
    (tmp_path / "tests").mkdir()
    _ = (tmp_path / FILE).write_text(TESTS, "utf-8")
    _ = (tmp_path / "tests" / "a.grad.yaml").write_text(SPEC, "utf-8")


def test_a_file_of_tests_is_one_only_where_it_is_named_itself() -> None:
    chosen = chosen_specs(["tests"], Config())
    assert ([path.name for path in chosen.files], chosen.tests) == (["a.grad.yaml"], {})
    both = chosen_specs(["tests", f"./{FILE}"], Config())
    assert ([path.name for path in both.files], both.tests) == (["a.grad.yaml"], {FILE: ()})


@pytest.mark.parametrize(
    ("paths", "names"),
    [
        ([f"{FILE}::test_b", f"{FILE}::TestC::test_d[x::y]"], ("test_b", "TestC::test_d[x::y]")),
        ([f"{FILE}::test_b", f"{FILE}::test_b"], ("test_b",)),
        ([f"{FILE}::test_b", FILE], ()),
    ],
)
def test_tests_are_named_by_their_ids(paths: list[str], names: tuple[str, ...]) -> None:
    assert chosen_specs(paths, Config()).tests == {FILE: names}


@pytest.mark.parametrize("path", ["tests/test_opps.py", "tests/test_opps.py::test_a"])
def test_a_file_that_is_not_there_is_told_with_the_nearest(path: str) -> None:
    with pytest.raises(NoSuchPathError, match=r"Did you mean 'test_ops\.py'"):
        _ = chosen_specs([path], Config())


def test_marked_tests_are_listed_beside_specs(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command_line(["list", "tests", FILE]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "tests/a.grad.yaml::t",
        f"{FILE}::test_marked[1]",
        f"{FILE}::test_marked[2]",
    ]
    assert run_command_line(["list", FILE, "-k", "[2"]) == 0
    assert capsys.readouterr().out == f"{FILE}::test_marked[2]\n"


def test_a_file_that_cannot_be_imported_is_a_fault_of_the_list(
    capsys: pytest.CaptureFixture[str],
) -> None:
    _ = Path(FILE).write_text("import nowhere_to_be_found\n", "utf-8")
    assert run_command_line(["list", "tests", FILE]) == 2
    said = capsys.readouterr()
    assert said.out == "tests/a.grad.yaml::t\n"
    assert "No module named 'nowhere_to_be_found'" in said.err


def test_validate_leaves_tests_out_with_a_word(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command_line(["validate", "tests", FILE]) == 0
    said = capsys.readouterr()
    assert said.out == "1 of 1 spec can be run\n"
    assert said.err == f"{FILE} has tests, which `gradverify run` runs; left out\n"


def test_of_tests_that_only_the_configuration_names_validate_says_nothing(
    capsys: pytest.CaptureFixture[str],
) -> None:
    settings = f'[tool.gradverify]\npaths = ["tests", "{FILE}"]\n'
    _ = Path("pyproject.toml").write_text(settings, "utf-8")
    assert run_command_line(["validate"]) == 0
    assert capsys.readouterr().err == ""
