"""One process at a time changes a baseline, nothing is lost, and it is written whole or not."""

import multiprocessing
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gradverify.baseline import store
from gradverify.baseline.errors import BaselineError
from gradverify.baseline.model import Baseline
from gradverify.baseline.read import read_baseline
from gradverify.baseline.store import change, existing, lock_of, locked
from gradverify.files import CannotWriteError
from tests.baseline.test_lines import baseline_of, named

ROUNDS = 10


def adding(name: str) -> Callable[[Baseline], Baseline]:
    spec = named(name)
    return lambda before: replace(before, specs={**before.specs, spec.id: spec})


def add_many(path: Path, prefix: str) -> None:
    for k in range(ROUNDS):
        _ = change(path, adding(f"{prefix}{k}"))


def test_two_processes_at_once_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "b.jsonl"
    context = multiprocessing.get_context("forkserver")
    processes = [context.Process(target=add_many, args=(path, prefix)) for prefix in "abc"]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0, 0, 0]
    assert len(read_baseline(path).specs) == 3 * ROUNDS
    assert [file.name for file in tmp_path.iterdir()] == ["b.jsonl"]


def test_a_lock_that_another_holds_is_waited_for_and_then_named(tmp_path: Path) -> None:
    path = tmp_path / "b.jsonl"
    with locked(path), pytest.raises(BaselineError) as caught:
        _ = change(path, adding("a"), patience=0.1)
    assert str(caught.value) == (
        f"{path}: process {os.getpid()} has been writing this baseline for 0 s or more. Run this "
        "again when that one is done; its lock ends with it."
    )
    assert not path.exists()
    _ = change(path, adding("a"), patience=0.1)
    assert path.exists()


def test_the_lock_of_a_process_that_died_is_none(tmp_path: Path) -> None:
    path = tmp_path / "b.jsonl"
    _ = lock_of(path).write_text("99999")
    _ = change(path, adding("a"), patience=0.1)
    assert [file.name for file in tmp_path.iterdir()] == ["b.jsonl"]


def test_a_link_has_the_lock_of_its_file(tmp_path: Path) -> None:
    real, link = tmp_path / "b.jsonl", tmp_path / "link.jsonl"
    _ = change(real, adding("a"))
    link.symlink_to(real)
    assert lock_of(link) == lock_of(real)
    _ = change(link, adding("b"))
    assert len(read_baseline(real).specs) == 2


def test_a_full_disk_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "b.jsonl"
    _ = change(path, adding("a"))
    before = path.read_bytes()

    def full(*_: Any, **__: Any) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(CannotWriteError, match="no space left on device"):
        _ = change(path, adding("b"))
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["b.jsonl"]


def test_a_change_that_fails_writes_nothing_and_lets_go(tmp_path: Path) -> None:
    path = tmp_path / "b.jsonl"

    def failing(_: Baseline) -> Baseline:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        _ = change(path, failing)
    assert list(tmp_path.iterdir()) == []


def test_what_does_not_change_is_not_written(tmp_path: Path) -> None:
    path = tmp_path / "b.jsonl"
    _ = change(path, adding("a"))
    before = path.stat().st_mtime_ns, path.stat().st_ino
    _ = change(path, lambda it: it)
    assert (path.stat().st_mtime_ns, path.stat().st_ino) == before


def test_where_there_is_no_file_there_is_an_empty_baseline(tmp_path: Path) -> None:
    assert existing(tmp_path / "none.jsonl") == Baseline()
    assert baseline_of(named("a")) != Baseline()


def test_a_device_is_no_baseline() -> None:
    with pytest.raises(BaselineError, match="it is no ordinary file"):
        _ = existing(Path("/dev/full"))


def test_where_no_lock_can_be_made_it_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: Any) -> int:
        raise OSError(37, "No locks available")

    monkeypatch.setattr(store, "_try", refused)
    with pytest.raises(BaselineError, match="it cannot be locked: no locks available"):
        _ = change(tmp_path / "b.jsonl", adding("a"))
