"""A run of specs that goes on with the marked tests of Python files."""

import time
from collections.abc import Generator, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import replace

from gradverify.events import Event, RunFinished, RunStarted, SpecFinished, SpecStarted
from gradverify.run.options import Options
from gradverify.run.tested import again_test, tested


def with_tests(
    events: Iterable[Event],
    tests: Mapping[str, tuple[str, ...]],
    options: Options,
    timeout: float | None,
) -> Iterator[Event]:
    """Yield the events of a run, and before its end those of tests: names by file, () for all.

    How many results a file has shows only as they come; it is counted as one until then. A run
    that was interrupted or stopped does not go on.
    """
    for event in events:
        match event:
            case RunStarted():
                count = sum(len(names) or 1 for names in tests.values())
                yield replace(event, total=event.total + count)
            case RunFinished() if not (event.interrupted or event.stopped):
                start = time.perf_counter()
                end = yield from _tested(tests, options, timeout)
                yield replace(end, seconds=event.seconds + time.perf_counter() - start)
            case _:
                yield event


def _tested(
    tests: Mapping[str, tuple[str, ...]], options: Options, timeout: float | None
) -> Generator[Event, None, RunFinished]:
    """Yield the start and the end of each result, and return how that ended."""
    try:
        for path, names in tests.items():
            with closing(tested(path, names, options, timeout)) as results:
                for result in results:
                    yield SpecStarted(result.id, result.title)
                    yield SpecFinished(result, again_test(result.id, options))
    except KeyboardInterrupt:
        return RunFinished(0.0, interrupted=True)
    return RunFinished(0.0)
