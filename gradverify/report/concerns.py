"""Concerns: what of a record somebody has to look at, one by one."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from math import inf, isnan
from typing import Final, final

from gradverify.baseline.compared import Change, Known, Regression, SpecCompared
from gradverify.baseline.keep import identified
from gradverify.errors import Mark
from gradverify.report.failure import arrays_of, findings_of
from gradverify.report.record import Record, is_expected
from gradverify.report.rows import render_number, render_offence
from gradverify.report.rules import BROKEN, MISSING, OPEN, UNNAMED
from gradverify.report.subjects import render_parties, render_subject
from gradverify.verdict.parties import MEASURED
from gradverify.verdict.verdict import (
    About,
    Finding,
    Severity,
    SpecResult,
    Status,
    Verdict,
)

TOLD: Final = frozenset({Change.FINDING, Change.UNDECIDED})
"""Changes of which a concern of the spec itself says more."""
CHANGES: Final = frozenset(map(str, Change))
PLACE: Final = re.compile(r":(\d+):(\d+): ")


@final
@dataclass(frozen=True, slots=True)
class Concern:
    """One thing to look at.

    `code` is that of a rule in `RULES`, and `about` says where it is. `times` is how many times
    what was allowed it comes to, infinite where there is no such number. `state` is "new" or
    "unchanged" against a baseline, and empty without one; `reason` is why it is accepted.
    """

    code: str
    level: Severity
    result: SpecResult
    about: About
    message: str
    times: float = inf
    state: str = ""
    reason: str = ""
    advice: str = ""

    @property
    def mark(self) -> Mark:
        """Where it is: in somebody's code, at a line of the spec, or at the spec."""
        return self.about.mark or spec_mark(self.result)


def spec_mark(result: SpecResult) -> Mark:
    """Return the line at which a spec begins."""
    return Mark(result.path, max(1, result.line), 1, "")


def concerns(record: Record) -> tuple[Concern, ...]:
    """Return everything to look at, in the order of the specs; expected findings are left out."""
    return tuple(
        concern
        for result in record.results
        for concern in _of_spec(result, record.compared.get(result.id))
    )


def worst_first(found: Sequence[Concern]) -> list[Concern]:
    """Return broken specs, then errors by how many times what was allowed, then the others."""
    levels = tuple(Severity)
    return sorted(found, key=lambda c: (c.code != BROKEN, levels.index(c.level), -c.times))


def _of_spec(result: SpecResult, compared: SpecCompared | None) -> Iterator[Concern]:
    own = [*_faults(result), *_findings(result, compared), *_missing(result), *_open(result)]
    if compared is None:
        yield from own
        return
    stated = [_against(concern, compared) for concern in own]
    new = {(c.about.party, c.about.of, c.about.at) for c in stated if c.state == "new"}
    yield from stated
    for item in compared.regressions:
        subject = (item.party, item.of, item.at)
        if item.change not in TOLD or subject not in new:
            yield _regression(result, item)


def _against(concern: Concern, compared: SpecCompared) -> Concern:
    known = concern.state == "unchanged" or compared.excused
    return replace(concern, state="unchanged" if known else "new")


def _regression(result: SpecResult, item: Regression) -> Concern:
    return Concern(
        code=str(item.change),
        level=Severity.ERROR,
        result=result,
        about=About(item.party, item.of, item.mark, item.at),
        message=item.message,
        times=item.times,
        state="new",
    )


def _faults(result: SpecResult) -> Iterator[Concern]:
    code = OPEN if result.status == "undecided" else BROKEN
    for fault in result.faults:
        about = About("", "", _place(result, fault))
        yield Concern(code, Severity.ERROR, result, about, fault.rstrip())


def _place(result: SpecResult, fault: str) -> Mark | None:
    """A fault of a spec begins with its place."""
    found = PLACE.match(fault, len(result.path)) if fault.startswith(result.path) else None
    return None if found is None else Mark(result.path, int(found[1]), int(found[2]), "")


def _findings(result: SpecResult, compared: SpecCompared | None) -> Iterator[Concern]:
    known = {} if compared is None else {_key(item): item for item in compared.known}
    for key, finding in identified(result).items():
        if not finding.expected:
            accepted = known.get(key)
            yield Concern(
                code=finding.code,
                level=finding.severity,
                result=result,
                about=About(finding.party, finding.of, finding.mark, finding.at),
                message=finding.message,
                times=_times(result, finding),
                state="unchanged" if accepted else "",
                reason=accepted.reason if accepted else "",
                advice=finding.advice,
            )


def _key(known: Known) -> tuple[str, str, str, str]:
    return known.code, known.party, known.of, known.at


def _times(result: SpecResult, finding: Finding) -> float:
    about = (finding.party, finding.of, finding.at)
    mine = [v for v in result.comparisons if (v.party, v.of, v.at) == about]
    return max(map(times_allowed, mine), default=inf)


def times_allowed(verdict: Verdict) -> float:
    """Return how many times what was allowed an error is; infinite where nothing was."""
    ratio = verdict.error / verdict.allowed if verdict.allowed else inf
    return inf if isnan(ratio) else ratio


def _missing(result: SpecResult) -> Iterator[Concern]:
    for item in result.missing:
        code, party, of = item["code"], item.get("party", ""), item.get("of", "")
        named = f"{f' of `{of}`' if of else ''}{f', by {party}' if party else ''}"
        message = f"the finding `{code}`{named}, is listed, and nobody made it"
        yield Concern(MISSING, Severity.ERROR, result, About(party, of, None), message)


def _open(result: SpecResult) -> Iterator[Concern]:
    """Yield what is wrong and has no cause, and, an array each, what is undecided."""
    if result.status == "passed":
        return
    for group in arrays_of(result):
        for verdict in group:
            if verdict.status is Status.DISAGREE and not _is_told(result, verdict):
                message = f"{_subject([verdict])}, is wrong: {render_offence(verdict)}"
                yield _untold(UNNAMED, result, [verdict], message)
        undecided = [v for v in group if v.status is Status.UNDECIDED and v.party != MEASURED]
        if undecided:
            message = f"{_subject(undecided)}, is undecided: {undecided[0].because}"
            yield _untold(OPEN, result, undecided, message)


def _is_told(result: SpecResult, verdict: Verdict) -> bool:
    if is_expected(result, verdict) or findings_of(result, verdict):
        return True
    unexpected = [f for f in result.findings if not f.expected]
    return any(
        f.of == verdict.of
        if verdict.kind == "value"  # one finding names the forward pass that is alone
        else (f.party, f.of) in {(verdict.party, verdict.of), (verdict.party, "")}
        for f in unexpected
    )


def _untold(code: str, result: SpecResult, group: Sequence[Verdict], message: str) -> Concern:
    about = About(group[0].party if code == UNNAMED else "", group[0].of, None, group[0].at)
    times = max(map(times_allowed, group)) if code == UNNAMED else 1.0
    return Concern(code, Severity.ERROR, result, about, message, times)


def _subject(group: Sequence[Verdict]) -> str:
    subject = render_subject(group[0]).rstrip(",")
    return f"{subject}, {render_parties([v.party for v in group])}"


def render_times(concern: Concern) -> str:
    """Return how many times what was allowed something is, nothing where its message says it."""
    if concern.times == inf or concern.times <= 1.0 or concern.code in CHANGES:
        return ""
    return f"{render_number(concern.times, '.2g')} times what is allowed"
