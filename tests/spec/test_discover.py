"""Paths lead to spec files: sorted, each once, or the author is told what was meant."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from gradverify.errors import UsageError
from gradverify.spec.discover import find_spec_files


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in (
        "b.grad.yaml",
        "a.grad.yml",
        "sub/c.grad.yaml",
        "notes.yaml",
        ".hidden/d.grad.yaml",
    ):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.touch()
    return tmp_path


def found(*paths: str) -> list[str]:
    return [path.as_posix() for path in find_spec_files(paths)]


@pytest.mark.usefixtures("folder")
def test_specs_below_a_folder_are_found_sorted() -> None:
    assert found(".") == ["a.grad.yml", "b.grad.yaml", "sub/c.grad.yaml"]


@pytest.mark.usefixtures("folder")
def test_a_file_that_is_named_is_taken_whatever_its_name() -> None:
    assert found("notes.yaml") == ["notes.yaml"]


@pytest.mark.usefixtures("folder")
def test_a_file_is_taken_once_however_often_it_is_named() -> None:
    assert (
        found("sub", "./sub/c.grad.yaml", "sub/../sub/c.grad.yaml", ".").count("sub/c.grad.yaml")
        == 1
    )
    assert len(found("sub", "sub/../sub/c.grad.yaml")) == 1


@pytest.mark.usefixtures("folder")
def test_a_hidden_folder_that_is_named_is_searched() -> None:
    assert found(".hidden") == [".hidden/d.grad.yaml"]


def test_an_empty_folder_holds_no_spec(tmp_path: Path) -> None:
    assert found(str(tmp_path)) == []
    assert find_spec_files([]) == ()


@pytest.mark.parametrize("given", ["x.grad.yaml", "."])
def test_a_folder_with_the_name_of_a_spec_is_left_to_the_parser(folder: Path, given: str) -> None:
    (folder / "x.grad.yaml").mkdir()
    (folder / "x.grad.yaml" / "inner.grad.yaml").touch()
    assert "x.grad.yaml" in found(given)
    assert "x.grad.yaml/inner.grad.yaml" not in found(given)


def test_a_link_that_leads_nowhere_is_left_to_the_parser(folder: Path) -> None:
    (folder / "z.grad.yaml").symlink_to("nowhere")
    assert found(".")[-1] == "z.grad.yaml"


@pytest.mark.usefixtures("folder")
def test_a_path_that_leads_nowhere_is_told_with_a_guess() -> None:
    with pytest.raises(UsageError) as caught:
        _ = find_spec_files(["sub/cc.grad.yaml"])
    assert str(caught.value) == "there is no cc.grad.yaml in sub. Did you mean 'c.grad.yaml'?"


def test_a_path_unlike_any_is_told_with_where_it_was_looked_for(folder: Path) -> None:
    with pytest.raises(UsageError) as caught:
        _ = find_spec_files(["zzz"])
    assert str(caught.value) == (
        f"there is no zzz. Look at the spelling; paths are relative to {folder.as_posix()}."
    )


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may search everything")
def test_a_folder_that_cannot_be_searched_is_told(folder: Path) -> None:
    (folder / "sub").chmod(0)
    try:
        with pytest.raises(UsageError, match="cannot be searched for specs"):
            _ = find_spec_files(["."])
    finally:
        (folder / "sub").chmod(0o700)


def test_finding_specs_imports_nothing_slow() -> None:
    script = "import sys, gradverify.spec.discover, gradverify.spec.codes, gradverify.spec.spec\n"
    script += "print(*sorted({'pydantic', 'numpy', 'torch', 'jax'} & set(sys.modules)))"
    done = subprocess.run(  # noqa: S603  the command is this interpreter and the line above
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == ""
