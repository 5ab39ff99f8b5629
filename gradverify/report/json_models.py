"""The JSON report as an interface: what its fields are called and what they may hold."""

from typing import Annotated, Final, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

VERSION: Final = 1

Number: TypeAlias = float | Literal["NaN", "Infinity", "-Infinity"]
"""A number; JSON has none for what is not finite, so these three are words."""

Detail: TypeAlias = str | bool | int | Number | tuple[int, ...] | None
"""A number or a word of a finding; a list is the index of an entry."""

Count: TypeAlias = Annotated[int, Field(ge=0)]
SpecStatus: TypeAlias = Literal["passed", "failed", "undecided", "broken"]
Status: TypeAlias = Literal["agree", "disagree", "undecided", "unsupported", "broken"]


class Part(BaseModel):
    """Whatever is in a report: no field more than these, none changed later."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Summary(Part):
    """The run in numbers."""

    specs: Count
    passed: Count
    failed: Count
    undecided: Count
    broken: Count
    comparisons_made: Count
    comparisons_possible: Count
    expected_findings: Count
    seconds: float
    interrupted: bool
    exit_code: int


class Oracle(Part):
    """How one oracle fared on one spec."""

    name: str
    status: Status
    reason: str


class Worst(Part):
    """The entry furthest off."""

    index: tuple[int, ...]
    claimed: Number
    true: Number


class Comparison(Part):
    """One party, one array. `error` and `allowed` are relative to the truth's largest entry.

    `at` is the place in a tape script, empty outside of one.
    """

    party: str
    kind: str
    of: str
    verdict: Status
    error: Number
    allowed: Number
    because: str
    worst: Worst | None
    at: str


class Location(Part):
    """A place in a file; lines and columns count from 1."""

    path: str
    line: int
    column: int


class Finding(Part):
    """A named cause. `expected` says that the spec lists it."""

    code: str
    severity: Literal["error", "warning", "note"]
    party: str
    of: str
    expected: bool
    message: str
    advice: str
    location: Location | None
    details: dict[str, Detail]
    at: str


class MissingFinding(Part):
    """A finding that the spec lists and that nobody made."""

    code: str
    party: str | None
    of: str | None


class Sensitivity(Part):
    """The smallest relative error that would have been noticed."""

    whole: Number
    entry: Number


class Spec(Part):
    """Everything that was found out about one spec; `again` is the command that runs it alone."""

    id: str
    path: str
    line: int
    title: str
    document: str | None
    status: SpecStatus
    seconds: float
    seed: int
    comparisons_possible: Count
    oracles: tuple[Oracle, ...]
    comparisons: tuple[Comparison, ...]
    findings: tuple[Finding, ...]
    missing: tuple[MissingFinding, ...]
    sensitivity: dict[str, Sensitivity]
    faults: tuple[str, ...]
    again: str


class Report(Part):
    """A whole run, or as much of it as was done when it was interrupted."""

    version: Literal[1]
    summary: Summary
    environment: dict[str, str]
    specs: tuple[Spec, ...]
