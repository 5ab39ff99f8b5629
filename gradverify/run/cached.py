"""An engine that runs only what the cache does not know."""

import time
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import Final, final

from gradverify.oracles.table import NOT_IMPORTED, NOT_LOADED
from gradverify.run.arrivals import close
from gradverify.run.cache import Cache, Entry
from gradverify.run.cache_key import Keys
from gradverify.run.codec import decoded, encoded
from gradverify.run.engine import Engine
from gradverify.run.grounds import Grounds
from gradverify.run.task import Done, Task
from gradverify.verdict.verdict import Answer, SpecResult, Status

BEGAN: Final = time.time_ns()
"""When this process began, as far as code of others is concerned: nothing of it is loaded yet."""
TOGETHER: Final = 500
"""Tasks that are looked up at once."""
PAUSE: Final = 1.0
"""Seconds between two writes: so much work is lost at most where the process is killed."""
LEVEL: Final = 1
"""Of compression, the fastest: results are five times smaller, and reading them is no slower."""
UNLOADED: Final = (NOT_IMPORTED, NOT_LOADED)
CHANCE: Final = "not-deterministic"
"""The finding of a function whose next result may be another one."""


@final
@dataclass(slots=True)
class Cached:
    """Yields first what is known, and then what another engine makes of the rest, and keeps that.

    `known` has the ids of the specs whose result came from the cache.
    """

    engine: Engine
    cache: Cache
    keys: Keys = field(default_factory=Keys)
    grounds: Grounds = field(default_factory=lambda: Grounds(BEGAN))
    known: set[str] = field(default_factory=set[str])

    def perform(self, tasks: Sequence[Task]) -> Iterator[Done]:
        """Yield what came of each task. Closing the iterator ends the other engine's work, too."""
        rest: list[Task] = []
        keys: dict[int, bytes] = {}
        with closing(self.cache):
            for start in range(0, len(tasks), TOGETHER):
                some = tasks[start : start + TOGETHER]
                keys |= {task.position: self.keys.of(task) for task in some}
                found = self.cache.find([keys[task.position] for task in some])
                for task in some:
                    result = self._known(found.get(keys[task.position]))
                    if result is None:
                        rest.append(task)
                    else:
                        self.known.add(result.id)
                        yield Done(task.position, result)
            if rest:
                yield from self._made(rest, keys)

    def _known(self, entry: Entry | None) -> SpecResult | None:
        if entry is None or (entry.grounds and not self.grounds.hold(entry.grounds)):
            return None
        try:
            return decoded(zlib.decompress(entry.result))
        except (zlib.error, ValueError):  # what was written is not what is read
            return None

    def _made(self, tasks: Sequence[Task], keys: Mapping[int, bytes]) -> Iterator[Done]:
        code = {task.position for task in tasks if task.spec.model.function is not None}
        waiting: list[Entry] = []
        last = time.monotonic()
        dones = self.engine.perform(tasks)
        try:
            for done in dones:
                if is_kept(done.result):
                    grounds = self.grounds.of(done.sources) if done.position in code else ""
                    waiting.append(_entry(keys[done.position], done.result, grounds))
                yield done
                if time.monotonic() - last > PAUSE:
                    self._keep(waiting)
                    waiting, last = [], time.monotonic()
        finally:
            close(dones)
            self._keep(waiting)

    def _keep(self, entries: Sequence[Entry]) -> None:
        """Keep what certainly comes of the files as they are."""
        settled = {
            text: self.grounds.settled(text) for text in {e.grounds for e in entries} if text
        }
        kept = [entry for entry in entries if settled.get(entry.grounds, True)]
        if kept:
            self.cache.keep(kept)


def _entry(key: bytes, result: SpecResult, grounds: str) -> Entry:
    return Entry(key, zlib.compress(encoded(result), LEVEL), grounds)


def is_kept(result: SpecResult) -> bool:
    """Return whether a result will be the same next time, as far as one can tell."""
    broken = result.status == "broken" or result.interrupted
    unsure = any(finding.code == CHANCE for finding in result.findings)
    return not (broken or unsure) and not any(map(_may_change, result.oracles))


def _may_change(answer: Answer) -> bool:
    """Return whether an oracle broke, or could not be loaded for what no version tells."""
    return answer.status is Status.BROKEN or any(words in answer.reason for words in UNLOADED)
