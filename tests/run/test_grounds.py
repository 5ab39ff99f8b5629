"""What code stands on is unchanged as long as its files are, and no module stands before them."""

import os
import time
from pathlib import Path

import pytest

from gradverify.run.grounds import Grounds, digest_of_tree, files_in

HOUR = 3600 * 10**9


def old(file: Path, text: str) -> str:
    _ = file.write_text(text, "utf-8")
    return str(file)


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, and in it a package with two modules."""
    (tmp_path / "package").mkdir()
    for name in ("__init__", "ops"):
        _ = old(tmp_path / "package" / f"{name}.py", f"# {name}\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def sources(project: Path) -> tuple[str, ...]:
    return tuple(map(str, sorted((project / "package").glob("*.py"))))


def holds_after(text: str) -> bool:
    return Grounds(time.time_ns()).hold(text)


def test_what_did_not_change_holds(project: Path) -> None:
    text = Grounds(0).of(sources(project))
    assert files_in(text) == sources(project)
    os.utime(project / "package/ops.py", (1, 1))
    (project / "results").mkdir()
    _ = (project / "package/data.txt").write_text("no module", "utf-8")
    assert holds_after(text)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("package/ops.py", "# opt\n"),
        ("package/ops.py", None),
        ("package/sub.py", "# imported in place of another from now on\n"),
        ("package/sub/__init__.py", ""),
        ("numpy.py", "# before the installed one\n"),
    ],
)
def test_a_file_that_changes_goes_or_appears_is_noticed(
    project: Path, name: str, text: str | None
) -> None:
    told = Grounds(0).of(sources(project))
    file = project / name
    file.parent.mkdir(exist_ok=True)
    if text is None:
        file.unlink()
    else:
        _ = file.write_text(text, "utf-8")
    assert not holds_after(told)


def test_a_file_is_looked_at_once_in_a_run(project: Path) -> None:
    grounds = Grounds(0)
    text = grounds.of(sources(project))
    _ = (project / "package/ops.py").write_text("# other\n", "utf-8")
    assert grounds.hold(text)
    assert not holds_after(text)


def test_files_are_settled_that_are_older_than_the_process(project: Path) -> None:
    text = Grounds(0).of(sources(project))
    assert Grounds(time.time_ns() + HOUR).settled(text)
    assert not Grounds(time.time_ns() - HOUR).settled(text)
    assert not Grounds((project / "package/ops.py").stat().st_mtime_ns).settled(text)


def test_an_old_time_put_back_by_hand_does_not_hide_a_change(project: Path) -> None:
    text = Grounds(0).of(sources(project))
    began = time.time_ns() + 10**8
    assert Grounds(began).settled(text)
    time.sleep(0.2)
    os.utime(project / "package/ops.py", (1, 1))
    assert not Grounds(began).settled(text)


def test_a_file_that_is_gone_is_not_settled(project: Path) -> None:
    text = Grounds(0).of(sources(project))
    (project / "package/ops.py").unlink()
    assert not Grounds(time.time_ns() + HOUR).settled(text)


def test_the_digest_of_a_tree_is_that_of_its_python_files_wherever_it_stands(
    project: Path,
) -> None:
    before = digest_of_tree([str(project / "package")])
    _ = (project / "package").rename(project / "moved")
    _ = (project / "moved/notes.txt").write_text("-", "utf-8")
    assert digest_of_tree([str(project / "moved")]) == before
    _ = (project / "moved/ops.py").write_text("# opt\n", "utf-8")
    changed = digest_of_tree([str(project / "moved")])
    _ = (project / "moved/ops.py").rename(project / "moved/opt.py")
    assert len({before, changed, digest_of_tree([str(project / "moved")])}) == 3
