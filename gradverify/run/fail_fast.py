"""`-x`: a run ends after the first result that it fails of."""

import time
from collections.abc import Callable, Iterable, Iterator
from typing import TypeAlias

from gradverify.events import Event, RunFinished, SpecFinished
from gradverify.run.arrivals import close

Hold: TypeAlias = Callable[[Iterable[Event]], Iterable[Event]]
"""Takes the events of a run, and gives each with how it differs from a baseline."""


def until_failure(events: Iterator[Event], hold: Hold) -> Iterator[Event]:
    """Yield the events as held against a baseline, which decides what counts as a failure.

    After the first, the run is closed, which ends what still runs; how it ended is held, too.
    """
    failed = False

    def ended() -> Iterator[Event]:
        start = time.perf_counter()
        for event in events:
            yield event
            if failed and not isinstance(event, RunFinished):
                close(events)
                yield RunFinished(time.perf_counter() - start, stopped=True)
                return

    for event in hold(ended()):
        failed = failed or (isinstance(event, SpecFinished) and event.fails)
        yield event
