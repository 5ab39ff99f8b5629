"""The result cache of one `gradverify run`, where it has one."""

from dataclasses import dataclass, replace
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final, final

import click

from gradverify.report.record import Record
from gradverify.run.engine import Engine
from gradverify.run.state_folder import FOLDER

if TYPE_CHECKING:  # SQLite, which not every Python has
    from gradverify.run.cached import Cached

NO_SQLITE: Final = "there is no result cache, since this Python was built without SQLite"


@final
@dataclass(slots=True)
class Caching:
    """Puts a cache around the engine of a run, and says afterwards what came of it."""

    wanted: bool
    _cached: "Cached | None" = None

    def around(self, engine: Engine) -> Engine:
        """Return an engine that runs only what is not known; the engine itself without a cache."""
        if not self.wanted:
            return engine
        if find_spec("_sqlite3") is None:
            click.echo(f"Warning: {NO_SQLITE}", err=True)
            return engine
        from gradverify.run.cache import Cache
        from gradverify.run.cached import Cached

        self._cached = Cached(engine, Cache(FOLDER))
        return self._cached

    def counted(self, record: Record) -> Record:
        """Return a record that knows what came from the cache; its troubles go to stderr."""
        if self._cached is None:
            return record
        for warning in self._cached.cache.warnings:
            click.echo(f"Warning: {warning}", err=True)
        known = self._cached.known
        return replace(record, cached=sum(result.id in known for result in record.results))
