"""The process that workers come from has one thread, and changes nothing for its parent."""

import os
import sys
from pathlib import Path

import pytest

from gradverify.run import forkserver
from gradverify.run.forkserver import ONE_THREAD, OURS, PRELOAD, SAFE_PATH, context_of, one_thread


@pytest.fixture(autouse=True)
def nothing_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ONE_THREAD:
        monkeypatch.delenv(name, raising=False)


def test_a_worker_has_one_thread() -> None:
    assert dict(one_thread()) == dict(ONE_THREAD)


@pytest.mark.parametrize("name", ONE_THREAD)
def test_whoever_chooses_a_number_of_threads_has_it(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, "4")
    assert dict(one_thread()) == {}


def test_the_server_alone_has_the_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", ["/somewhere", *sys.path])
    seen: dict[str, str] = {}
    started = "multiprocessing.forkserver.ensure_running"
    monkeypatch.setattr(started, lambda: seen.update(os.environ))
    before = dict(os.environ)
    context = context_of(("jax", "torch"))
    assert context.get_start_method() == "forkserver"
    added = {name: value for name, value in seen.items() if name not in before}
    assert added == {**ONE_THREAD, PRELOAD: "jax torch", SAFE_PATH: OURS}
    assert dict(os.environ) == before


@pytest.mark.parametrize("first", ["", str(Path.cwd())])
def test_modules_of_this_folder_are_found_where_the_parent_finds_them(
    first: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "path", [first, *sys.path])
    monkeypatch.chdir(first or ".")
    seen: dict[str, str] = {}
    monkeypatch.setattr(
        "multiprocessing.forkserver.ensure_running", lambda: seen.update(os.environ)
    )
    _ = context_of(())
    assert SAFE_PATH not in set(seen) - set(os.environ)


def test_without_a_fork_server_processes_are_spawned(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forkserver.multiprocessing, "get_all_start_methods", lambda: ["spawn"])
    assert context_of(()).get_start_method() == "spawn"
