"""The SARIF report satisfies the schema of SARIF 2.1.0, and has what somebody must look at.

`sarif-schema-2.1.0.json` is the schema of OASIS, errata 01, as its `id` says:
https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json.
"""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import jsonschema
import pytest

from gradverify.errors import Mark
from gradverify.report.record import Record
from gradverify.report.sarif import render_sarif
from gradverify.verdict.verdict import Severity, SpecResult, Status

SCHEMA: Final = json.loads(
    Path(__file__).with_name("sarif-schema-2.1.0.json").read_text(encoding="utf-8")
)

TITLE: Final = "Two layers by hand: "
BECAUSE: Final = "rounding of 5 steps in float64"
NOBODY: Final = "and nobody made it"
W1: Final = "the gradient of `loss` by `w1`"
B1: Final = "the gradient of `loss` by `b1`"
OFF: Final = "off by 7.3e-01 at [0, 14]: derived -12.41, true 3.07"


def run_of(record: Record) -> Any:
    log = json.loads(render_sarif(record))
    jsonschema.validate(log, SCHEMA)
    (run,) = log["runs"]
    return run


def result_of(result: SpecResult) -> Any:
    (found,) = run_of(Record(results=(result,)))["results"]
    return found


def test_the_schema_is_that_of_oasis_and_refuses_what_it_does_not_know(record: Record) -> None:
    assert SCHEMA["id"].startswith("https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/")
    log = json.loads(render_sarif(record))
    log["runs"][0]["results"][0]["level"] = "bad"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(log, SCHEMA)


def test_an_unexpected_finding_and_a_fault_are_results_and_an_expected_one_is_not(
    record: Record,
) -> None:
    run = run_of(record)
    assert [result["ruleId"] for result in run["results"]] == [
        "mask-from-wrong-variable",
        "spec-broken",
    ]
    assert run["invocations"] == [{"executionSuccessful": False, "exitCode": 2}]
    assert run["automationDetails"] == {"id": "gradverify/"}


def test_every_rule_that_occurs_is_described_once_and_indexed(record: Record) -> None:
    run = run_of(record)
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == ["mask-from-wrong-variable", "spec-broken"]
    assert [rules[r["ruleIndex"]]["id"] for r in run["results"]] == [
        result["ruleId"] for result in run["results"]
    ]
    assert rules[0]["shortDescription"]["text"].endswith("wrong variable is positive.")
    assert "**What to do.** relu passes" in rules[0]["help"]["markdown"]


def test_a_finding_is_at_its_mark_and_related_to_its_spec(failed: SpecResult) -> None:
    found = result_of(failed)
    (location,) = found["locations"]
    assert location["physicalLocation"] == {
        "artifactLocation": {"uri": failed.path, "uriBaseId": "SRCROOT"},
        "region": {"startLine": 31, "startColumn": 7},
    }
    (related,) = found["relatedLocations"]
    assert related["physicalLocation"]["region"]["startLine"] == 2
    assert related["message"] == {"text": "Two layers by hand"}


def test_a_path_is_percent_encoded_and_relative_to_the_current_folder(
    failed: SpecResult, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for file, uri in (
        (str(tmp_path / "my ops" / "a:é.py"), "my%20ops/a%3A%C3%A9.py"),
        ("/else where/b.py", "file:///else%20where/b.py"),
    ):
        finding = replace(failed.findings[0], mark=Mark(file, 3, 1, ""))
        found = result_of(replace(failed, findings=(finding,)))
        assert found["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == uri


def test_a_fault_is_at_the_place_that_it_names(broken: SpecResult) -> None:
    region = result_of(broken)["locations"][0]["physicalLocation"]["region"]
    assert region == {"startLine": 5, "startColumn": 3}
    elsewhere = replace(broken, faults=("an oracle died",))
    region = result_of(elsewhere)["locations"][0]["physicalLocation"]["region"]
    assert region == {"startLine": 2, "startColumn": 1}


def test_severity_is_the_level(failed: SpecResult) -> None:
    for severity in Severity:
        finding = replace(failed.findings[0], severity=severity)
        found = result_of(replace(failed, findings=(finding,)))
        assert found["level"] == severity.value


def test_a_missing_finding_a_disagreement_and_what_is_undecided_are_results(
    failed: SpecResult,
) -> None:
    open_ = [replace(v, status=Status.UNDECIDED, of="b1") for v in failed.comparisons[:2]]
    result = replace(
        failed,
        findings=(),
        missing=({"code": "kink", "party": "torch", "of": "w1"},),
        comparisons=(*failed.comparisons, *open_),
    )
    results = run_of(Record(results=(result,)))["results"]
    told = [(r["ruleId"], r["message"]["text"].partition("\n")[0]) for r in results]
    assert told == [
        ("finding-missing", f"{TITLE}the finding `kink` of `w1`, by torch, is listed, {NOBODY}"),
        ("disagreement", f"{TITLE}{W1}, as derived, is wrong: {OFF}"),
        ("undecided", f"{TITLE}{B1}, by rules and torch, is undecided: {BECAUSE}"),
    ]


def test_fingerprints_stay_when_lines_move_and_tell_results_apart(failed: SpecResult) -> None:
    finding = failed.findings[0]
    moved = replace(finding, mark=Mark(failed.path, 99, 1, ""))
    other = replace(finding, of="w2")
    runs = [
        run_of(Record(results=(replace(failed, findings=(f,)),))) for f in (finding, moved, other)
    ]
    prints = [run["results"][0]["partialFingerprints"] for run in runs]
    assert prints[0] == prints[1]
    assert prints[0] != prints[2]
    twice = run_of(Record(results=(replace(failed, findings=(finding, finding)),)))["results"]
    assert len({r["partialFingerprints"]["gradverify/v1"] for r in twice}) == 2


def test_against_a_baseline_what_is_known_is_suppressed_and_what_moved_is_new(
    against: Record,
) -> None:
    run = run_of(against)
    moved, known = run["results"]
    assert (moved["ruleId"], moved["baselineState"]) == ("gradient-moved", "new")
    assert "[0, 14] was 3.07 and is 1.53" in moved["message"]["text"]
    assert "suppressions" not in moved
    assert (known["ruleId"], known["baselineState"]) == ("mask-from-wrong-variable", "unchanged")
    assert known["suppressions"] == [
        {"kind": "external", "status": "accepted", "justification": "see issue 12"}
    ]
    assert run["invocations"] == [{"executionSuccessful": True, "exitCode": 1}]


def test_a_shard_has_a_name_of_its_own(record: Record) -> None:
    run = run_of(replace(record, shard=(2, 8)))
    assert run["automationDetails"] == {"id": "gradverify/2-of-8/"}


def test_nobody_writes_links_into_messages(failed: SpecResult) -> None:
    found = result_of(replace(failed, title="[click](https://example.org)"))
    assert "](" not in found["message"]["text"]


def test_a_code_that_only_a_later_version_has_is_a_rule_without_a_page(failed: SpecResult) -> None:
    finding = replace(failed.findings[0], code="not-invented-yet")
    run = run_of(Record(results=(replace(failed, findings=(finding,)),)))
    assert run["tool"]["driver"]["rules"] == [
        {"id": "not-invented-yet", "shortDescription": {"text": "not-invented-yet"}}
    ]
