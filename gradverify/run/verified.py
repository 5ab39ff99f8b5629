"""An examination of code in the terms of a spec: its party is the function."""

from dataclasses import dataclass, replace
from typing import Final, final

from gradverify.errors import Mark
from gradverify.function.examined import Examined, Row
from gradverify.run.claimed_code import VJP
from gradverify.run.judge import Judged, fared_one
from gradverify.run.outcome import status_of
from gradverify.run.plan import FUNCTION
from gradverify.verdict.gradients import Assessment
from gradverify.verdict.verdict import Finding, Severity, SpecResult, Status, Verdict

SEPARATOR: Final = ":"
"""Between the file and the line of a place."""


@final
@dataclass(frozen=True, slots=True)
class Subject:
    """What was examined, as a test names it: its id, and where it stands."""

    id: str
    path: str
    line: int
    title: str

    @property
    def mark(self) -> Mark:
        """The place of the subject."""
        return Mark(self.path, self.line, 1, "")


def result_of(examined: Examined, subject: Subject, seconds: float = 0.0) -> SpecResult:
    """Return an examination as the result of a spec that expects no findings.

    Findings stand at the backward pass where it is known where that is, else at the subject.
    """
    found = judged(examined, subject.mark)
    return SpecResult(
        id=subject.id, path=subject.path, line=subject.line, title=subject.title, document=None,
        status=status_of(found, found.assessment.findings, ()), seconds=seconds,
        oracles=found.oracles, comparisons=found.assessment.verdicts, possible=found.possible,
        findings=found.assessment.findings, missing=(),
        sensitivity=found.assessment.sensitivity, faults=(), seed=examined.seed,
        prints=found.prints,
    )  # fmt: skip


def judged(examined: Examined, mark: Mark) -> Judged:
    """Return an examination in the terms of a spec; `mark` is where code of no known place is."""
    findings = tuple(_finding(mark, examined, item) for item in examined.findings)
    verdicts = tuple(_verdict(examined, row, findings) for row in examined.rows)
    parties = dict.fromkeys((FUNCTION, *(verdict.party for verdict in verdicts)))
    return Judged(
        oracles=tuple(fared_one(party, verdicts, has_loss=True) for party in parties),
        assessment=Assessment(verdicts, findings, dict(examined.sensitivity)),
        possible=len(verdicts),
        prints=tuple(replace(item, party=FUNCTION) for item in examined.prints),
    )


def _party(examined: Examined, party: str) -> str:
    """Return what a party is called in a spec, where torch and jax are oracles."""
    return FUNCTION if party == examined.party else party


def _finding(mark: Mark, examined: Examined, item: Finding) -> Finding:
    """Return a finding as one about a function, at the code at fault where it is known."""
    party = _party(examined, item.party)
    own = mark_of(examined.place) if party == FUNCTION else None
    details = {"kind": VJP, **item.details}
    return replace(item, party=party, mark=item.mark or own or mark, details=details)


def mark_of(place: str) -> Mark | None:
    """Return file:line as a mark, or None where it is not a place."""
    file, _, line = place.rpartition(SEPARATOR)
    return Mark(file, int(line), 1, "") if file and line.isdecimal() else None


def _verdict(examined: Examined, row: Row, findings: tuple[Finding, ...]) -> Verdict:
    """Return a row as a verdict; one that an error keeps open is a disagreement, told by it."""
    errors = {item.message for item in findings if item.severity is Severity.ERROR}
    open_ = row.status is Status.UNDECIDED and row.because in errors
    status = Status.DISAGREE if open_ else row.status
    numbers = (row.error, row.allowed, row.because, row.worst)
    return Verdict(_party(examined, row.party), VJP, row.name, status, *numbers)
