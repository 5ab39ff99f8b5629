"""Every fault of code that a spec names is told at its place, in the words of its golden file.

A golden file holds a spec, a line `=== says`, and the whole text that its author reads.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from gradverify.errors import Mark
from gradverify.run.import_errors import FrameworkNotInstalledError
from tests.run.code_project import project, result

GOLDEN = Path(__file__).parent / "golden"
CASES = sorted(GOLDEN.glob("*.txt"))
SEPARATOR = "=== says\n"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    with project(tmp_path, monkeypatch) as here:
        yield here


def told(body: str) -> str:
    """Return the only fault of a spec, its folder left out."""
    found = result(body)
    assert found.status == "broken"
    (fault,) = found.faults
    return re.sub(r"/\S+/mypackage/", "mypackage/", fault)


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_a_fault_is_told_as_its_golden_file_says(path: Path) -> None:
    if path.stem.startswith("torch"):
        _ = pytest.importorskip("torch")
    body, says = path.read_text(encoding="utf-8").split(SEPARATOR)
    assert told(body) + "\n" == says


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_every_golden_file_has_a_place_and_advice(path: Path) -> None:
    says = path.read_text(encoding="utf-8").split(SEPARATOR)[1]
    assert re.match(r"a\.grad\.yaml:\d+:\d+: ", says)
    assert says.rstrip().endswith((".", "?"))
    assert "Traceback" not in says


def test_there_are_golden_files() -> None:
    assert len(CASES) > 15


def test_a_golden_text_is_noticed_to_be_out_of_date() -> None:
    body, says = (GOLDEN / "no-attribute.txt").read_text(encoding="utf-8").split(SEPARATOR)
    assert told(body.replace("softpluss", "softplu")) + "\n" != says


def test_a_framework_that_cannot_be_loaded_says_why() -> None:
    error = FrameworkNotInstalledError(Mark("a", 3, 12, ""), "jax", "libgomp is missing")
    assert error.message == "jax cannot be imported: libgomp is missing"
