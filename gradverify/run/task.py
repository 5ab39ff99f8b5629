"""Task: one spec to run, in this process or in another; Done: what came of it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, final

from gradverify.run.codec import decoded, encoded
from gradverify.run.options import Options
from gradverify.run.sources import sources_of
from gradverify.spec.packed import Packed, packed, unpacked
from gradverify.spec.spec import Spec
from gradverify.tape.perform import Advance, unwatched
from gradverify.verdict.verdict import SpecResult


@final
@dataclass(frozen=True, slots=True)
class Task:
    """A spec, how it is run, and which one of a run it is, from 0.

    It can be pickled: as the spec's own text, so that whoever gets it needs no file.
    """

    position: int
    spec: Spec
    options: Options

    def __reduce__(self) -> tuple[Callable[..., "Task"], tuple[Any, ...]]:
        return _task, (self.position, packed(self.spec), replace(self.options, ids={}))


@final
@dataclass(frozen=True, slots=True)
class Done:
    """The result of the task at a position, and the files of the code that it stands on.

    It is pickled as text: a pickle of its hundreds of dataclasses takes six times as long to read,
    and one process reads what all others have made.
    """

    position: int
    result: SpecResult
    sources: tuple[str, ...] = ()

    def __reduce__(self) -> tuple[Callable[..., "Done"], tuple[Any, ...]]:
        return _done, (self.position, encoded(self.result), self.sources)


def perform(task: Task, advance: Advance = unwatched) -> Done:
    """Run a task; `advance` is told of the steps of training loops. Nothing is raised."""
    from gradverify.run.perform import run_spec  # what the cache knows needs none of it

    result = run_spec(task.spec, task.options, advance)
    return Done(task.position, result, sources_of(task.spec))


def _task(position: int, given: Packed, options: Options) -> Task:
    return Task(position, unpacked(given), options)


def _done(position: int, result: bytes, sources: tuple[str, ...]) -> Done:
    return Done(position, decoded(result), sources)
