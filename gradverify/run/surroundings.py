"""With what versions the workers of an executor verify, and who of them has others."""

from collections.abc import Callable, Mapping
from typing import final

from gradverify.run.afar import Answer
from gradverify.run.environment import MACHINE, environment


@final
class Surroundings:
    """Keeps what was told: every difference is, once."""

    def __init__(self, first: Answer, tell: Callable[[str], None]) -> None:
        self._first = first
        self._tell = tell
        self._told: set[str] = set()
        self._compare(environment(), "here", first)

    @property
    def environment(self) -> Mapping[str, str]:
        """Versions by name, as the first worker has them."""
        return self._first.environment

    def note(self, answer: Answer) -> None:
        """Tell, if it is news, how the versions of this worker differ from the first one's."""
        if answer.environment != self._first.environment:
            self._compare(self._first.environment, f"at {self._first.place}", answer)

    def _compare(self, known: Mapping[str, str], where: str, answer: Answer) -> None:
        pairs = ((name, known.get(name), answer.environment.get(name)) for name in known)
        told = [f"{name} {b} ({a} {where})" for name, a, b in pairs if a != b and name != MACHINE]
        sentence = ", ".join(told)
        if told and sentence not in self._told:
            self._told.add(sentence)
            self._tell(f"Warning: specs run at {answer.place} with {sentence}.")
