"""The result of a spec: what was found, held against what the spec says is to be found."""

import traceback
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from gradverify.errors import SpecErrors
from gradverify.oracles.table import oracle_names
from gradverify.run.options import Options
from gradverify.spec.model import FindingModel
from gradverify.spec.spec import Spec
from gradverify.verdict.parties import CLAIMING, MEASURED
from gradverify.verdict.verdict import Finding, Severity, SpecResult, Status

if TYPE_CHECKING:  # whoever has only results from a cache to tell of needs none of it
    from gradverify.run.judge import Judged

NOTHING: Final = "nothing was compared: no oracle answered, or the spec has nothing to compare"


def concluded(spec: Spec, judged: "Judged", options: Options) -> SpecResult:
    """Return the result of a spec that was run."""
    silent = {a.name for a in judged.oracles if a.status is Status.UNSUPPORTED}
    findings, missing = against(spec, judged.assessment.findings, options.oracles, silent)
    faults = [a.reason for a in judged.oracles if a.status is Status.BROKEN]
    faults += [] if judged.assessment.verdicts else [NOTHING]
    faults += [judged.interrupted] if judged.interrupted else []
    faults += judged.faults
    return replace(
        _blank(spec, options.seed_of(spec), 0.0),
        status=status_of(judged, findings, missing),
        oracles=judged.oracles,
        comparisons=judged.assessment.verdicts,
        possible=judged.possible,
        findings=findings,
        missing=missing,
        sensitivity=judged.assessment.sensitivity,
        faults=tuple(faults),
        interrupted=bool(judged.interrupted),
        prints=judged.prints,
    )


def faulty(spec: Spec, faults: Sequence[str], seed: int, seconds: float) -> SpecResult:
    """Return the result of a spec that could not be run to its end, and why."""
    return replace(_blank(spec, seed, seconds), faults=tuple(faults))


def own_fault(error: Exception) -> str:
    """Return what to say where gradverify itself fails, and the end of the trace."""
    lines = traceback.format_exception(error)
    return f"gradverify itself failed here; please report it:\n{''.join(lines[-4:])}"


def unreadable(path: str, errors: SpecErrors, seconds: float) -> SpecResult:
    """Return the result of a file that holds no specs for its faults."""
    line = errors.errors[0].mark.line if errors.errors else 1
    faults = tuple(error.render() for error in errors.errors)
    return SpecResult(
        id=path, path=path, line=line, title="", document=None, status="broken",
        seconds=seconds, oracles=(), comparisons=(), possible=0, findings=(), missing=(),
        sensitivity={}, faults=faults, seed=0,
    )  # fmt: skip


def _blank(spec: Spec, seed: int, seconds: float) -> SpecResult:
    return SpecResult(
        id=spec.id, path=spec.path, line=spec.mark().line, title=spec.title,
        document=spec.model.document, status="broken", seconds=seconds, oracles=(),
        comparisons=(), possible=0, findings=(), missing=(), sensitivity={}, faults=(), seed=seed,
    )  # fmt: skip


def against(
    spec: Spec,
    findings: Sequence[Finding],
    asked: Sequence[str] | None = None,
    silent: Collection[str] = (),
) -> tuple[tuple[Finding, ...], tuple[Mapping[str, str], ...]]:
    """Return the findings, those that the spec lists marked so, and the listed ones nobody made.

    `asked` names the oracles that were chosen, None if all were, and `silent` those that could not
    answer: what is listed of an oracle that there is, and that took no part, is not looked for.
    """
    listed = spec.model.findings
    if listed:
        unasked = set[str]() if asked is None else {*oracle_names()} - {*asked, *CLAIMING}
        listed = [item for item in listed if item.party not in unasked.union(silent)]
    marked = tuple(replace(f, expected=any(_fits(item, f) for item in listed)) for f in findings)
    missing = [item for item in listed if not any(_fits(item, found) for found in findings)]
    return marked, tuple(
        {"code": item.code, "party": item.party or "", "of": item.of or ""} for item in missing
    )


def _fits(item: FindingModel, found: Finding) -> bool:
    named = item.party in {None, found.party} and item.of in {None, found.of}
    return item.code == found.code and named


def _unexplained(judged: "Judged", errors: Sequence[Finding]) -> bool:
    """Whether somebody disagrees, and no finding says why.

    Where values part, one finding names the forward pass that is alone, whoever disagrees with it.
    A finding of no variable, such as `not-deterministic`, is about all that its party says.
    """
    told = {(f.party, f.of) for f in errors}
    variables = {f.of for f in errors}
    wrong = (v for v in judged.assessment.verdicts if v.status is Status.DISAGREE)
    return any(
        v.of not in variables
        if v.kind == "value"
        else told.isdisjoint({(v.party, v.of), (v.party, "")})
        for v in wrong
    )


def status_of(
    judged: "Judged", findings: Sequence[Finding], missing: Sequence[Mapping[str, str]]
) -> str:
    """Return what a spec comes to: the gravest thing that is true of it."""
    errors = [f for f in findings if f.severity is Severity.ERROR]
    if missing or not all(f.expected for f in errors) or _unexplained(judged, errors):
        return "failed"
    stopped = judged.interrupted or judged.faults
    if stopped or any(a.status is Status.BROKEN for a in judged.oracles):
        return "broken"
    if not judged.assessment.verdicts:
        return "undecided"
    # differences that cannot tell leave a gradient undecided only if nothing else vouches for it,
    # and then every other party is undecided, too
    statuses = {v.status for v in judged.assessment.verdicts if v.party != MEASURED}
    return "undecided" if Status.UNDECIDED in statuses else "passed"
