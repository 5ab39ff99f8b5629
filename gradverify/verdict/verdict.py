"""What is concluded: a verdict for one party on one array, a finding, and how sharp the eye was."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeAlias, final

from gradverify.errors import Mark
from gradverify.verdict.fingerprint import Fingerprint

Detail: TypeAlias = str | int | float | bool | tuple[int, ...] | None


@final
class Status(StrEnum):
    """The five verdicts."""

    AGREE = "agree"
    DISAGREE = "disagree"
    UNDECIDED = "undecided"
    UNSUPPORTED = "unsupported"
    BROKEN = "broken"


GRAVEST: Final = (
    Status.BROKEN,
    Status.DISAGREE,
    Status.UNDECIDED,
    Status.AGREE,
    Status.UNSUPPORTED,
)
"""Statuses, the gravest first."""


@final
class Severity(StrEnum):
    """error: somebody is wrong; warning: right, but a trap; note: a convention, a kink."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@final
@dataclass(frozen=True, slots=True)
class Worst:
    """The entry at which a party is furthest off: its index and both values."""

    index: tuple[int, ...]
    claimed: float
    true: float


@final
@dataclass(frozen=True, slots=True)
class Verdict:
    """One party, one array; errors are relative to the largest entry of the truth.

    `at` says where in a tape script, such as "tape step 3", and is empty outside of one. `slack` is
    the most that any entry is allowed, in units of the array, where it is more than at the worst.
    """

    party: str
    kind: str  # "value", "gradient", "jacobian", "hessian", "hvp", or what a tape shows
    of: str
    status: Status
    error: float
    allowed: float
    because: str
    worst: Worst | None
    at: str = ""
    slack: float = 0.0


@final
@dataclass(frozen=True, slots=True)
class About:
    """Whom a finding is about, which of their arrays, and where that stands in the spec."""

    party: str
    of: str
    mark: Mark | None
    at: str = ""


@final
@dataclass(frozen=True, slots=True)
class Finding:
    """A named cause, or `mismatch` where none is certain."""

    code: str
    severity: Severity
    party: str
    of: str
    message: str
    advice: str
    mark: Mark | None
    details: Mapping[str, Detail]
    expected: bool = False
    at: str = ""

    @property
    def index(self) -> tuple[int, ...] | None:
        """The entry that it is about, where it is about one."""
        found = self.details.get("index")
        return found if isinstance(found, tuple) else None


Judged: TypeAlias = tuple[list[Verdict], list[Finding]]
"""What is concluded, and what there is to say about it."""


@final
@dataclass(frozen=True, slots=True)
class Sensitivity:
    """The smallest relative error that would have been called `disagree`."""

    whole: float
    entry: float


@final
@dataclass(frozen=True, slots=True)
class Answer:
    """How one oracle fared on one spec."""

    name: str
    status: Status
    reason: str


@final
@dataclass(frozen=True, slots=True)
class SpecResult:
    """Everything that a run found out about one spec."""

    id: str
    path: str
    line: int
    title: str
    document: str | None
    status: str  # "passed", "failed", "undecided" or "broken"
    seconds: float
    oracles: tuple[Answer, ...]
    comparisons: tuple[Verdict, ...]
    possible: int
    findings: tuple[Finding, ...]
    missing: tuple[
        Mapping[str, str], ...
    ]  # findings that the spec lists and nobody made: code, party, of
    sensitivity: Mapping[str, Sensitivity]
    faults: tuple[str, ...]  # rendered spec errors, or what broke
    seed: int
    interrupted: bool = False
    prints: tuple[Fingerprint, ...] = ()
