"""A report read again is the record that it was written from; what is no report is told so."""

import json
from dataclasses import replace
from math import inf, nan
from pathlib import Path
from typing import Any

import pytest

from gradverify.errors import Mark
from gradverify.report.json_read import NotAReportError, read_report
from gradverify.report.json_report import render_json
from gradverify.report.record import Record
from gradverify.verdict.fingerprint import Fingerprint
from gradverify.verdict.verdict import SpecResult, Worst

PRINT = Fingerprint(
    party="torch",
    kind="gradient",
    of="w1",
    shape=(2, 3),
    dtype="float64",
    size=0.1,
    nonfinite=2,
    projections=(0.1 + 0.2, -0.0),
    probes=((0, 5e-324), (3, inf), (4, -inf)),
    at="tape step 3",
)


def without_source(result: SpecResult) -> SpecResult:
    """Return a result whose marks have lost the lines that they stand in."""
    marks = [f.mark and Mark(f.mark.file, f.mark.line, f.mark.column, "") for f in result.findings]
    findings = zip(result.findings, marks, strict=True)
    return replace(result, findings=tuple(replace(f, mark=mark) for f, mark in findings))


def written(record: Record, path: Path) -> Path:
    _ = path.write_text(render_json(record), "utf-8")
    return path


def test_everything_comes_back(against: Record, broken: SpecResult, tmp_path: Path) -> None:
    verdict = replace(against.results[1].comparisons[2], error=inf, slack=0.25, at="tape step 3")
    finding = replace(
        against.results[1].findings[0],
        mark=None,
        details={"a": inf, "b": 2, "c": True, "d": (0, 3)},
    )
    odd = replace(
        against.results[1],
        id="odd",
        comparisons=(replace(verdict, worst=Worst((), -inf, 1.0)),),
        findings=(finding,),
        missing=({"code": "kink", "party": "", "of": "x"},),
        prints=(PRINT,),
    )
    record = replace(
        against,
        results=tuple(map(without_source, (*against.results, odd, broken))),
        again={name: against.again.get(name, "") for name in [r.id for r in against.results]}
        | {"odd": "gradverify run odd", broken.id: ""},
        compared={r.id: against.compared[r.id] for r in against.results}
        | {"odd": replace(against.compared[against.results[0].id], is_new=True)},
        total=9,
        stopped=True,
        interrupted=True,
        shard=(2, 8),
        elsewhere=3,
        cached=1,
    )
    found = read_report(written(record, tmp_path / "a.json"))
    told = {name: found.compared[name] for name in record.compared}
    assert replace(found, compared=told) == record


def test_a_number_that_is_none_stays_one(failed: SpecResult, tmp_path: Path) -> None:
    verdict = replace(failed.comparisons[2], error=nan)
    record = Record(results=(replace(failed, comparisons=(verdict,)),))
    (result,) = read_report(written(record, tmp_path / "a.json")).results
    assert repr(result.comparisons[0].error) == "nan"


def test_a_report_read_and_written_again_is_the_same_text(against: Record, tmp_path: Path) -> None:
    path = written(against, tmp_path / "a.json")
    assert render_json(read_report(path)) == path.read_text("utf-8")


def test_a_file_name_that_is_not_unicode_survives(failed: SpecResult, tmp_path: Path) -> None:
    record = Record(results=(replace(failed, path="b\udcff.grad.yaml", findings=()),))
    assert read_report(written(record, tmp_path / "a.json")).results[0].path == "b\udcff.grad.yaml"


OTHER = "not a JSON report of gradverify. `gradverify run --report json=PATH` writes one"
ONE_VERSION = "Write and read it with one version of gradverify"


def version(number: object) -> str:
    return json.dumps({"version": number, "summary": {}, "specs": []})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "empty: the run that was to write it did not come to its end"),
        ("<testsuites/>", "not JSON: Expecting value, at line 1, column 1"),
        ('{"version": 1,\n "spe', "half a report: it ends at line 2, in the middle of the JSON"),
        ("[1, 2]", OTHER),
        ('{"runs": []}', OTHER),
        (version(2), f"a report of version 2, and this gradverify reads 1. {ONE_VERSION}"),
        ("[" * 100_000, "not a report: it nests deeper than any"),
    ],
)
def test_what_is_no_report_is_told_in_one_sentence(text: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    _ = path.write_text(text, "utf-8")
    with pytest.raises(NotAReportError) as caught:
        _ = read_report(path)
    assert str(caught.value) == f"{path}: {message}"


def test_a_field_that_is_missing_is_named(record: Record, tmp_path: Path) -> None:
    document: Any = json.loads(render_json(record))
    del document["specs"][0]["title"]
    path = tmp_path / "a.json"
    _ = path.write_text(json.dumps(document), "utf-8")
    with pytest.raises(
        NotAReportError, match=r"not a whole report: specs\.0\.title: Field required"
    ):
        _ = read_report(path)


def test_every_half_of_a_report_is_refused(record: Record, tmp_path: Path) -> None:
    text = render_json(record)
    path = tmp_path / "a.json"
    for cut in range(1, len(text) - 1, 97):
        _ = path.write_text(text[:cut], "utf-8")
        with pytest.raises(NotAReportError, match="half a report"):
            _ = read_report(path)


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(NotAReportError, match="cannot be read: no such file or directory"):
        _ = read_report(tmp_path / "no.json")
    path = tmp_path / "a.json"
    _ = path.write_bytes(b"\xff{}")
    with pytest.raises(NotAReportError, match="not UTF-8, at byte 0"):
        _ = read_report(path)
