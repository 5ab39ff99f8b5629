"""A JSON report becomes the record again that it was written from."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, final

from pydantic import ValidationError

from gradverify.baseline.compared import Compared, Known, Regression, SpecCompared
from gradverify.errors import GradverifyError, Mark
from gradverify.report import json_models as models
from gradverify.report.record import Record
from gradverify.verdict.fingerprint import Fingerprint
from gradverify.verdict.verdict import (
    Answer,
    Detail,
    Finding,
    Sensitivity,
    Severity,
    SpecResult,
    Status,
    Verdict,
    Worst,
)

LONGEST_WORD: Final = len("false")


@final
class NotAReportError(GradverifyError):
    """A file that is no report of gradverify's, or not a whole one."""

    def __init__(self, path: Path, problem: str, advice: str = "") -> None:
        super().__init__(f"{path}: {problem}{'. ' if advice else ''}{advice}")


def read_report(path: Path) -> Record:
    """Return the record that a file was written from, but for the source lines of its marks.

    Raises:
        NotAReportError: for a file that cannot be read, is not JSON, is cut off, is something
            else, or is of another version.
    """
    document = _document(path)
    if not {"version", "summary", "specs"} <= document.keys():
        hint = "`gradverify run --report json=PATH` writes one"
        raise NotAReportError(path, "not a JSON report of gradverify", hint)
    version = document["version"]
    if version != models.VERSION:
        problem = f"a report of version {version!r}, and this gradverify reads {models.VERSION}"
        raise NotAReportError(path, problem, "Write and read it with one version of gradverify")
    try:
        return record_of_report(models.Report.model_validate(document))
    except ValidationError as error:
        raise NotAReportError(path, _first(error), "Write the report again") from error


def _document(path: Path) -> Mapping[str, object]:
    """Return the JSON object of a file, one without keys where the JSON is something else."""
    document = _json(path)
    return document if isinstance(document, dict) else {}  # pyright: ignore[reportUnknownVariableType] # the model looks at what is in it


def _json(path: Path) -> Any:
    try:
        text = path.read_text("utf-8")
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise NotAReportError(path, f"cannot be read: {reason}") from error
    except UnicodeDecodeError as error:
        raise NotAReportError(path, f"not UTF-8, at byte {error.start}") from error
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise NotAReportError(path, _not_json(text, error)) from error
    except RecursionError as error:
        raise NotAReportError(path, "not a report: it nests deeper than any") from error


def _not_json(text: str, error: json.JSONDecodeError) -> str:
    if not text.strip():
        return "empty: the run that was to write it did not come to its end"
    is_cut = error.pos > len(text.rstrip()) - LONGEST_WORD or "Unterminated" in error.msg
    if text.lstrip().startswith("{") and is_cut:
        return f"half a report: it ends at line {len(text.splitlines())}, in the middle of the JSON"
    return f"not JSON: {error.msg}, at line {error.lineno}, column {error.colno}"


def _first(error: ValidationError) -> str:
    found = error.errors(include_url=False, include_input=False)
    where = ".".join(map(str, found[0]["loc"]))
    more = f", and {len(found) - 1} more faults" if len(found) > 1 else ""
    return f"not a whole report: {where}: {found[0]['msg']}{more}"


def record_of_report(report: models.Report) -> Record:
    """Return the record that a report was built from."""
    summary, compared = report.summary, {spec.id: _compared(spec) for spec in report.specs}
    return Record(
        results=tuple(map(_result, report.specs)),
        total=summary.selected,
        seed=report.seed,
        environment=report.environment,
        seconds=summary.seconds,
        interrupted=summary.interrupted,
        stopped=summary.stopped,
        again={spec.id: spec.again for spec in report.specs},
        compared={} if report.baseline is None else compared,
        baseline=None if report.baseline is None else _baseline(report.baseline),
        shard=None if summary.shard is None else _shard(summary.shard),
        elsewhere=summary.elsewhere,
        cached=summary.cached,
    )


def _shard(text: str) -> tuple[int, int]:
    number, _, count = text.partition("/")
    return int(number), int(count)


def _number(value: models.Number) -> float:
    return float(value)  # Python reads the three words, too


def _result(spec: models.Spec) -> SpecResult:
    return SpecResult(
        id=spec.id,
        path=spec.path,
        line=spec.line,
        title=spec.title,
        document=spec.document,
        status=spec.status,
        seconds=spec.seconds,
        oracles=tuple(Answer(a.name, Status(a.status), a.reason) for a in spec.oracles),
        comparisons=tuple(map(_verdict, spec.comparisons)),
        possible=spec.comparisons_possible,
        findings=tuple(map(_finding, spec.findings)),
        missing=tuple(map(_missing, spec.missing)),
        sensitivity={
            name: Sensitivity(_number(s.whole), _number(s.entry))
            for name, s in spec.sensitivity.items()
        },
        faults=spec.faults,
        seed=spec.seed,
        prints=tuple(map(_print, spec.gradients)),
    )


def _missing(item: models.MissingFinding) -> Mapping[str, str]:
    return {"code": item.code, "party": item.party or "", "of": item.of or ""}


def _verdict(item: models.Comparison) -> Verdict:
    return Verdict(
        party=item.party,
        kind=item.kind,
        of=item.of,
        status=Status(item.verdict),
        error=_number(item.error),
        allowed=_number(item.allowed),
        because=item.because,
        worst=None if item.worst is None else _worst(item.worst),
        at=item.at,
        slack=_number(item.slack),
    )


def _worst(item: models.Worst) -> Worst:
    return Worst(item.index, _number(item.claimed), _number(item.true))


def _finding(item: models.Finding) -> Finding:
    return Finding(
        code=item.code,
        severity=Severity(item.severity),
        party=item.party,
        of=item.of,
        message=item.message,
        advice=item.advice,
        mark=_mark(item.location),
        details={name: _detail(value) for name, value in item.details.items()},
        expected=item.expected,
        at=item.at,
    )


def _detail(value: models.Detail) -> Detail:
    return float(value) if value in {"NaN", "Infinity", "-Infinity"} else value


def _mark(place: models.Location | None) -> Mark | None:
    return None if place is None else Mark(place.path, place.line, place.column, "")


def _print(item: models.Gradient) -> Fingerprint:
    return Fingerprint(
        party=item.party,
        kind=item.kind,
        of=item.of,
        shape=item.shape,
        dtype=item.dtype,
        size=float.fromhex(item.size),
        nonfinite=item.nonfinite,
        projections=tuple(map(float.fromhex, item.projections)),
        probes=tuple((probe.index, float.fromhex(probe.value)) for probe in item.probes),
        at=item.at,
    )


def _compared(spec: models.Spec) -> SpecCompared:
    return SpecCompared(
        is_new=spec.new,
        excused=spec.known,
        regressions=tuple(map(_regression, spec.regressions)),
        known=tuple(Known(**item.model_dump()) for item in spec.known_findings),
        gone=spec.gone,
    )


def _regression(item: models.Regression) -> Regression:
    return Regression(
        change=item.change,
        party=item.party,
        of=item.of,
        at=item.at,
        message=item.message,
        times=_number(item.times),
        mark=_mark(item.location),
        index=item.index,
        before=None if item.before is None else _number(item.before),
        now=None if item.now is None else _number(item.now),
        code=item.code,
    )


def _baseline(item: models.Baseline) -> Compared:
    return Compared(
        path=item.path,
        environment=tuple((c.name, c.before, c.now) for c in item.environment),
        gone=item.gone,
        prune=item.prune,
        update=item.update,
    )
