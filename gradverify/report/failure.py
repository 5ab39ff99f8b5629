"""The text of one spec that did not pass: place, who is wrong and by how much, why, and again."""

import shlex
from collections.abc import Mapping, Sequence
from math import inf
from types import MappingProxyType
from typing import Final

from gradverify.report.record import is_expected
from gradverify.verdict.verdict import Answer, Finding, Severity, SpecResult, Status, Verdict, Worst

SUBJECTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "value": "the value of `{of}`",
        "gradient": "the gradient of `loss` by `{of}`",
        "jacobian": "the Jacobian of the loss by `{of}`",
        "hessian": "the Hessian of `loss` by `{of}`",
        "hvp": "the Hessian of `loss` by `{of}`, along the direction given,",
    }
)
SPEC_PARTIES: Final = frozenset({"derived", "stated", "recorded"})
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


def render_failure(result: SpecResult) -> str:
    """Return all that keeps a spec from passing, in blocks with a blank line between."""
    groups = [group for group in _arrays(result) if any(_is_news(result, v) for v in group)]
    told, untold = _findings_by_array(result, groups)
    blocks = [
        *(_fault_block(result, fault) for fault in result.faults),
        *(_array_block(result, group, told[_array(group[0])]) for group in groups),
        *(_finding_block(result, finding) for finding in untold),
        *(_missing_block(result, missing) for missing in result.missing),
    ]
    return "\n\n".join([*blocks, f"  Again: {again(result)}"])


def render_party_failure(result: SpecResult, party: str) -> str:
    """Return the blocks of the arrays at which one party is wrong, nothing if there are none."""
    groups = [
        group
        for group in _arrays(result)
        if any(v.party == party and _is_wrong(result, v) for v in group)
    ]
    told, _ = _findings_by_array(result, groups)
    blocks = [_array_block(result, group, told[_array(group[0])]) for group in groups]
    return "\n\n".join([*blocks, f"  Again: {again(result)}"]) if blocks else ""


def again(result: SpecResult) -> str:
    """Return the command that runs this spec alone, with the numbers it had."""
    command = f"gradverify run {shlex.quote(result.path)}"
    if not result.title:
        return command
    return f"{command} -k {shlex.quote(result.title)} --seed {result.seed}"


def render_place(result: SpecResult, finding: Finding | None = None) -> str:
    """Return PATH:LINE of a finding, or of its spec where the finding has no place."""
    mark = None if finding is None else finding.mark
    return f"{result.path}:{result.line}" if mark is None else f"{mark.file}:{mark.line}"


def render_subject(verdict: Verdict) -> str:
    """Return what was compared, in words."""
    return SUBJECTS.get(verdict.kind, f"the {verdict.kind} of `{{of}}`").format(of=verdict.of)


def render_number(number: float, spec: str) -> str:
    """Return a number as `spec` says, with zero, NaN and infinity in one word."""
    return "0" if number == 0 else format(number, spec)


def render_pair(worst: Worst, party: str) -> str:
    """Return both values with as many digits as it takes to tell them apart."""
    pairs = [
        (format(worst.claimed, f".{digits}g"), format(worst.true, f".{digits}g"))
        for digits in range(4, 18)
    ]
    claimed, true = next((pair for pair in pairs if pair[0] != pair[1]), pairs[0])
    return f"{party} {claimed}, true {true}"


def render_finding(finding: Finding) -> str:
    """Return a finding's line, with the advice below it."""
    advice = f"\n    {finding.advice}" if finding.advice else ""
    return f"  {finding.code}: {finding.message}{advice}"


def _is_wrong(result: SpecResult, verdict: Verdict) -> bool:
    return verdict.status is Status.DISAGREE and not is_expected(result, verdict)


def _is_news(result: SpecResult, verdict: Verdict) -> bool:
    undecided = verdict.status in {Status.UNDECIDED, Status.BROKEN}
    return undecided or _is_wrong(result, verdict)


def _array(verdict: Verdict) -> tuple[str, str]:
    return verdict.kind, verdict.of


def _arrays(result: SpecResult) -> list[list[Verdict]]:
    groups: dict[tuple[str, str], list[Verdict]] = {}
    for verdict in result.comparisons:
        groups.setdefault(_array(verdict), []).append(verdict)
    return list(groups.values())


def _findings_by_array(
    result: SpecResult, groups: Sequence[Sequence[Verdict]]
) -> tuple[Mapping[tuple[str, str], list[Finding]], list[Finding]]:
    """Return what to tell with each array, every finding once, and the errors that are left."""
    left = [finding for finding in result.findings if not finding.expected]
    told: dict[tuple[str, str], list[Finding]] = {}
    for group in groups:
        array = _array(group[0])
        told[array] = [finding for finding in left if _is_about(finding, array)]
        left = [finding for finding in left if not _is_about(finding, array)]
    return told, [finding for finding in left if finding.severity is Severity.ERROR]


def _is_about(finding: Finding, array: tuple[str, str]) -> bool:
    kind, of = array
    return finding.of == of and finding.details.get("kind", kind) == kind


def _fault_block(result: SpecResult, fault: str) -> str:
    """A fault of the spec has its place and its text; what befell an oracle has not."""
    if not result.oracles:
        return fault.rstrip()
    silent = (answer for answer in result.oracles if answer.status in SILENT)
    reasons = [f"  {a.name:<20}{MARKS[a.status]}: {a.reason}" for a in silent]
    return "\n".join([f"{render_place(result)}  {result.title}: {fault}", "", *reasons]).rstrip()


def _array_block(result: SpecResult, group: Sequence[Verdict], findings: Sequence[Finding]) -> str:
    sharpness = result.sensitivity.get(group[0].of)
    noticed = [] if sharpness is None else [_noticed(sharpness.whole, sharpness.entry)]
    tail = [*map(render_finding, findings), *noticed]
    head = [_headline(result, group), "", *render_table(group, result.oracles)]
    return "\n".join([*head, "", *tail] if tail else head)


def _noticed(whole: float, entry: float) -> str:
    sizes = f"{render_number(whole, '.0e')} of the whole gradient"
    return f"  Would have noticed: {sizes}, {render_number(entry, '.0e')} in one entry."


def _headline(result: SpecResult, group: Sequence[Verdict]) -> str:
    news = [verdict for verdict in group if _is_news(result, verdict)]
    wrong = [v for v in news if v.status is Status.DISAGREE] or news
    worst = "is wrong" if wrong[0].status is Status.DISAGREE else "is undecided"
    parties = {verdict.party for verdict in wrong}
    at = (f for f in result.findings if f.party in parties and f.of == group[0].of and f.mark)
    phrases = " and ".join(_phrase(verdict.party) for verdict in wrong)
    subject = f"{render_subject(group[0]).rstrip(',')}, {phrases}, {worst}"
    return f"{render_place(result, next(at, None))}  {subject}"


def _phrase(party: str) -> str:
    return f"as {party}" if party in SPEC_PARTIES else f"by {party}"


def render_table(group: Sequence[Verdict], oracles: Sequence[Answer]) -> list[str]:
    """Return the lines of one array's party table; those that had no answer come last."""
    compared = {verdict.party for verdict in group}
    silent = [
        answer for answer in oracles if answer.name not in compared and answer.status in SILENT
    ]
    names = [*compared, *(answer.name for answer in silent)]
    width = max(20, *(len(name) + 2 for name in names))
    return [
        f"  {'party':<{width}}{HEADER}",
        *(f"  {verdict.party:<{width}}{_row(verdict)}".rstrip() for verdict in group),
        *(f"  {answer.name:<{width}}{MARKS[answer.status]}: {answer.reason}" for answer in silent),
    ]


def _row(verdict: Verdict) -> str:
    if verdict.status in SILENT:
        return f"{MARKS[verdict.status]}: {verdict.because}"
    worst = verdict.worst
    if worst is None and verdict.status is Status.DISAGREE and verdict.error == inf:
        return f"{MARKS[verdict.status]}: {verdict.because}"
    if verdict.status is Status.UNDECIDED:
        return f"{MARKS[verdict.status]}: {verdict.because}"
    error = f"{render_number(verdict.error, '.1e'):>14}"
    allowed = f"{render_number(verdict.allowed, '.0e'):>15}"
    index = "" if worst is None else str(list(worst.index))
    values = "" if worst is None else f"  {render_pair(worst, verdict.party)}"
    shown = "" if verdict.status is Status.AGREE else values
    return f"{error}{allowed}      {index:<12}{MARKS[verdict.status]}{shown}"


def _finding_block(result: SpecResult, finding: Finding) -> str:
    subject = f"`{finding.of}`, {_phrase(finding.party)}" if finding.party else f"`{finding.of}`"
    return f"{render_place(result, finding)}  {subject}\n\n{render_finding(finding)}"


def _missing_block(result: SpecResult, missing: Mapping[str, str]) -> str:
    about = ", ".join(f"{key} {value}" for key, value in missing.items() if key != "code" and value)
    detail = f" ({about})" if about else ""
    return (
        f"{render_place(result)}  the finding `{missing['code']}`{detail} is listed, "
        f"and nothing of the kind was found\n\n"
        f"  Mend the spec's `findings`, or say why the party is right after all."
    )
