"""Importing finds what stands in the current folder, once it is asked to, and leaves no traces."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from gradverify.errors import Mark, SpecErrors
from gradverify.program.program import Code
from gradverify.run.imported import Imported, importable, imported
from tests.run.code_project import numpy_spec, project
from tests.support import spec_of

MARK = Mark("a.grad.yaml", 1, 1, "")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    with project(tmp_path, monkeypatch) as here:
        yield here


def found(function: str, framework: str = "numpy", vjp: str | None = None) -> Imported:
    spec = spec_of(numpy_spec("softplus", "softplus_backward"))
    with importable():
        return imported(spec, Code(function, framework, vjp, MARK))


def test_both_passes_are_found() -> None:
    both = found("mypackage.ops:softplus", vjp="mypackage.ops:softplus_backward")
    assert both.function.__name__ == "softplus"
    assert both.vjp is not None
    assert both.vjp.__name__ == "softplus_backward"


def test_a_name_may_lead_through_others() -> None:
    assert found("mypackage.ops:np.linalg.norm").function.__name__ == "norm"


def test_an_object_that_can_be_called_is_taken() -> None:
    assert found("mypackage.ops:thing").function(2) == 4


def test_the_current_folder_is_searched_for_as_long_as_code_runs() -> None:
    before = list(sys.path)
    with importable():
        assert sys.path[0] == str(Path.cwd())
    assert sys.path == before


def test_the_search_path_is_restored_after_an_error() -> None:
    before = list(sys.path)
    with pytest.raises(SpecErrors, match="SystemExit"):
        _ = found("mypackage.exits:f")
    assert sys.path == before


def test_code_that_clears_the_search_path_does_not_stop_us(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", list(sys.path))
    with importable():
        sys.path.clear()
    assert sys.path == []


def test_what_is_printed_goes_to_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    with importable():
        print("a word")  # noqa: T201 - as code of users does
    assert tuple(capsys.readouterr()) == ("", "a word\n")


def test_an_interruption_passes(folder: Path) -> None:
    _ = (folder / "mypackage" / "stops.py").write_text("raise KeyboardInterrupt\n")
    with pytest.raises(KeyboardInterrupt):
        _ = found("mypackage.stops:f")


def test_a_framework_that_is_not_installed_is_told_before_the_module_is_imported(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(SpecErrors, match="torch is not installed") as told:
        _ = found("mypackage.tensors:gelu", "torch")
    assert "pip install 'gradverify[torch]'" in str(told.value)
    assert "mypackage" not in sys.modules
