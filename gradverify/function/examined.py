"""What an examination comes to: a row an input, findings, sensitivity, and what it cost."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import final

from gradverify.verdict.fingerprint import Fingerprint
from gradverify.verdict.verdict import Finding, Sensitivity, Status, Worst


@final
@dataclass(frozen=True, slots=True)
class Row:
    """One party's gradient by one input; errors are relative to its largest entry."""

    name: str
    shape: tuple[int, ...]
    dtype: str
    party: str
    status: Status
    error: float
    allowed: float
    because: str
    worst: Worst | None


@final
@dataclass(frozen=True, slots=True)
class Evaluations:
    """How often the function was run forward, and backward."""

    forward: int
    backward: int


@final
@dataclass(frozen=True, slots=True)
class Examined:
    """Everything that is known about one function at its inputs.

    `place` is where the code at fault stands, as file:line, or nothing where that is not known;
    `prints` are the gradients that were claimed, by input.
    """

    name: str
    party: str
    status: Status
    rows: tuple[Row, ...]
    findings: tuple[Finding, ...]
    sensitivity: Mapping[str, Sensitivity]
    evaluations: Evaluations
    seed: int
    place: str = ""
    prints: tuple[Fingerprint, ...] = ()
