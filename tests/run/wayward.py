"""An executor that loses, mixes up and repeats what it is given, as it is told to."""

from collections.abc import Mapping, Sequence
from concurrent.futures import BrokenExecutor, Executor, Future
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Any, Final

from gradverify.run.afar import PROBE
from gradverify.run.executors import Chosen, Executed
from gradverify.run.task import Done, Task

FOR_ONE: Final = ("cancel", "raise", "junk", "other", "interrupt", "no future")
"""What is lost of one task alone."""
FOR_ALL: Final = ("break", "refuse", "never")
"""What tells only that something is wrong."""
HARMLESS: Final = ("twice",)
LATE: Final = "late"
"""Done when the next task is submitted, if there is one."""


@dataclass
class Script:
    """What happens to each task at its first, second, ... submission; then all goes well."""

    moods: Mapping[int, Sequence[str]] = field(default_factory=dict[int, Sequence[str]])
    probes: Sequence[str] = ()
    submitted: list[int] = field(default_factory=list[int])
    made: int = 0

    def mood(self, position: int) -> str:
        """Return what happens to a task that is submitted now."""
        before = self.submitted.count(position)
        self.submitted.append(position)
        moods = self.probes if position == PROBE else self.moods.get(position, ())
        return moods[before] if before < len(moods) else "well"

    def executed(self, timeout: float | None = None) -> Executed:
        """Return an engine on executors of this script."""

        def make() -> Any:
            self.made += 1
            return nullcontext(Wayward(self))

        return Executed(Chosen("wayward", make, timeout, lambda _: None))


class Wayward(Executor):
    """Runs what is submitted at once, where it runs anything."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.before: Any = (0, "nowhere", (), b"")
        self.late = list[tuple[Future[Any], Any]]()

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Any:
        del kwargs
        mood = self.script.mood(args[0])
        if mood == "refuse":
            raise REFUSAL
        future: Future[Any] = Future()
        for held, reply in self.late:
            held.set_result(reply)
        self.late.clear()
        if mood == "no future":
            return 7
        if mood == LATE:
            self.late.append((future, fn(*args)))
        elif mood == "cancel":
            _ = future.cancel()
        elif mood in FAILURES:
            future.set_exception(FAILURES[mood])
        elif mood != "never":
            future.set_result(self._result(mood, fn, args))
        return future

    def _result(self, mood: str, fn: Any, args: Any) -> Any:
        if mood == "junk":
            return dict[str, str]()
        if mood == "other":
            return self.before
        times = 2 if mood == "twice" else 1
        self.before = [fn(*args) for _ in range(times)][-1]
        return self.before


REFUSAL: Final = RuntimeError("cannot schedule new futures after shutdown")
FAILURES: Final[Mapping[str, BaseException]] = {
    "raise": ValueError("no memory"),
    "interrupt": KeyboardInterrupt(),
    "break": BrokenExecutor("a worker died"),
}


def performed(engine: Executed, tasks: Sequence[Task]) -> list[Done]:
    """Return what comes of tasks, by position."""
    return sorted(engine.perform(tasks), key=lambda done: done.position)
