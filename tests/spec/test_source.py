"""A file is read within limits, or its author is told why not."""

import os
from pathlib import Path

import pytest

from gradverify.errors import SpecErrors
from gradverify.spec.source import MAX_BYTES, read_source, source_of


def refusal(path: Path) -> str:
    with pytest.raises(SpecErrors) as caught:
        _ = read_source(path)
    return str(caught.value)


def written(folder: Path, content: bytes) -> Path:
    path = folder / "a.grad.yaml"
    _ = path.write_bytes(content)
    return path


def test_a_missing_file_is_told() -> None:
    assert refusal(Path("no/such.grad.yaml")) == (
        "no/such.grad.yaml: cannot be read: it does not exist\n\n"
        "Look at the spelling of the path and at the permissions of the file."
    )


def test_a_folder_is_told(tmp_path: Path) -> None:
    folder = tmp_path / "x.grad.yaml"
    folder.mkdir()
    assert refusal(folder) == (
        f"{folder.as_posix()}: this is a folder, not a spec\n\n"
        "Folders are searched for files named `*.grad.yaml`; rename it, or name a file."
    )


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes in its file system")
def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "x.grad.yaml")
    assert "this is neither a file nor a folder, not a spec" in refusal(tmp_path / "x.grad.yaml")


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission_is_told(tmp_path: Path) -> None:
    path = written(tmp_path, b"a: 1")
    path.chmod(0)
    assert "cannot be read: reading it is not permitted" in refusal(path)


def test_a_name_that_is_no_path_is_told() -> None:
    assert "cannot be read: its name is no path" in refusal(Path("a\0b"))


def test_a_file_beyond_the_limit_is_refused(tmp_path: Path) -> None:
    assert "the file is larger than 4 MiB" in refusal(written(tmp_path, b"#" * (MAX_BYTES + 1)))


def test_a_file_at_the_limit_is_read(tmp_path: Path) -> None:
    assert len(read_source(written(tmp_path, b"#" * MAX_BYTES)).text) == MAX_BYTES


def test_a_file_that_is_not_utf8_is_told_with_its_place(tmp_path: Path) -> None:
    path = written(tmp_path, "a: 1\nb: gradué\n".encode("latin-1"))
    assert refusal(path) == (
        f"{path.as_posix()}:2:9: the byte 0xE9 is not UTF-8\n\n"
        "  2 | b: gradu\N{REPLACEMENT CHARACTER}\n              ^\n\nSave the file as UTF-8."
    )


def test_utf16_is_told_to_be_no_utf8(tmp_path: Path) -> None:
    assert "is not UTF-8" in refusal(written(tmp_path, "a: 1".encode("utf-16")))


def test_nul_is_told_with_its_place(tmp_path: Path) -> None:
    path = written(tmp_path, b"a: 1\nb: \0\n")
    assert f"{path.as_posix()}:2:4: the character U+0000 may not stand in a spec" in refusal(path)


def test_a_byte_order_mark_is_no_part_of_the_text(tmp_path: Path) -> None:
    assert read_source(written(tmp_path, b"\xef\xbb\xbfa: 1")).text == "a: 1"


def test_chinese_text_is_read(tmp_path: Path) -> None:
    assert read_source(written(tmp_path, "a: 梯度".encode())).lines == ("a: 梯度",)


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_lines_end_as_on_any_system(ending: str) -> None:
    source = source_of("a", f"one{ending}two")
    assert source.lines == ("one", "two")
    assert str(source.mark_at(source.text.index("w"))) == "a:2:2"
