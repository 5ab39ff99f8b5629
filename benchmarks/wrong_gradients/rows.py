"""A row: one checker's answer to one case, held against what is true of the case."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final, final

from benchmarks.wrong_gradients.cases import FIRST_ORDER, Case
from benchmarks.wrong_gradients.checkers import Answer, Said
from benchmarks.wrong_gradients.truth import Numbers, is_few

NAMELESS: Final = frozenset({"mismatch", "term-missing", "mask-from-wrong-variable"})
"""Codes of faults that a look at the numbers alone cannot tell for certain."""


@final
@dataclass(frozen=True, slots=True)
class Row:
    """What is kept of an answer. None where a question does not arise.

    `told`: wrong called wrong, right not called wrong. `cause`: `named`, `wrong` or `none`.
    """

    checker: str
    size: str
    dtype: str
    title: str
    kind: str
    outcome: str
    told: bool
    error: float
    input_named: bool | None
    entry_named: bool | None
    cause: str | None
    nameable: bool
    forward: int
    backward: int
    seconds: float
    message: str

    def as_dict(self) -> dict[str, Any]:
        """Return what is written as one line of JSON."""
        return asdict(self)

    @property
    def is_right(self) -> bool:
        """Whether the backward was right."""
        return self.kind == "right"

    @property
    def complaints(self) -> tuple[str, ...]:
        """What went wrong, in words that the summary counts."""
        faults = {
            "FALSE ALARM": self.is_right and self.outcome == "disagree",
            "RAISED": self.outcome == "raised",
            "UNDECIDED": self.outcome == "undecided",
            "MISSED": not self.is_right and self.outcome == "agree",
            "INPUT UNNAMED": self.input_named is False,
            "ENTRY UNNAMED": self.entry_named is False,
            "WRONG CAUSE": self.cause == "wrong",
            "NO CAUSE": self.cause == "none" and self.nameable,
        }
        return tuple(name for name, so in faults.items() if so)


def row_of(checker: str, case: Case, answer: Answer) -> Row:
    """Hold an answer against the truth."""
    said, spot = answer.said, case.spot
    told = said.outcome != "disagree" if case.is_right else said.outcome == "disagree"
    judged = not case.is_right and said.outcome == "disagree"
    placed = judged and case.kind in FIRST_ORDER and case.fault.inputs
    return Row(
        checker, spot.size, spot.dtype, case.title, case.kind, said.outcome, told,
        case.fault.error,
        _input_named(case, said) if placed else None,
        _entry_named(case, said) if placed and _in_entries(case) else None,
        _cause(case, said) if judged else None,
        bool(case.codes - NAMELESS),
        answer.calls.forward, answer.calls.backward, answer.seconds, said.message,
    )  # fmt: skip


def _input_named(case: Case, said: Said) -> bool:
    """Whether some input at fault was named, and no other."""
    return bool(said.inputs) and said.inputs <= case.fault.inputs


def _in_entries(case: Case) -> bool:
    """Whether few entries are at fault, in inputs of several."""
    masks: Mapping[str, Numbers] = case.fault.entries
    return bool(masks) and all(map(is_few, masks.values()))


def _entry_named(case: Case, said: Said) -> bool:
    """Whether every place named is at fault, and there is one."""
    found = [
        (case.fault.entries[name], index)
        for name, places in said.entries.items()
        if name in case.fault.entries
        for index in places
    ]
    return bool(found) and all(len(i) == m.ndim and bool(m[i]) for m, i in found)


def _cause(case: Case, said: Said) -> str:
    named = said.causes - {"mismatch"}
    if not named:
        return "none"
    return "named" if named <= case.codes else "wrong"
