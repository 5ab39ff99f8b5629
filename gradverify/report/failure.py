"""The text of one spec that did not pass: place, who is wrong and by how much, why, and again."""

from collections.abc import Collection, Mapping, Sequence
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
from gradverify.report.subjects import render_parties, render_subject
from gradverify.verdict.parties import CLAIMING
from gradverify.verdict.verdict import Finding, Severity, SpecResult, Status, Verdict, Worst

Subject: TypeAlias = tuple[str, str, str]
"""What was compared: its kind, its name, and where in a script."""

MEASURED: Final = frozenset(
    {"gradient", "vjp", "value", "jacobian", "hessian", "hvp", "grad", "update"}
)
"""Kinds for which a report says how small an error would have been noticed."""
UNIT: Final = "  Errors are relative to the largest true entry."
PYTHON: Final = ".py"


def render_failure(result: SpecResult, again: str, *, verbose: bool = False) -> str:
    """Return all that keeps a spec from passing, in blocks with a blank line between.

    `again` is the command that runs it alone. Of several arrays at which the same parties are
    wrong the first is told in full, since the others may follow from it; verbose tells all so.
    """
    groups = [group for group in arrays_of(result) if any(is_news(result, v) for v in group)]
    told, untold = findings_by_array(result, groups)
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
        for group in arrays_of(result)
        if any(v.party == party and _is_wrong(result, v) for v in group)
    ]
    told, _ = findings_by_array(result, groups)
    blocks = _array_blocks(result, groups, told, verbose=False)
    return "\n\n".join([*blocks, render_again(again)]) if blocks else ""


def render_open(result: SpecResult, again: str) -> str:
    """Return what keeps a spec from passing where each party's failure is told elsewhere.

    A finding that the spec does not list is a line that names the party.
    """
    arrays = arrays_of(result)
    told, untold = findings_by_array(result, arrays)
    unexpected = [f for found in told.values() for f in found if f.severity is Severity.ERROR]
    undecided = [v for v in result.comparisons if v.status is Status.UNDECIDED]
    pointers = [
        *(f"  unexpected: {f.code} of `{f.of}`: see {f.party}" for f in unexpected),
        *(
            f"  undecided: {render_subject(v).rstrip(',')}, {render_parties([v.party])}"
            for v in undecided
        ),
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


def render_finding(finding: Finding) -> str:
    """Return a finding's line, with the advice below it."""
    advice = f"\n    {finding.advice}" if finding.advice else ""
    return f"{_cause(finding)}{advice}"


def _cause(finding: Finding) -> str:
    return f"  {finding.code}: {_message(finding)}"


def _message(finding: Finding) -> str:
    """A written number that is not the value is told as a row of the table tells it."""
    claimed, true = finding.details.get("claimed"), finding.details.get("true")
    is_value = finding.party in CLAIMING and finding.details.get("kind") == "value"
    if is_value and isinstance(claimed, float) and isinstance(true, float):
        return render_pair(Worst((), claimed, true), finding.party)
    return finding.message


def _is_wrong(result: SpecResult, verdict: Verdict) -> bool:
    return verdict.status is Status.DISAGREE and not is_expected(result, verdict)


def is_news(result: SpecResult, verdict: Verdict) -> bool:
    """Return whether a verdict keeps its spec from passing."""
    return verdict.status is Status.UNDECIDED or _is_wrong(result, verdict)


def _array(verdict: Verdict) -> Subject:
    return verdict.kind, verdict.of, verdict.at


def arrays_of(result: SpecResult) -> list[list[Verdict]]:
    """Return the verdicts of each array, in the order in which they were compared."""
    groups: dict[Subject, list[Verdict]] = {}
    for verdict in result.comparisons:
        groups.setdefault(_array(verdict), []).append(verdict)
    return list(groups.values())


def findings_by_array(
    result: SpecResult, groups: Sequence[Sequence[Verdict]]
) -> tuple[Mapping[Subject, list[Finding]], list[Finding]]:
    """Return what to tell with each array, every finding once, and the errors that are left."""
    left = [finding for finding in result.findings if not finding.expected]
    told: dict[Subject, list[Finding]] = {}
    for group in groups:
        mine = [f for f in left if _is_about(f, _array(group[0])) or _is_cause(f, group)]
        told[_array(group[0])] = mine
        left = [finding for finding in left if finding not in mine]
    return told, [finding for finding in left if finding.severity is Severity.ERROR]


def _is_about(finding: Finding, array: Subject) -> bool:
    kind, of, where = array
    return (finding.of, finding.at) == (of, where) and finding.details.get("kind", kind) == kind


def _is_cause(finding: Finding, group: Sequence[Verdict]) -> bool:
    """Whether a finding in code explains a row of its party beside statements.

    There others stand beside it, so that it is told there, and its own array below it in short.
    """
    kind, of, where = _array(group[0])
    wrong = {verdict.party for verdict in group if verdict.status is Status.DISAGREE}
    same = finding.party in wrong and (finding.of, finding.at) == (of, where)
    return same and kind == "gradient" and finding.details.get("kind") == "vjp"


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
    explained: set[Subject] = set()
    told_unit = False
    for group in groups:
        news = {(v.party, v.kind, v.status) for v in group if is_news(result, v)}
        follows = news <= shown or _follows(result, group, explained)
        block = _short_block if follows and not verbose else _array_block
        unit = [] if told_unit or all(map(is_word, group)) else [UNIT]
        told_unit = told_unit or bool(unit)
        blocks.append(block(result, group, told[_array(group[0])], unit))
        shown |= news
        explained |= {(f.party, f.of, f.at) for f in told[_array(group[0])]}
    return blocks


def _follows(result: SpecResult, group: Sequence[Verdict], explained: Collection[Subject]) -> bool:
    """Whether all that is wrong with an array of code was explained with another one."""
    wrong = [(v.party, v.of, v.at) for v in group if is_news(result, v)]
    return group[0].kind == "vjp" and all(subject in explained for subject in wrong)


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
    whose = _whose(result, _first_placed(result, group))
    table = render_table(group, result.oracles)
    head = [render_headline(result, group), *whose, "", *table, *unit]
    return "\n".join([*head, "", *tail] if tail else head)


def _short_block(
    result: SpecResult, group: Sequence[Verdict], findings: Sequence[Finding], _: Sequence[str]
) -> str:
    wrong = [v for v in group if _is_wrong(result, v)]
    offences = [f"  {render_offence(v)}" for v in wrong]
    return "\n".join([render_headline(result, group), *offences, *map(_cause, findings)])


def _noticed(whole: float, entry: float) -> str:
    sizes = f"{render_number(whole, '.0e')} of the whole gradient"
    return f"  Would have noticed: {sizes}, {render_number(entry, '.0e')} in one entry."


def render_headline(result: SpecResult, group: Sequence[Verdict]) -> str:
    """Return the place, the array, and who is wrong about it."""
    wrong = _wrong_or_open(result, group)
    worst = "is wrong" if wrong[0].status is Status.DISAGREE else "is undecided"
    phrase = render_parties([verdict.party for verdict in wrong])
    subject = f"{render_subject(group[0]).rstrip(',')}, {phrase}, {worst}"
    return f"{render_place(result, _first_placed(result, group))}  {subject}"


def _wrong_or_open(result: SpecResult, group: Sequence[Verdict]) -> list[Verdict]:
    news = [verdict for verdict in group if is_news(result, verdict)]
    return [v for v in news if v.status is Status.DISAGREE] or news


def _first_placed(result: SpecResult, group: Sequence[Verdict]) -> Finding | None:
    """Return the finding that says where an array is wrong, None if none does."""
    parties = {verdict.party for verdict in _wrong_or_open(result, group)}
    mine = [f for f in result.findings if f.party in parties and f.of == group[0].of and f.mark]
    at = sorted(mine, key=lambda finding: not _is_about(finding, _array(group[0])))
    return next(iter(at), None)


def _whose(result: SpecResult, finding: Finding | None) -> list[str]:
    """Return a line that says which spec or test it is, where the place is one in code."""
    mark = None if finding is None else finding.mark
    if mark is None or (mark.line == result.line and mark.file == result.path):
        return []
    in_spec = mark.file == result.path and not mark.file.endswith(PYTHON)
    return [] if in_spec else [f"  in {render_place(result)}, {result.title}"]


def _finding_block(result: SpecResult, finding: Finding) -> str:
    named = (
        f"`{finding.of}`" if finding.of else "",
        render_parties([finding.party] * bool(finding.party)),
    )
    head = f"{render_place(result, finding)}  {', '.join(filter(None, named))}"
    return "\n".join([head, *_whose(result, finding), "", render_finding(finding)])


def _missing_block(result: SpecResult, missing: Mapping[str, str]) -> str:
    about = ", ".join(f"{key} {value}" for key, value in missing.items() if key != "code" and value)
    detail = f" ({about})" if about else ""
    return (
        f"{render_place(result)}  the finding `{missing['code']}`{detail} is listed, "
        f"and nothing of the kind was found\n\n"
        f"  Mend the spec's `findings`, or say why the party is right after all."
    )
