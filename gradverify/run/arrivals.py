"""Arrivals: results that come in any order, taken in the order of their specs."""

from collections.abc import Iterator
from typing import final

from gradverify.run.task import Done
from gradverify.verdict.verdict import SpecResult


@final
class Arrivals:
    """Keeps what comes too early. Of a task that is done twice the first result counts."""

    def __init__(self, dones: Iterator[Done]) -> None:
        self._dones = dones
        self._early: dict[int, SpecResult] = {}
        self._seen: set[int] = set()

    def take(self, position: int) -> SpecResult | None:
        """Return the result of a task, waiting for it; None if nothing comes any more."""
        while position not in self._early:
            done = next(self._dones, None)
            if done is None:
                return None
            if done.position not in self._seen:
                self._seen.add(done.position)
                self._early[done.position] = done.result
        return self._early.pop(position)

    def rest(self) -> tuple[tuple[int, SpecResult], ...]:
        """Return what came and was not taken, in the order of positions."""
        return tuple(sorted(self._early.items(), key=lambda item: item[0]))

    def close(self) -> None:
        """End what still runs: nobody waits for it."""
        close(self._dones)


def close(things: Iterator[object]) -> None:
    """End what an iterator still does, where it can be ended early, as a generator can."""
    end = getattr(things, "close", None)
    if end is not None:
        end()
