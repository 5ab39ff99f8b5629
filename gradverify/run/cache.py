"""The cache: results by key, in a file that several runs may use at once and that may be lost."""

import sqlite3
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeVar, final

from gradverify.errors import GradverifyError
from gradverify.run.grounds import digest
from gradverify.run.state_folder import make_state_folder

T = TypeVar("T")

FILE: Final = "results.sqlite"
APPLICATION: Final = 0x67726164  # "grad", by which SQLite and `file` know whose a file is
FORMAT: Final = 1
PATIENCE: Final = 5.0
"""Seconds to wait for another run that writes, which takes some milliseconds."""
DAY: Final = 24 * 60 * 60
KEPT: Final = 30
"""Days after which what nobody used is dropped."""
LIMIT: Final = 512 * 2**20
"""Bytes; beyond it, the quarter that was not used for longest is dropped."""
SMALL: Final = 16 * 2**20
"""Bytes below which a file is not worth writing anew."""
ASKED: Final = 500
"""Keys in one question: SQLite takes 999 in its oldest builds."""
RUINED: Final = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
TABLES: Final = """
CREATE TABLE results (key BLOB PRIMARY KEY, used INTEGER, grounds TEXT, result BLOB);
CREATE INDEX used ON results (used);
CREATE TABLE grounds (digest TEXT PRIMARY KEY, text TEXT);
"""
FIND: Final = """
SELECT key, used, result, coalesce(text, '') FROM results LEFT JOIN grounds ON digest = grounds
WHERE key IN ({})
"""
DROP_OLDEST: Final = """
DELETE FROM results WHERE rowid IN
(SELECT rowid FROM results ORDER BY used, rowid LIMIT (SELECT count(*) / 4 + 1 FROM results))
"""
DROP_LOOSE: Final = "DELETE FROM grounds WHERE digest NOT IN (SELECT grounds FROM results)"


@final
class RuinedError(sqlite3.DatabaseError):
    """The file is no cache of gradverify."""


@final
class CacheUnusableError(GradverifyError):
    """The cache is left alone, or had to be thrown away; the run goes on."""

    def __init__(self, path: Path, problem: str, consequence: str) -> None:
        super().__init__(f"the result cache {path}: {problem}; {consequence}")


@final
@dataclass(frozen=True, slots=True)
class Entry:
    """A result as bytes, and a text of what it stands on besides its key."""

    key: bytes
    result: bytes
    grounds: str


def today() -> int:
    """Return the number of the day, from 1970."""
    return int(time.time()) // DAY


@final
@dataclass(slots=True)
class Cache:
    """Finds and keeps results. Nothing is raised: what goes wrong is in `warnings`, once."""

    folder: Path
    warnings: list[str] = field(default_factory=list[str])
    _file: sqlite3.Connection | None = None
    _opened: bool = False
    _used: list[bytes] = field(default_factory=list[bytes])
    _written: bool = False

    @property
    def path(self) -> Path:
        """Where the file is."""
        return self.folder / FILE

    def find(self, keys: Sequence[bytes]) -> dict[bytes, Entry]:
        """Return what there is of these keys."""
        found: dict[bytes, Entry] = {}
        for start in range(0, len(keys), ASKED):
            found |= self._attempt(lambda file, k=start: self._find(file, keys[k : k + ASKED]), {})
        return found

    def keep(self, entries: Sequence[Entry]) -> None:
        """Keep entries, all of them or none, in place of others of the same keys."""
        self._attempt(lambda file: self._keep(file, entries), None)

    def grounds(self) -> tuple[str, ...]:
        """Return the texts of what all results stand on besides their keys."""
        return self._attempt(_grounds, ())

    def close(self) -> None:
        """Note what was used, drop what is old or too much, and let go of the file."""
        self._attempt(self._tidy, None)
        self._let_go()

    def _find(self, file: sqlite3.Connection, keys: Sequence[bytes]) -> dict[bytes, Entry]:
        rows = file.execute(FIND.format(", ".join("?" * len(keys))), keys).fetchall()
        day = today()
        self._used += [key for key, used, _, _ in rows if used != day]
        return {key: Entry(key, result, text) for key, _, result, text in rows}

    def _keep(self, file: sqlite3.Connection, entries: Sequence[Entry]) -> None:
        digests = {entry.grounds: digest(entry.grounds.encode()) for entry in entries}
        texts = [(of, text) for text, of in digests.items()]
        day = today()
        rows = [(e.key, day, digests[e.grounds], e.result) for e in entries]
        with _transaction(file):
            _ = file.executemany("INSERT OR IGNORE INTO grounds VALUES (?, ?)", texts)
            _ = file.executemany("INSERT OR REPLACE INTO results VALUES (?, ?, ?, ?)", rows)
        self._written = True

    def _tidy(self, file: sqlite3.Connection) -> None:
        day = today()
        with _transaction(file):
            touched = [(day, key) for key in self._used]
            _ = file.executemany("UPDATE results SET used = ? WHERE key = ?", touched)
            if self._written:
                _ = file.execute("DELETE FROM results WHERE used < ?", (day - KEPT,))
                _ = file.execute(DROP_LOOSE)
        if self._written:
            _shrink(file)

    def _attempt(self, act: Callable[[sqlite3.Connection], T], otherwise: T) -> T:
        """Return what an act returns, or something else where the file lets it down."""
        try:
            file = self._open()
            return otherwise if file is None else act(file)
        except (sqlite3.Error, OSError) as error:
            self._give_up(error)
            return otherwise

    def _open(self) -> sqlite3.Connection | None:
        if not self._opened:
            self._opened = True
            make_state_folder(self.folder)
            try:
                self._file = opened(self.path)
            except sqlite3.DatabaseError as error:
                if not _is_ruined(error):
                    raise
                self._begin_anew(error)
        return self._file

    def _begin_anew(self, error: sqlite3.DatabaseError) -> None:
        self._warn(str(error), "it was deleted, and is filled anew")
        _delete(self.path)
        self._file = opened(self.path)

    def _give_up(self, error: sqlite3.Error | OSError) -> None:
        """Go on without a cache."""
        self._let_go()
        if isinstance(error, sqlite3.DatabaseError) and _is_ruined(error):
            self._warn(str(error), "it was deleted, and the next run fills it anew")
            _delete(self.path)
        else:
            self._warn(str(error), "this run goes on without it (`--no-cache` does so silently)")

    def _let_go(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def _warn(self, problem: str, consequence: str) -> None:
        if not self.warnings:
            self.warnings.append(str(CacheUnusableError(self.path, problem, consequence)))


def opened(path: Path) -> sqlite3.Connection:
    """Return the file, with its tables. Raises sqlite3.Error, RuinedError where it is no cache."""
    file = sqlite3.connect(path, timeout=PATIENCE, isolation_level=None)
    try:
        _make_tables(file)
    except BaseException:
        file.close()
        raise
    return file


def _make_tables(file: sqlite3.Connection) -> None:
    """Make the tables where the file is empty, or of another format. Raises RuinedError.

    Another process may be about to do the same, and so the file is locked first.
    """
    _ = file.execute("PRAGMA synchronous = NORMAL")
    if _state(file) == (APPLICATION, FORMAT):
        return
    with _transaction(file):
        application, form = _state(file)
        if (application, form) == (APPLICATION, FORMAT):
            return
        names = [name for (name,) in file.execute("SELECT name FROM sqlite_master")]
        if names and application != APPLICATION:
            text = "the file is of another program"
            raise RuinedError(text)
        for name in {"results", "grounds"}.intersection(names):
            _ = file.execute(f"DROP TABLE {name}")
        for statement in filter(str.strip, TABLES.split(";")):
            _ = file.execute(statement)
        _ = file.execute(f"PRAGMA application_id = {APPLICATION}")
        _ = file.execute(f"PRAGMA user_version = {FORMAT}")


def _state(file: sqlite3.Connection) -> tuple[int, int]:
    return _pragma(file, "application_id"), _pragma(file, "user_version")


def _pragma(file: sqlite3.Connection, name: str) -> int:
    return int(file.execute(f"PRAGMA {name}").fetchone()[0])


def _grounds(file: sqlite3.Connection) -> tuple[str, ...]:
    return tuple(text for (text,) in file.execute("SELECT text FROM grounds"))


def _shrink(file: sqlite3.Connection) -> None:
    """Keep the file within its limit, and write it anew where most of it is empty."""
    page = _pragma(file, "page_size")
    while _used_pages(file) * page > LIMIT:
        with _transaction(file):
            _ = file.execute(DROP_OLDEST)
            _ = file.execute(DROP_LOOSE)
    size = _pragma(file, "page_count") * page
    if size > SMALL and size > 2 * _used_pages(file) * page:
        _ = file.execute("VACUUM")


def _used_pages(file: sqlite3.Connection) -> int:
    return _pragma(file, "page_count") - _pragma(file, "freelist_count")


def _is_ruined(error: sqlite3.DatabaseError) -> bool:
    return isinstance(error, RuinedError) or getattr(error, "sqlite_errorcode", 0) & 0xFF in RUINED


def _delete(path: Path) -> None:
    for name in (path.name, f"{path.name}-journal"):
        path.with_name(name).unlink(missing_ok=True)


@contextmanager
def _transaction(file: sqlite3.Connection) -> Generator[None]:
    """Write all or nothing; the lock is taken at the start, since one cannot wait for it later."""
    _ = file.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        if file.in_transaction:  # SQLite itself takes back what a full disk cuts off
            _ = file.execute("ROLLBACK")
        raise
    _ = file.execute("COMMIT")
