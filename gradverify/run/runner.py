"""Runs specs and says what happens, as events, in the order of the specs."""

import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from gradverify.events import Event, RunFinished, RunStarted, SpecFinished, SpecStarted
from gradverify.oracles.table import oracle_names
from gradverify.run.again import again, again_file
from gradverify.run.arrivals import Arrivals
from gradverify.run.engine import INLINE, Engine, environment_of
from gradverify.run.options import Options
from gradverify.run.outcome import faulty
from gradverify.run.task import Task
from gradverify.run.work import Item, Work, work_of
from gradverify.spec.spec import Spec
from gradverify.verdict.verdict import SpecResult

LOST: Final = "nothing came of this spec: whoever was to run it lost it; run it again"


def run(files: Sequence[Path], options: Options, engine: Engine = INLINE) -> Iterator[Event]:
    """Yield what happens, from RunStarted to RunFinished, also when a person interrupts.

    Every file is read before the first spec runs; what of it cannot be read is a broken spec of
    its own, and the others still run. Results come in the order of the specs, whatever order the
    engine has.
    """
    start = time.perf_counter()
    asking = replace(options, oracles=options.oracles or oracle_names())  # looked up once
    work = work_of(files, options)
    yield _started(work, asking, environment_of(engine))
    arrivals = Arrivals(engine.perform(_tasks(work.items, asking)))
    try:
        end = yield from _followed(work.items, arrivals, options)
    finally:
        arrivals.close()
    yield replace(end, seconds=time.perf_counter() - start)


def _started(work: Work, asking: Options, versions: Mapping[str, str]) -> RunStarted:
    return RunStarted(
        total=len(work.items),
        seed=asking.seed,
        oracles=asking.oracles or (),
        environment=versions,
        shard=asking.shard,
        elsewhere=work.elsewhere,
    )


def _tasks(items: Sequence[Item], asking: Options) -> list[Task]:
    numbered = enumerate(items)
    return [Task(k, item, asking) for k, item in numbered if isinstance(item, Spec)]


def _followed(
    items: Sequence[Item], arrivals: Arrivals, options: Options
) -> Generator[Event, None, RunFinished]:
    """Yield each spec's start and end, and return how the run ended, its time left out."""
    try:
        for position, item in enumerate(items):
            if isinstance(item, Spec):
                yield SpecStarted(item.id, item.title)
                result = arrivals.take(position) or _lost(item, options)
            else:
                result = item
            yield _finished(item, result, options)
            if result.interrupted:
                return RunFinished(0.0, interrupted=True)
    except KeyboardInterrupt:
        for position, result in arrivals.rest():  # done before their turn came
            yield _finished(items[position], result, options)
        return RunFinished(0.0, interrupted=True)
    return RunFinished(0.0)


def _lost(spec: Spec, options: Options) -> SpecResult:
    return faulty(spec, [LOST], options.seed_of(spec), 0.0)


def _finished(item: Item, result: SpecResult, options: Options) -> SpecFinished:
    command = again(item, options) if isinstance(item, Spec) else again_file(item.path)
    return SpecFinished(result, command)
