"""What differs between a run and its baseline."""

from dataclasses import dataclass
from enum import StrEnum
from typing import final

from gradverify.errors import Mark


@final
class Change(StrEnum):
    """What is new or worse, of which a run fails."""

    MOVED = "gradient-moved"
    SHAPE = "shape-changed"
    DTYPE = "dtype-changed"
    MARGIN = "margin-worse"
    FINDING = "new-finding"
    UNDECIDED = "newly-undecided"
    SILENT = "oracle-silent"
    EXPIRED = "finding-expired"
    SEED = "seed-differs"


@final
@dataclass(frozen=True, slots=True)
class Regression:
    """One thing that is new or worse.

    `message` is a sentence with its numbers. `times` is how many times what was allowed it comes
    to, infinite where there is no such number: the worst has the largest. `index`, `before` and
    `now` are an entry and its two values, where they are known; `code` is that of a finding.
    """

    change: Change
    party: str
    of: str
    at: str
    message: str
    times: float
    mark: Mark | None = None
    index: tuple[int, ...] | None = None
    before: float | None = None
    now: float | None = None
    code: str = ""


@final
@dataclass(frozen=True, slots=True)
class Known:
    """A finding that the baseline has, and that a run has made again.

    Dates are ISO 8601, empty where none is given.
    """

    code: str
    party: str
    of: str
    at: str
    first_seen: str
    expires: str = ""
    reason: str = ""


@final
@dataclass(frozen=True, slots=True)
class SpecCompared:
    """How one spec differs from its baseline.

    `is_new` says that the baseline does not have it. `known` are the findings that are accepted;
    `excused` says that these are all that keeps the spec from passing. `gone` are sentences about
    what the baseline has and the run no longer finds.
    """

    is_new: bool = False
    excused: bool = False
    regressions: tuple[Regression, ...] = ()
    known: tuple[Known, ...] = ()
    gone: tuple[str, ...] = ()


@final
@dataclass(frozen=True, slots=True)
class Compared:
    """How a whole run differs from its baseline.

    `path` is the baseline's file; `environment` has the name, the old and the new version of what
    changed; `gone` are the ids of specs that the baseline has and that were selected by no path of
    this run although all specs of their file, or the file itself, were asked for; `prune` and
    `update` are the commands that bring the baseline up to date.
    """

    path: str
    environment: tuple[tuple[str, str, str], ...] = ()
    gone: tuple[str, ...] = ()
    prune: str = ""
    update: str = ""
