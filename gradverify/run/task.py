"""Task: one spec to run, in this process or in another; Done: what came of it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, final

from gradverify.run.options import Options
from gradverify.run.perform import run_spec
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
    """The result of the task at a position, and the files of the code that it stands on."""

    position: int
    result: SpecResult
    sources: tuple[str, ...] = ()


def perform(task: Task, advance: Advance = unwatched) -> Done:
    """Run a task; `advance` is told of the steps of training loops. Nothing is raised."""
    result = run_spec(task.spec, task.options, advance)
    return Done(task.position, result, sources_of(task.spec))


def _task(position: int, given: Packed, options: Options) -> Task:
    return Task(position, unpacked(given), options)
