"""Engine: who runs the tasks of a run; the plainest one runs them here, one after the other."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol, final

from gradverify.run.environment import environment
from gradverify.run.task import Done, Task, perform
from gradverify.tape.perform import Advance, unwatched


class Engine(Protocol):
    """Runs tasks, here or elsewhere."""

    def perform(self, tasks: Sequence[Task]) -> Iterator[Done]:
        """Yield what came of each task, once, in any order.

        A task that nothing comes of is `Done` with a broken result. Whoever closes the iterator
        early ends what is still running.
        """
        ...


@final
@dataclass(frozen=True, slots=True)
class Inline:
    """Runs each task in this process when its result is asked for."""

    advance: Advance = unwatched

    def perform(self, tasks: Sequence[Task]) -> Iterator[Done]:
        """Yield what came of each task, in their order."""
        return (perform(task, self.advance) for task in tasks)


INLINE: Final = Inline()


def environment_of(engine: Engine) -> Mapping[str, str]:
    """Return the versions that verify: this process's, unless the engine knows of others."""
    elsewhere: Mapping[str, str] | None = getattr(engine, "environment", None)
    return elsewhere or environment()
