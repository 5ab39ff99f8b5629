"""A cache gives back what it was given, whoever else writes, and whatever becomes of its file."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Final

import pytest

from gradverify.run import cache as module
from gradverify.run.cache import DAY, KEPT, Cache, Entry

DELETED: Final = "it was deleted, and is filled anew"
WITHOUT: Final = "this run goes on without it"


def entry(name: str, size: int = 10, grounds: str = "") -> Entry:
    return Entry(name.encode(), os.urandom(size), grounds)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the cache is."""
    return tmp_path / ".gradverify_cache"


@pytest.fixture
def cache(folder: Path) -> Iterator[Cache]:
    """A cache with nothing in it."""
    with closing(Cache(folder)) as made:
        yield made


def found(folder: Path, *names: str) -> dict[bytes, Entry]:
    """What a new run finds, which has nothing to complain of."""
    with closing(Cache(folder)) as other:
        entries = other.find([name.encode() for name in names])
        assert other.warnings == []
    return entries


def test_what_was_kept_is_found_by_its_key_in_another_run(cache: Cache, folder: Path) -> None:
    a, b = entry("a"), entry("b", grounds="files")
    cache.keep([a, b])
    cache.close()
    assert found(folder, "a", "b", "c") == {b"a": a, b"b": b}


def test_a_later_entry_of_a_key_counts(cache: Cache, folder: Path) -> None:
    cache.keep([entry("a", grounds="old")])
    later = entry("a", grounds="new")
    cache.keep([later])
    cache.close()
    assert found(folder, "a") == {b"a": later}
    with closing(Cache(folder)) as other:
        assert other.grounds() == ("new",)


def test_many_keys_are_found_at_once(cache: Cache) -> None:
    entries = [entry(str(k)) for k in range(2500)]
    cache.keep(entries)
    assert cache.find([e.key for e in entries]) == {e.key: e for e in entries}


def test_the_folder_is_made_with_what_keeps_it_out_of_repositories(
    cache: Cache, folder: Path
) -> None:
    assert cache.find([b"a"]) == {}
    assert {path.name for path in folder.iterdir()} == {
        ".gitignore", "CACHEDIR.TAG", "results.sqlite",
    }  # fmt: skip


def on_day(monkeypatch: pytest.MonkeyPatch, day: int) -> None:
    monkeypatch.setattr(module.time, "time", lambda: float(day * DAY))


def test_what_nobody_uses_is_dropped_and_what_is_used_stays(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for day, names in ((0, "ab"), (KEPT - 1, ""), (KEPT + 1, "c")):
        on_day(monkeypatch, day)
        with closing(Cache(folder)) as run:
            _ = run.find([b"a"])
            run.keep([entry(name, grounds=name) for name in names])
    assert set(found(folder, "a", "b", "c")) == {b"a", b"c"}
    with closing(Cache(folder)) as run:
        assert set(run.grounds()) == {"a", "c"}


def test_a_file_beyond_its_limit_loses_what_was_not_used_for_longest(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LIMIT", 400_000)
    monkeypatch.setattr(module, "SMALL", 100_000)
    for day in range(8):
        on_day(monkeypatch, day)
        with closing(Cache(folder)) as run:
            run.keep([entry(f"{day}-{k}", 1000) for k in range(100)])
            assert run.warnings == []
    kept = {int(key.partition(b"-")[0]) for key in found(folder, *all_names())}
    assert kept
    assert min(kept) > 3
    assert max(kept) == 7
    assert (folder / "results.sqlite").stat().st_size < 900_000


def all_names() -> list[str]:
    return [f"{day}-{k}" for day in range(8) for k in range(100)]


def fill(folder: Path, content: bytes) -> None:
    folder.mkdir(exist_ok=True)
    _ = (folder / "results.sqlite").write_bytes(content)


def text(folder: Path) -> None:
    fill(folder, b"not a database at all, but longer than its header is" * 50)


def foreign(folder: Path) -> None:
    folder.mkdir()
    with closing(sqlite3.connect(folder / "results.sqlite")) as file:
        _ = file.execute("CREATE TABLE cookies (name TEXT)")


def cut_off(folder: Path) -> None:
    with closing(Cache(folder)) as run:
        run.keep([entry(str(k), 1000) for k in range(100)])
    fill(folder, (folder / "results.sqlite").read_bytes()[:6000])


@pytest.mark.parametrize(
    "spoil",
    [
        text,
        foreign,
    ],
    ids=["text", "foreign"],
)
def test_a_file_that_is_no_cache_is_begun_anew_with_one_warning(
    folder: Path, spoil: Callable[[Path], None]
) -> None:
    spoil(folder)
    with closing(Cache(folder)) as run:
        assert run.find([b"a"]) == {}
        run.keep([entry("a")])
        assert len(run.warnings) == 1
        assert DELETED in run.warnings[0]
    assert set(found(folder, "a")) == {b"a"}


def test_half_a_file_costs_one_run_its_cache_at_most(folder: Path) -> None:
    cut_off(folder)
    with closing(Cache(folder)) as run:
        for k in range(100):
            _ = run.find([str(k).encode()])
        run.keep([entry("new", 5000)])
        assert len(run.warnings) == 1
    with closing(Cache(folder)) as run:
        run.keep([entry("a")])
    assert set(found(folder, "a")) == {b"a"}


def test_an_empty_file_is_filled(folder: Path) -> None:
    fill(folder, b"")
    with closing(Cache(folder)) as run:
        run.keep([entry("a")])
    assert set(found(folder, "a")) == {b"a"}


def test_another_format_is_begun_anew_silently(cache: Cache, folder: Path) -> None:
    cache.keep([entry("a")])
    cache.close()
    with closing(sqlite3.connect(folder / "results.sqlite")) as file:
        _ = file.execute("PRAGMA user_version = 99")
    assert found(folder, "a") == {}
    with closing(Cache(folder)) as run:
        run.keep([entry("b")])
    assert set(found(folder, "a", "b")) == {b"b"}


def assert_without(run: Cache) -> None:
    """Nothing is found or kept, and one warning says so."""
    run.keep([entry("a")])
    assert run.find([b"a"]) == {}
    run.close()
    assert len(run.warnings) == 1
    assert WITHOUT in run.warnings[0]
    assert "--no-cache" in run.warnings[0]


def test_a_folder_that_cannot_be_made_is_done_without(tmp_path: Path) -> None:
    _ = (tmp_path / "taken").write_text("")
    assert_without(Cache(tmp_path / "taken"))


def test_a_file_that_cannot_be_opened_is_done_without(folder: Path) -> None:
    (folder / "results.sqlite").mkdir(parents=True)
    assert_without(Cache(folder))


@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="/proc takes no new files, on Linux")
def test_a_read_only_folder_is_done_without() -> None:
    assert_without(Cache(Path("/proc/self/gradverify")))


def test_a_full_disk_is_done_without(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = module.opened

    def nearly_full(path: Path) -> sqlite3.Connection:
        file = before(path)
        pages = int(file.execute("PRAGMA page_count").fetchone()[0])
        _ = file.execute(f"PRAGMA max_page_count = {pages}")  # SQLite's own full disk
        return file

    monkeypatch.setattr(module, "opened", nearly_full)
    with closing(Cache(folder)) as run:
        run.keep([entry("a", 100_000)])
        assert len(run.warnings) == 1
        assert "full" in run.warnings[0]
        assert WITHOUT in run.warnings[0]
        assert run.find([b"a"]) == {}


def test_a_lock_that_nobody_lets_go_is_waited_for_once(
    cache: Cache, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache.keep([entry("a")])
    monkeypatch.setattr(module, "PATIENCE", 0.2)
    with closing(sqlite3.connect(folder / "results.sqlite", isolation_level=None)) as other:
        _ = other.execute("BEGIN EXCLUSIVE")
        start = time.monotonic()
        run = Cache(folder)
        for _ in range(20):
            run.keep([entry("b")])
        run.close()
        assert time.monotonic() - start < 3
        assert len(run.warnings) == 1
        assert "locked" in run.warnings[0]
    assert set(found(folder, "a", "b")) == {b"a"}


WRITER: Final = """
import sys, os, time
from pathlib import Path
from gradverify.run.cache import Cache, Entry
folder, name, rounds = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
cache = Cache(folder)
print("ready", flush=True)
for k in range(rounds):
    cache.keep([Entry(f"{name}-{k}-{j}".encode(), os.urandom(2000), "same") for j in range(5)])
    assert len(cache.find([f"{name}-{k}-{j}".encode() for j in range(5)])) == 5, cache.warnings
cache.close()
assert cache.warnings == [], cache.warnings
"""


def writer(folder: Path, name: str, rounds: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", WRITER, str(folder), name, str(rounds)]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True)  # noqa: S603 - our own


def test_processes_that_write_at_once_lose_nothing(folder: Path) -> None:
    writers = [writer(folder, name, 20) for name in "abc"]
    for process in writers:
        _, err = process.communicate(timeout=120)
        assert process.returncode == 0, err
    names = [f"{name}-{k}-{j}" for name in "abc" for k in range(20) for j in range(5)]
    assert len(found(folder, *names)) == 300


def test_a_process_that_is_killed_while_it_writes_ruins_nothing(folder: Path) -> None:
    for turn in range(4):
        process = writer(folder, f"t{turn}", 100_000)
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        time.sleep(0.1 + 0.07 * turn)
        process.send_signal(signal.SIGKILL)
        _ = process.communicate(timeout=60)
    kept = found(
        folder, *(f"t{turn}-{k}-{j}" for turn in range(4) for k in range(9) for j in range(5))
    )
    assert kept
    whole = {key.rpartition(b"-")[0] for key in kept}
    assert len(kept) == 5 * len(whole)  # each transaction is there, or is not
