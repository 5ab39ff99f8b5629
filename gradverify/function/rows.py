"""What is known of each leaf as the rows and findings of a report."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import nan
from typing import Final, final

from gradverify.function.blame import Guilt
from gradverify.function.examined import Row
from gradverify.function.narrow import Narrow
from gradverify.function.reading import Reading
from gradverify.function.trial import Trial
from gradverify.verdict.truth import Outcome
from gradverify.verdict.verdict import Detail, Finding, Severity, Status, Worst

LINES: Final = "error bars of derivatives along lines"


@final
@dataclass(frozen=True, slots=True)
class Seen:
    """What was seen of one party's gradient, besides who is guilty."""

    readings: Sequence[Reading]
    findings: Sequence[Finding]
    narrow: Narrow | None
    undecided: str


@final
@dataclass(frozen=True, slots=True)
class _Said:
    """The verdict on one leaf: its error and what is allowed, why, and where."""

    status: Status
    numbers: tuple[float, float]
    because: str
    worst: Worst | None = None


def finding_of(trial: Trial, item: Guilt) -> Finding:
    """Return the finding of a leaf at fault."""
    _, index = trial.point.leaves.place(trial.point.leaves.bounds[item.leaf] + item.entry)
    unit = _unit(trial, item)
    details: dict[str, Detail] = {"claimed": item.claimed / unit, "true": item.true / unit}
    details |= item.cause.details
    return trial.finding(item.cause.code, item.leaf, item.cause.message, details, index=index)


def _unit(trial: Trial, item: Guilt) -> float:
    """Return what numbers are divided by to be those of a loss; of no use if that is the fault."""
    return 1.0 if item.cause.code == "cotangent-misused" else trial.unit


def rows(trial: Trial, guilt: Sequence[Guilt], seen: Seen) -> tuple[Row, ...]:
    """Return a row a leaf."""
    return tuple(_row(trial, guilt, seen, k) for k in range(len(trial.names)))


def _row(trial: Trial, guilt: Sequence[Guilt], seen: Seen, k: int) -> Row:
    guilty = next((item for item in guilt if item.leaf == k), None)
    if guilty is not None:
        return _wrong(trial, guilty)
    name = trial.names[k]
    missing = not trial.claimed  # then what is said holds for all
    wrong = (f for f in seen.findings if f.severity is Severity.ERROR)
    blamed = (f for f in wrong if missing or f.of == name)
    found = next(blamed, None)
    if found is not None:
        return _made(trial, k, _Said(Status.DISAGREE, (nan, nan), found.message, _worst(found)))
    if seen.undecided:
        return _made(trial, k, _Said(Status.UNDECIDED, _numbers(seen, k), seen.undecided))
    return _made(trial, k, _Said(Status.AGREE, _numbers(seen, k), LINES))


def _wrong(trial: Trial, item: Guilt) -> Row:
    _, index = trial.point.leaves.place(trial.point.leaves.bounds[item.leaf] + item.entry)
    unit = _unit(trial, item)
    worst = Worst(index, item.claimed / unit, item.true / unit)
    numbers = item.error, item.allowed
    return _made(trial, item.leaf, _Said(Status.DISAGREE, numbers, item.cause.message, worst))


def _worst(found: Finding) -> Worst | None:
    claimed, true = found.details.get("claimed"), found.details.get("true")
    if found.index is None or not isinstance(claimed, float) or not isinstance(true, float):
        return None
    return Worst(found.index, claimed, true)


def _numbers(seen: Seen, k: int) -> tuple[float, float]:
    """Return how far a leaf that is not wrong is off, and may be."""
    if seen.narrow is not None and seen.narrow.allowed[k]:
        return seen.narrow.errors[k], seen.narrow.allowed[k]
    if any(reading.outcome is Outcome.REFUTED for reading in seen.readings):
        return nan, nan
    errors = (reading.error for reading in seen.readings)
    allowed = (reading.allowed / (reading.size or 1.0) for reading in seen.readings)
    return max(errors, default=0.0), max(allowed, default=0.0)


def _made(trial: Trial, k: int, said: "_Said") -> Row:
    leaf = trial.ask.function.leaves[k]
    return Row(
        name=leaf.name,
        shape=leaf.primal.shape,
        dtype=leaf.dtype,
        party=trial.party,
        status=said.status,
        error=said.numbers[0],
        allowed=said.numbers[1],
        because=said.because,
        worst=said.worst,
    )
