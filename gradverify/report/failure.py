"""The text of one spec that did not pass: place, who is wrong and by how much, why, and again."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from types import MappingProxyType
from typing import Final, TypeAlias

from gradverify.report.record import is_expected
from gradverify.report.rows import (
    MARKS,
    SILENT,
    is_word,
    render_number,
    render_offence,
    render_pair,
    render_table,
)
from gradverify.verdict.verdict import Finding, Severity, SpecResult, Status, Verdict, Worst

SUBJECTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "value": "the value of `{of}`",
        "gradient": "the gradient of `loss` by `{of}`",
        "vjp": "the gradient of the outputs by `{of}`",
        "jacobian": "the Jacobian of the loss by `{of}`",
        "hessian": "the Hessian of `loss` by `{of}`",
        "hvp": "the Hessian of `loss` by `{of}`, along the direction given,",
        "grad": "`{of}.grad`",
        "hooked": "what the hook on `{of}` saw",
        "autograd.grad": "what autograd.grad gives by `{of}`",
        "is_leaf": "`{of}.is_leaf`",
        "requires_grad": "`{of}.requires_grad`",
        "grad_fn": "`{of}.grad_fn`",
        "error": "how the step on `{of}` ends",
        "update": "the gradient by which the loop updates `{of}`",
        "loss": "the loss `{of}` of the loop",
        "losses": "the course of the loss `{of}`",
        "falling": "that `{of}` falls",
        "below": "where `{of}` ends",
    }
)
ON_TAPE: Final[Mapping[str, str]] = MappingProxyType(
    {"gradient": "the gradient by `{of}` of what goes backward"}
)
Subject: TypeAlias = tuple[str, str, str]
"""What was compared: its kind, its name, and where in a script."""

SPEC_PARTIES: Final = frozenset({"derived", "stated", "recorded"})
MEASURED: Final = frozenset(
    {"gradient", "vjp", "value", "jacobian", "hessian", "hvp", "grad", "update"}
)
"""Kinds for which a report says how small an error would have been noticed."""
UNIT: Final = "  Errors are relative to the largest true entry."


def render_failure(result: SpecResult, again: str, *, verbose: bool = False) -> str:
    """Return all that keeps a spec from passing, in blocks with a blank line between.

    `again` is the command that runs it alone. Of several arrays at which the same parties are
    wrong the first is told in full, since the others may follow from it; verbose tells all so.
    """
    groups = [group for group in _arrays(result) if any(_is_news(result, v) for v in group)]
    told, untold = _findings_by_array(result, groups)
    blocks = [
        *(_fault_block(result, fault) for fault in result.faults),
        *_array_blocks(result, groups, told, verbose=verbose),
        *(_finding_block(result, finding) for finding in untold),
        *(_missing_block(result, missing) for missing in result.missing),
        render_again(again),
    ]
    return "\n\n".join(blocks)


def render_party_failure(result: SpecResult, party: str, again: str) -> str:
    """Return the blocks of the arrays at which one party is wrong, nothing if there are none."""
    groups = [
        group
        for group in _arrays(result)
        if any(v.party == party and _is_wrong(result, v) for v in group)
    ]
    told, _ = _findings_by_array(result, groups)
    blocks = _array_blocks(result, groups, told, verbose=False)
    return "\n\n".join([*blocks, render_again(again)]) if blocks else ""


def render_open(result: SpecResult, again: str) -> str:
    """Return what keeps a spec from passing where each party's failure is told elsewhere.

    A finding that the spec does not list is a line that names the party.
    """
    arrays = _arrays(result)
    told, untold = _findings_by_array(result, arrays)
    unexpected = [f for found in told.values() for f in found if f.severity is Severity.ERROR]
    undecided = [v for v in result.comparisons if v.status is Status.UNDECIDED]
    pointers = [
        *(f"  unexpected: {f.code} of `{f.of}`: see {f.party}" for f in unexpected),
        *(f"  undecided: {render_subject(v).rstrip(',')}, {_phrase([v.party])}" for v in undecided),
    ]
    blocks = [
        *(_fault_block(result, fault) for fault in result.faults),
        *(["\n".join(pointers)] if pointers else []),
        *(_finding_block(result, finding) for finding in untold),
        *(_missing_block(result, missing) for missing in result.missing),
        render_again(again),
    ]
    return "\n\n".join(blocks)


def render_again(again: str) -> str:
    """Return the line with the command that shows a failure again."""
    return f"  Again: {again}"


def findings_of(result: SpecResult, verdict: Verdict) -> list[Finding]:
    """Return the causes that are named for one verdict, those that the spec lists left out."""
    mine = (f for f in result.findings if f.party == verdict.party and not f.expected)
    return [finding for finding in mine if _is_about(finding, _array(verdict))]


def render_place(result: SpecResult, finding: Finding | None = None) -> str:
    """Return PATH:LINE of a finding, or of its spec where the finding has no place."""
    mark = None if finding is None else finding.mark
    return f"{result.path}:{result.line}" if mark is None else f"{mark.file}:{mark.line}"


def render_subject(verdict: Verdict) -> str:
    """Return what was compared, in words, and where in a script."""
    default = f"the {verdict.kind} of `{{of}}`"
    if not verdict.at:
        return SUBJECTS.get(verdict.kind, default).format(of=verdict.of)
    words = ON_TAPE.get(verdict.kind) or SUBJECTS.get(verdict.kind, default)
    return f"{words.format(of=verdict.of)}, at {verdict.at}"


def render_finding(finding: Finding) -> str:
    """Return a finding's line, with the advice below it."""
    advice = f"\n    {finding.advice}" if finding.advice else ""
    return f"{_cause(finding)}{advice}"


def _cause(finding: Finding) -> str:
    return f"  {finding.code}: {_message(finding)}"


def _message(finding: Finding) -> str:
    """A written number that is not the value is told as a row of the table tells it."""
    claimed, true = finding.details.get("claimed"), finding.details.get("true")
    is_value = finding.party in SPEC_PARTIES and finding.details.get("kind") == "value"
    if is_value and isinstance(claimed, float) and isinstance(true, float):
        return render_pair(Worst((), claimed, true), finding.party)
    return finding.message


def _is_wrong(result: SpecResult, verdict: Verdict) -> bool:
    return verdict.status is Status.DISAGREE and not is_expected(result, verdict)


def _is_news(result: SpecResult, verdict: Verdict) -> bool:
    return verdict.status is Status.UNDECIDED or _is_wrong(result, verdict)


def _array(verdict: Verdict) -> Subject:
    return verdict.kind, verdict.of, verdict.at


def _arrays(result: SpecResult) -> list[list[Verdict]]:
    groups: dict[Subject, list[Verdict]] = {}
    for verdict in result.comparisons:
        groups.setdefault(_array(verdict), []).append(verdict)
    return list(groups.values())


def _findings_by_array(
    result: SpecResult, groups: Sequence[Sequence[Verdict]]
) -> tuple[Mapping[Subject, list[Finding]], list[Finding]]:
    """Return what to tell with each array, every finding once, and the errors that are left."""
    left = [finding for finding in result.findings if not finding.expected]
    told: dict[Subject, list[Finding]] = {}
    for group in groups:
        array = _array(group[0])
        told[array] = [finding for finding in left if _is_about(finding, array)]
        left = [finding for finding in left if not _is_about(finding, array)]
    return told, [finding for finding in left if finding.severity is Severity.ERROR]


def _is_about(finding: Finding, array: Subject) -> bool:
    kind, of, where = array
    return (finding.of, finding.at) == (of, where) and finding.details.get("kind", kind) == kind


def _fault_block(result: SpecResult, fault: str) -> str:
    """A fault of the spec has its place and its text; what befell an oracle has not."""
    if not result.oracles or fault.startswith(f"{result.path}:"):
        return fault.rstrip()
    silent = (answer for answer in result.oracles if answer.status in SILENT)
    reasons = [f"  {a.name:<20}{MARKS[a.status]}: {a.reason}" for a in silent]
    return "\n".join([f"{render_place(result)}  {result.title}: {fault}", "", *reasons]).rstrip()


def _array_blocks(
    result: SpecResult,
    groups: Sequence[Sequence[Verdict]],
    told: Mapping[Subject, Sequence[Finding]],
    *,
    verbose: bool,
) -> list[str]:
    """Return a block an array: a party's first with its table, the rest in a few lines."""
    blocks: list[str] = []
    shown: set[tuple[str, str, Status]] = set()
    told_unit = False
    for group in groups:
        news = {(v.party, v.kind, v.status) for v in group if _is_news(result, v)}
        block = _short_block if news <= shown and not verbose else _array_block
        unit = [] if told_unit or all(map(is_word, group)) else [UNIT]
        told_unit = told_unit or bool(unit)
        blocks.append(block(result, group, told[_array(group[0])], unit))
        shown |= news
    return blocks


def _array_block(
    result: SpecResult,
    group: Sequence[Verdict],
    findings: Sequence[Finding],
    unit: Sequence[str],
) -> str:
    counted = group[0].kind in MEASURED and not all(map(is_word, group))
    sharpness = result.sensitivity.get(group[0].of) if counted else None
    noticed = [] if sharpness is None else [_noticed(sharpness.whole, sharpness.entry)]
    tail = [*map(render_finding, findings), *noticed]
    head = [_headline(result, group), "", *render_table(group, result.oracles), *unit]
    return "\n".join([*head, "", *tail] if tail else head)


def _short_block(
    result: SpecResult, group: Sequence[Verdict], findings: Sequence[Finding], _: Sequence[str]
) -> str:
    wrong = [v for v in group if _is_wrong(result, v)]
    offences = [f"  {render_offence(v)}" for v in wrong]
    return "\n".join([_headline(result, group), *offences, *map(_cause, findings)])


def _noticed(whole: float, entry: float) -> str:
    sizes = f"{render_number(whole, '.0e')} of the whole gradient"
    return f"  Would have noticed: {sizes}, {render_number(entry, '.0e')} in one entry."


def _headline(result: SpecResult, group: Sequence[Verdict]) -> str:
    news = [verdict for verdict in group if _is_news(result, verdict)]
    wrong = [v for v in news if v.status is Status.DISAGREE] or news
    worst = "is wrong" if wrong[0].status is Status.DISAGREE else "is undecided"
    parties = {verdict.party for verdict in wrong}
    mine = [f for f in result.findings if f.party in parties and f.of == group[0].of and f.mark]
    at = sorted(mine, key=lambda finding: not _is_about(finding, _array(group[0])))
    phrase = _phrase([verdict.party for verdict in wrong])
    subject = f"{render_subject(group[0]).rstrip(',')}, {phrase}, {worst}"
    return f"{render_place(result, next(iter(at), None))}  {subject}"


def _phrase(parties: Iterable[str]) -> str:
    """Return `by rules, torch and jax`, `as derived`, or both."""
    runs = groupby(parties, key=lambda party: party in SPEC_PARTIES)
    return " and ".join(
        f"{'as' if written else 'by'} {_listed([*names])}" for written, names in runs
    )


def _listed(names: Sequence[str]) -> str:
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last


def _finding_block(result: SpecResult, finding: Finding) -> str:
    named = (
        f"`{finding.of}`" if finding.of else "",
        _phrase([finding.party] * bool(finding.party)),
    )
    subject = ", ".join(filter(None, named))
    return f"{render_place(result, finding)}  {subject}\n\n{render_finding(finding)}"


def _missing_block(result: SpecResult, missing: Mapping[str, str]) -> str:
    about = ", ".join(f"{key} {value}" for key, value in missing.items() if key != "code" and value)
    detail = f" ({about})" if about else ""
    return (
        f"{render_place(result)}  the finding `{missing['code']}`{detail} is listed, "
        f"and nothing of the kind was found\n\n"
        f"  Mend the spec's `findings`, or say why the party is right after all."
    )
