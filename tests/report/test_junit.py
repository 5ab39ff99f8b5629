"""The JUnit report is well-formed XML whatever the specs hold, and counts its cases."""

from dataclasses import replace
from math import nan
from xml.etree import ElementTree as ET

from gradverify.report.junit import render_junit
from gradverify.report.record import Record
from gradverify.verdict.verdict import SpecResult, Worst

ONE = """\
<?xml version='1.0' encoding='utf-8'?>
<testsuites name="gradverify" tests="1" failures="0" errors="1" skipped="0">
  <testsuite name="specs/b.grad.yaml" time="0.250000" tests="1" failures="0" errors="1" skipped="0">
    <testcase classname="specs/b.grad.yaml::Not a spec" name="findings" time="0.250000">
      <properties>
        <property name="gradverify.seed" value="7" />
        <property name="gradverify.document" value="001_0eb052d2bd9fffb2" />
      </properties>
      <error message="Not a spec: broken">FAULT</error>
    </testcase>
  </testsuite>
</testsuites>
"""


def parse(text: str) -> ET.Element:
    return ET.fromstring(text.encode())  # noqa: S314 - it is our own


def test_one_spec_makes_this_text(broken: SpecResult) -> None:
    again = "gradverify run specs/b.grad.yaml"
    text = ONE.replace("FAULT", f"{broken.faults[0]}\n\n  Again: {again}")
    assert render_junit(Record(results=(broken,), again={broken.id: again})) == text


def test_a_suite_is_a_file_and_a_case_is_a_party_and_an_array(record: Record) -> None:
    root = parse(render_junit(record))
    assert [suite.get("tests") for suite in root] == ["10", "1"]
    names = [case.get("name") for case in root[0].iter("testcase")]
    assert names[5:] == [
        "rules: gradient of w1",
        "torch: gradient of w1",
        "derived: gradient of w1",
        "jax",
        "findings",
    ]


def test_only_what_the_spec_does_not_expect_is_a_failure(record: Record) -> None:
    root = parse(render_junit(record))
    failed = [
        case.get("name") for case in root.iter("testcase") if case.find("failure") is not None
    ]
    assert failed == ["derived: gradient of w1", "findings"]
    assert root.get("failures") == "2"
    assert root.get("skipped") == "2"


def test_the_failure_of_a_party_has_its_cause_and_the_command(record: Record, again: str) -> None:
    root = parse(render_junit(record))
    (case,) = (
        c
        for c in root[0].findall("testcase")
        if c[-1].tag == "failure" and "w1" in c.attrib["name"]
    )
    text = case[-1].text or ""
    assert "  mask-from-wrong-variable: `grad_h` is masked where" in text
    assert text.endswith(f"\n  Again: {again}")


def test_control_characters_and_nan_are_written_out(failed: SpecResult) -> None:
    derived = replace(failed.comparisons[2], error=nan, worst=Worst((0,), nan, 1.0))
    title = "a \x1b[31m title \ud800 \ufffe & <tag>"
    text = render_junit(Record(results=(replace(failed, title=title, comparisons=(derived,)),)))
    root = parse(text)
    values = {p.get("name"): p.get("value") for p in root.iter("property")}
    assert values["gradverify.error"] == "nan"
    messages = [failure.get("message") for failure in root.iter("failure")]
    assert messages[1] == "a \\x1b[31m title \\xd800 \\xfffe & <tag>: failed"


def test_what_the_baseline_knows_is_no_failure_and_what_moved_is_one(against: Record) -> None:
    root = parse(render_junit(against))
    failed = [
        (c.get("classname"), c.get("name"))
        for c in root.iter("testcase")
        if c.find("failure") is not None
    ]
    assert failed == [(against.results[0].id, "baseline")]
    assert (root.get("failures"), root.get("tests")) == ("1", "12")
    (message,) = (failure.get("message") for failure in root.iter("failure"))
    assert message is not None
    assert message.startswith("Expected: 1 new or worse: gradient-moved: the gradient of `loss`")
    known = [
        p.get("value") or "" for p in root.iter("property") if p.get("name") == "gradverify.known"
    ]
    assert len(known) == 2
    assert known[0].endswith("accepted until 2027-01-31, because see issue 12")
