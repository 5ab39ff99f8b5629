"""The JSON report: a record in the terms of the interface, and that interface's schema."""

import json
import re
from collections.abc import Sequence
from math import isfinite, isnan
from typing import Final, cast

from pydantic_core import PydanticSerializationError

from gradverify.baseline.compared import Compared, Known, Regression, SpecCompared
from gradverify.errors import Mark
from gradverify.report import json_models as models
from gradverify.report.record import WORSE, Record, exit_code, summarise
from gradverify.verdict.fingerprint import Fingerprint
from gradverify.verdict.verdict import Detail, Finding, SpecResult, Verdict, Worst

STEERING: Final = re.compile("[\x7f-\x9f]")
"""What steers a terminal, and may stand in JSON as it is."""


def render_json(record: Record) -> str:
    """Return the report as strict JSON: what is not finite is a word."""
    report = build_report(record)
    try:
        text = report.model_dump_json(indent=2)
    except PydanticSerializationError:  # of a file's name that UTF-8 has not
        text = json.dumps(report.model_dump(mode="json"), indent=2, ensure_ascii=False)
        text = text.encode("utf-8", "backslashreplace").decode("utf-8")  # as JSON writes it, too
    return STEERING.sub(lambda found: f"\\u{ord(found[0]):04x}", text) + "\n"


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
        seed=record.seed,
        environment=dict(record.environment),
        baseline=None if record.baseline is None else _baseline(record.baseline),
        specs=tuple(_spec(result, record) for result in record.results),
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
        stopped=record.stopped,
        exit_code=exit_code(summary),
        regressions=summary.regressions,
        worse=summary.outcomes.get(WORSE, 0),
        excused=summary.excused,
        gone=summary.gone,
        shard=None if record.shard is None else "{}/{}".format(*record.shard),
        elsewhere=summary.elsewhere,
        selected=record.total,
        cached=summary.cached,
    )


def _spec(result: SpecResult, record: Record) -> models.Spec:
    compared = record.compared.get(result.id, SpecCompared())
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
        again=record.again.get(result.id, ""),
        gradients=tuple(map(_gradient, result.prints)),
        new=compared.is_new,
        known=compared.excused,
        regressions=tuple(map(_regression, compared.regressions)),
        known_findings=tuple(map(_known, compared.known)),
        gone=compared.gone,
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
        slack=_number(verdict.slack),
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


def _gradient(shown: Fingerprint) -> models.Gradient:
    return models.Gradient(
        party=shown.party,
        kind=shown.kind,
        of=shown.of,
        at=shown.at,
        shape=shown.shape,
        dtype=shown.dtype,
        size=shown.size.hex(),
        nonfinite=shown.nonfinite,
        projections=tuple(value.hex() for value in shown.projections),
        probes=tuple(models.Probe(index=k, value=value.hex()) for k, value in shown.probes),
    )


def _regression(item: Regression) -> models.Regression:
    return models.Regression(
        change=item.change,
        party=item.party,
        of=item.of,
        at=item.at,
        message=item.message,
        times=_number(item.times),
        location=None if item.mark is None else _location(item.mark),
        index=item.index,
        before=None if item.before is None else _number(item.before),
        now=None if item.now is None else _number(item.now),
        code=item.code,
    )


def _known(item: Known) -> models.KnownFinding:
    return models.KnownFinding(
        code=item.code,
        party=item.party,
        of=item.of,
        at=item.at,
        first_seen=item.first_seen,
        expires=item.expires,
        reason=item.reason,
    )


def _baseline(compared: Compared) -> models.Baseline:
    changes = (
        models.VersionChange(name=name, before=before, now=now)
        for name, before, now in compared.environment
    )
    return models.Baseline(
        path=compared.path,
        environment=tuple(changes),
        gone=compared.gone,
        prune=compared.prune,
        update=compared.update,
    )
