"""The folder of what may be lost keeps itself out of repositories and backups."""

from pathlib import Path

import pytest

from gradverify.run.state_folder import make_state_folder


def test_a_new_folder_is_ignored_by_git_and_by_backups(tmp_path: Path) -> None:
    folder = tmp_path / "a" / ".gradverify_cache"
    make_state_folder(folder)
    assert (folder / ".gitignore").read_text("utf-8") == "*\n"
    tag = (folder / "CACHEDIR.TAG").read_text("utf-8")
    assert tag.startswith("Signature: 8a477f597d28d172789f06886806bc55\n")


def test_a_folder_that_is_there_is_left_as_it_is(tmp_path: Path) -> None:
    make_state_folder(tmp_path)
    assert [*tmp_path.iterdir()] == []


def test_a_file_in_its_place_is_an_error(tmp_path: Path) -> None:
    _ = (tmp_path / "taken").write_text("")
    with pytest.raises(OSError, match="taken"):
        make_state_folder(tmp_path / "taken")
