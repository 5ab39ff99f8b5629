"""A file is written whole or not at all, and what cannot be written is known before."""

import os
from pathlib import Path

import pytest

from gradverify.files import CannotWriteError, assert_writable, write_new, write_whole

as_anybody = pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")


def test_a_file_is_replaced_whole_and_nothing_else_is_left(tmp_path: Path) -> None:
    target = tmp_path / "report.json"
    _ = target.write_text("old")
    assert_writable(target)
    assert target.read_text() == "old"
    write_whole(target, "new ü")
    assert target.read_text("utf-8") == "new ü"
    assert list(tmp_path.iterdir()) == [target]


def test_a_failed_write_leaves_the_old_file(tmp_path: Path) -> None:
    target = tmp_path / "report.json"
    _ = target.write_text("old")
    with pytest.raises(UnicodeEncodeError):
        write_whole(target, "half \ud800")
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_a_file_keeps_its_permissions_and_its_ends_of_lines(tmp_path: Path) -> None:
    target = tmp_path / "pyproject.toml"
    target.touch(0o600)
    write_whole(target, "a\r\nb\n")
    assert target.stat().st_mode & 0o777 == 0o600
    assert target.read_bytes() == b"a\r\nb\n"


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    real, link = tmp_path / "real", tmp_path / "link"
    _ = real.write_text("old")
    link.symlink_to(real)
    write_whole(link, "new")
    assert link.is_symlink()
    assert real.read_text() == "new"


def test_a_device_is_written_to_as_it_is() -> None:
    assert_writable(Path(os.devnull))
    write_whole(Path(os.devnull), "text")
    assert not Path(os.devnull).is_file()


@pytest.mark.skipif(not Path("/dev/fd").exists(), reason="no names for what is open")
def test_a_pipe_is_written_to_by_the_name_that_the_shell_gives_it() -> None:
    reader, writer = os.pipe()
    path = Path(f"/dev/fd/{writer}")  # `--report json=>(jq .)`, or /dev/stdout before `|`
    assert_writable(path)
    write_whole(path, "text")
    os.close(writer)
    with os.fdopen(reader, encoding="utf-8") as stream:
        assert stream.read() == "text"


def test_a_folder_and_a_missing_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(CannotWriteError, match="it is a folder"):
        assert_writable(tmp_path)
    with pytest.raises(CannotWriteError, match=r"does not exist. `mkdir -p .*a` makes it"):
        assert_writable(tmp_path / "a" / "report.json")


@as_anybody
def test_a_folder_without_permission_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(CannotWriteError, match="permission denied"):
        assert_writable(tmp_path / "report.json")


def test_a_new_file_does_not_overwrite(tmp_path: Path) -> None:
    target = tmp_path / "first.grad.yaml"
    write_new(target, "one")
    with pytest.raises(CannotWriteError, match="it exists already"):
        write_new(target, "two")
    assert target.read_text() == "one"
    assert list(tmp_path.iterdir()) == [target]
    with pytest.raises(CannotWriteError, match=r"does not exist. `mkdir -p .*a` makes it"):
        write_new(tmp_path / "a" / "first.grad.yaml", "three")
