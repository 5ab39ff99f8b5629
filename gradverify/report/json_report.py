"""The JSON report: a record in the terms of the interface, and that interface's schema."""

import json
from collections.abc import Sequence
from math import isfinite, isnan
from typing import cast

from gradverify.errors import Mark
from gradverify.report import json_models as models
from gradverify.report.record import Record, exit_code, summarise
from gradverify.verdict.verdict import Detail, Finding, SpecResult, Verdict, Worst


def render_json(record: Record) -> str:
    """Return the report as strict JSON: what is not finite is a word."""
    return build_report(record).model_dump_json(indent=2) + "\n"


def schema_text() -> str:
    """Return the JSON Schema, draft 2020-12, that every report satisfies."""
    schema = models.Report.model_json_schema(mode="serialization")
    head = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:gradverify:report:{models.VERSION}",
    }
    return json.dumps(head | schema, indent=2, sort_keys=False) + "\n"


def build_report(record: Record) -> models.Report:
    """Return the record in the terms of the interface."""
    return models.Report(
        version=models.VERSION,
        summary=_summary(record),
        environment=dict(record.environment),
        specs=tuple(_spec(r, record.again.get(r.id, "")) for r in record.results),
    )


def _number(value: float) -> models.Number:
    if isfinite(value):
        return float(value)
    if isnan(value):
        return "NaN"
    return "Infinity" if value > 0 else "-Infinity"


def _detail(value: Detail | Sequence[int]) -> models.Detail:
    if isinstance(value, float):
        return _number(value)
    return value if isinstance(value, str | int | None) else tuple(value)


def _summary(record: Record) -> models.Summary:
    summary = summarise(record)
    return models.Summary(
        specs=summary.specs,
        passed=summary.passed,
        failed=summary.failed,
        undecided=summary.undecided,
        broken=summary.broken,
        comparisons_made=summary.made,
        comparisons_possible=summary.possible,
        expected_findings=summary.expected_findings,
        seconds=summary.seconds,
        interrupted=summary.interrupted,
        exit_code=exit_code(summary),
    )


def _spec(result: SpecResult, again: str) -> models.Spec:
    return models.Spec(
        id=result.id,
        path=result.path,
        line=result.line,
        title=result.title,
        document=result.document,
        status=cast("models.SpecStatus", result.status),  # pydantic looks whether it is one
        seconds=result.seconds,
        seed=result.seed,
        comparisons_possible=result.possible,
        oracles=tuple(
            models.Oracle(name=a.name, status=a.status.value, reason=a.reason)
            for a in result.oracles
        ),
        comparisons=tuple(map(_comparison, result.comparisons)),
        findings=tuple(map(_finding, result.findings)),
        missing=tuple(
            models.MissingFinding(
                code=m["code"], party=m.get("party") or None, of=m.get("of") or None
            )
            for m in result.missing
        ),
        sensitivity={
            name: models.Sensitivity(whole=_number(s.whole), entry=_number(s.entry))
            for name, s in result.sensitivity.items()
        },
        faults=result.faults,
        again=again,
    )


def _comparison(verdict: Verdict) -> models.Comparison:
    return models.Comparison(
        party=verdict.party,
        kind=verdict.kind,
        of=verdict.of,
        verdict=verdict.status.value,
        error=_number(verdict.error),
        allowed=_number(verdict.allowed),
        because=verdict.because,
        worst=None if verdict.worst is None else _worst(verdict.worst),
        at=verdict.at,
    )


def _worst(worst: Worst) -> models.Worst:
    claimed, true = _number(worst.claimed), _number(worst.true)
    return models.Worst(index=worst.index, claimed=claimed, true=true)


def _finding(finding: Finding) -> models.Finding:
    return models.Finding(
        code=finding.code,
        severity=finding.severity.value,
        party=finding.party,
        of=finding.of,
        expected=finding.expected,
        message=finding.message,
        advice=finding.advice,
        location=None if finding.mark is None else _location(finding.mark),
        details={name: _detail(value) for name, value in finding.details.items()},
        at=finding.at,
    )


def _location(mark: Mark) -> models.Location:
    return models.Location(path=mark.file, line=mark.line, column=mark.column)
