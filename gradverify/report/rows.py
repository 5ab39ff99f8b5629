"""The rows of a party table: by how much each party is off, and where."""

from collections.abc import Mapping, Sequence
from math import inf, isfinite
from types import MappingProxyType
from typing import Final

from gradverify.verdict.verdict import Answer, Status, Verdict, Worst

MARKS: Final[Mapping[Status, str]] = MappingProxyType(
    {
        Status.AGREE: "ok",
        Status.DISAGREE: "WRONG",
        Status.UNDECIDED: "UNDECIDED",
        Status.UNSUPPORTED: "unsupported",
        Status.BROKEN: "BROKEN",
    }
)
SILENT: Final = frozenset({Status.UNSUPPORTED, Status.BROKEN})
HEADER: Final = f"{'against the truth':<23}{'allowed':<12}worst at"
ON_TAPE: Final = f"{'against what is there':<23}{'allowed':<12}worst at"
READ: Final = frozenset({"grad", "hooked", "autograd.grad", "value"})
"""Kinds of numbers that are read off a tape: what is there need not be the gradient."""


def render_table(group: Sequence[Verdict], oracles: Sequence[Answer]) -> list[str]:
    """Return the lines of one array's party table; those that had no answer come last."""
    compared = {verdict.party for verdict in group}
    silent = [
        answer for answer in oracles if answer.name not in compared and answer.status in SILENT
    ]
    names = [*compared, *(answer.name for answer in silent)]
    width = max(20, *(len(name) + 2 for name in names))
    return [
        f"  {'party':<{width}}{ON_TAPE if is_read(group[0]) else HEADER}",
        *(f"  {verdict.party:<{width}}{_row(verdict)}".rstrip() for verdict in group),
        *(f"  {answer.name:<{width}}{MARKS[answer.status]}: {answer.reason}" for answer in silent),
    ]


def is_word(verdict: Verdict) -> bool:
    """Whether what was compared is no number: None, a flag, an error, that a loss falls."""
    return (
        verdict.worst is None
        and bool(verdict.because)
        and verdict.error in {0.0, inf}
        and (verdict.allowed == 0.0)
    )


def is_read(verdict: Verdict) -> bool:
    """Whether a number was read off a tape."""
    return bool(verdict.at) and verdict.kind in READ


def row_cells(verdict: Verdict) -> tuple[str, str, str, str]:
    """Return the error, what is allowed, the index of the worst entry, and the mark with values."""
    worst = verdict.worst
    if is_word(verdict) or verdict.status is Status.UNDECIDED:
        return "", "", "", f"{MARKS[verdict.status]}: {verdict.because}"
    index = str(list(worst.index)) if worst is not None and worst.index else ""
    values = "" if worst is None else f"  {_pair(verdict, worst)}"
    shown = "" if verdict.status is Status.AGREE else values
    error, allowed = render_number(verdict.error, ".1e"), render_number(verdict.allowed, ".0e")
    return error, allowed, index, f"{MARKS[verdict.status]}{shown}"


def _row(verdict: Verdict) -> str:
    error, allowed, index, mark = row_cells(verdict)
    return f"{error:>14}{allowed:>15}      {index:<12}{mark}" if error else mark


def render_offence(verdict: Verdict) -> str:
    """Return by how much a party is off, and where."""
    worst = verdict.worst
    error = render_number(verdict.error, ".1e")
    if worst is None:
        return f"off by {error}" if isfinite(verdict.error) else verdict.because
    at = f" at {list(worst.index)}" if worst.index else ""
    return f"off by {error}{at}: {_pair(verdict, worst)}"


def _pair(verdict: Verdict, worst: Worst) -> str:
    return render_pair(worst, verdict.party, "reads" if is_read(verdict) else "true")


def render_number(number: float, spec: str) -> str:
    """Return a number as `spec` says, with zero, NaN and infinity in one word."""
    return "0" if number == 0 else format(number, spec)


def render_count(count: int, noun: str) -> str:
    """Return `1 spec`, `2 specs`."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def render_pair(worst: Worst, party: str, other: str = "true") -> str:
    """Return both values with as many digits as it takes to tell them apart."""
    pairs = [
        (format(worst.claimed, f".{digits}g"), format(worst.true, f".{digits}g"))
        for digits in range(4, 18)
    ]
    claimed, true = next((pair for pair in pairs if pair[0] != pair[1]), pairs[0])
    return f"{party} {claimed}, {other} {true}"
