"""Baseline: what a run found of each spec, as it is kept in a file."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType
from typing import Final, TypeAlias, final

from gradverify.verdict.verdict import Severity, Status

FORMAT: Final = 1
DOUBLE: Final = "float64"
GRADIENT: Final = "gradient"

RowKey: TypeAlias = tuple[str, str, str, str]
"""Party, kind, of and at."""
FindingKey: TypeAlias = tuple[str, str, str, str]
"""Code, party, of and at: what makes two findings of one spec the same."""


@final
@dataclass(frozen=True, slots=True)
class Print:
    """An array told by a few numbers, as `verdict/fingerprint.py` has them.

    `bar` is how far each entry may be off, in units of the array. An array of which every entry is
    a probe has no projections.
    """

    shape: tuple[int, ...]
    dtype: str
    bar: float
    nonfinite: int
    projections: tuple[float, ...]
    probes: tuple[tuple[int, float], ...]


@final
@dataclass(frozen=True, slots=True)
class Row:
    """One verdict, and the array that it is about where that was kept."""

    key: RowKey
    status: Status
    error: float
    allowed: float
    print: Print | None = None


@final
@dataclass(frozen=True, slots=True)
class Remembered:
    """A finding; dates are ISO 8601, `expires` and `reason` what people say of it, or empty."""

    key: FindingKey
    severity: Severity
    first_seen: str
    last_seen: str
    expires: str = ""
    reason: str = ""


def _no_rows() -> Mapping[RowKey, Row]:
    return MappingProxyType({})


def _no_findings() -> Mapping[FindingKey, Remembered]:
    return MappingProxyType({})


@final
@dataclass(frozen=True, slots=True)
class Kept:
    """All that is kept of one spec.

    `digest` tells the text of the spec from another, and is empty where there is none. `answered`
    names the oracles that did; `missing` are findings that the spec lists and nobody made: code,
    party, of.
    """

    id: str
    seed: int
    status: str
    digest: str = ""
    answered: tuple[str, ...] = ()
    missing: tuple[tuple[str, str, str], ...] = ()
    rows: Mapping[RowKey, Row] = field(default_factory=_no_rows)
    findings: Mapping[FindingKey, Remembered] = field(default_factory=_no_findings)


@final
@dataclass(frozen=True, slots=True)
class Baseline:
    """What was kept of every spec, by its id, and what it was found with."""

    environment: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    specs: Mapping[str, Kept] = field(default_factory=lambda: MappingProxyType({}))


def size_of(kept: Print) -> float:
    """Return the largest finite magnitude of an array: one of its probes has it."""
    finite = (abs(value) for _, value in kept.probes if abs(value) < float("inf"))
    return max(finite, default=0.0)


def is_day(text: str) -> bool:
    """Return whether a text is a date as year-month-day."""
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
