"""The JSON report as an interface: what its fields are called and what they may hold."""

from typing import Annotated, Final, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

from gradverify.baseline.compared import Change

VERSION: Final = 1

Number: TypeAlias = float | Literal["NaN", "Infinity", "-Infinity"]
"""A number; JSON has none for what is not finite, so these three are words."""

Detail: TypeAlias = str | bool | int | Number | tuple[int, ...] | None
"""A number or a word of a finding; a list is the index of an entry."""

Count: TypeAlias = Annotated[int, Field(ge=0)]
SpecStatus: TypeAlias = Literal["passed", "failed", "undecided", "broken"]
HexNumber: TypeAlias = Annotated[
    str, Field(pattern=r"^(-?0x[01]\.[0-9a-f]+p[+-]\d+|-?inf|nan)$", examples=["0x1.8p+1"])
]
"""A double as C and Python write it in hexadecimal, of which no bit is lost."""
Shard: TypeAlias = Annotated[str, Field(pattern=r"^[1-9]\d*/[1-9]\d*$", examples=["2/8"])]
Status: TypeAlias = Literal["agree", "disagree", "undecided", "unsupported", "broken"]


class Part(BaseModel):
    """Whatever is in a report: no field more than these, none changed later."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Summary(Part):
    """The run in numbers; `elsewhere` counts the specs of other shards.

    `selected` counts what the run was to do, of which an interrupted one has done less; `cached`
    counts the results that an earlier run had found.

    `passed`, `failed`, `undecided` and `broken` count statuses, which no baseline changes. Against
    one, `regressions` are new or worse, `worse` counts the specs that pass and have some, `excused`
    those that do not pass for reasons that it knows, and `gone` what it has and the run no longer
    finds.
    """

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
    stopped: bool
    exit_code: int
    regressions: Count
    worse: Count
    excused: Count
    gone: Count
    shard: Shard | None
    elsewhere: Count
    selected: Count
    cached: Count


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

    `at` is the place in a tape script, empty outside of one. `slack` is the most that any entry is
    allowed, in units of the array, where it is more than at the worst.
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
    slack: Number


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


class Regression(Part):
    """One thing that is new or worse than in the baseline.

    `times` is how many times what was allowed it comes to; `before` and `now` are an entry's two
    values, where they are known; `code` is that of a finding, and empty for other changes.
    """

    change: Change
    party: str
    of: str
    at: str
    message: str
    times: Number
    location: Location | None
    index: tuple[int, ...] | None
    before: Number | None
    now: Number | None
    code: str


class KnownFinding(Part):
    """A finding that the baseline accepts; dates are ISO 8601, empty where none is given."""

    code: str
    party: str
    of: str
    at: str
    first_seen: str
    expires: str
    reason: str


class Probe(Part):
    """An entry by its index in C order."""

    index: Count
    value: HexNumber


class Gradient(Part):
    """A party's array told by a few numbers: `size` is its largest finite magnitude.

    A projection is the mean of the entries, each with a sign of its own.
    """

    party: str
    kind: str
    of: str
    at: str
    shape: tuple[Count, ...]
    dtype: str
    size: HexNumber
    nonfinite: Count
    projections: tuple[HexNumber, ...]
    probes: tuple[Probe, ...]


class Spec(Part):
    """Everything that was found out about one spec; `again` is the command that runs it alone.

    `new`: the baseline does not have it. `known`: what keeps it from passing is known to the
    baseline, and it is not counted as a failure. `gone` are sentences.
    """

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
    gradients: tuple[Gradient, ...]
    new: bool
    known: bool
    regressions: tuple[Regression, ...]
    known_findings: tuple[KnownFinding, ...]
    gone: tuple[str, ...]


class VersionChange(Part):
    """Something of the environment that is not what it was."""

    name: str
    before: str
    now: str


class Baseline(Part):
    """What the run was held against.

    `gone` are specs that it has and the run does not; `prune` and `update` are commands.
    """

    path: str
    environment: tuple[VersionChange, ...]
    gone: tuple[str, ...]
    prune: str
    update: str


class Report(Part):
    """A whole run, or as much of it as was done when it was interrupted."""

    version: Literal[1]
    summary: Summary
    seed: int | None
    environment: dict[str, str]
    baseline: Baseline | None
    specs: tuple[Spec, ...]
