"""The JUnit report: a test suite a spec file, a test case a party and array."""

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Final
from xml.etree import ElementTree as ET

from gradverify.baseline.compared import SpecCompared
from gradverify.report.differences import render_known
from gradverify.report.failure import findings_of, render_again, render_failure, render_finding
from gradverify.report.record import Record, is_expected
from gradverify.report.rows import render_offence
from gradverify.report.subjects import render_subject
from gradverify.verdict.verdict import Answer, SpecResult, Status, Verdict

NOT_XML: Final = re.compile("[^\t\n\u0020-\u007e\u00a0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
COUNTED: Final = ("failure", "error", "skipped")


def render_junit(record: Record) -> str:
    """Return the report as JUnit XML; characters that XML 1.0 lacks are written out."""
    root = ET.Element("testsuites", name="gradverify")
    for path, results in groupby(record.results, key=lambda result: result.path):
        root.append(_suite(path, tuple(results), record))
    _count(root)
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def xml_text(text: str) -> str:
    r"""Return the text with what XML 1.0 cannot hold or keep, or steers, written out, as \x1b."""
    return NOT_XML.sub(lambda found: f"\\x{ord(found[0]):02x}", text)


def _suite(path: str, results: tuple[SpecResult, ...], record: Record) -> ET.Element:
    seconds = sum(result.seconds for result in results)
    suite = ET.Element("testsuite", name=xml_text(path), time=f"{seconds:.6f}")
    _add_properties(suite, record.environment)
    for result in results:
        cases = tuple(_cases(result, record.again.get(result.id, "")))
        compared = record.compared.get(result.id)
        suite.extend(cases if compared is None else _against(result, cases, compared, record))
    return suite


def _cases(result: SpecResult, again: str) -> Iterator[ET.Element]:
    yield from (_verdict_case(result, verdict, again) for verdict in result.comparisons)
    yield from (_silent_case(result, a) for a in result.oracles if _is_silent(result, a))
    yield _spec_case(result, again)


def _against(
    result: SpecResult, cases: Sequence[ET.Element], compared: SpecCompared, record: Record
) -> Iterator[ET.Element]:
    """Yield the cases, of which those that the baseline excuses do not fail, and one of its own."""
    if compared.excused:
        for case in cases:
            _excuse(case, render_known(record, result))
    yield from cases
    case = _case(result, "baseline")
    _add_properties(case, {f"gone.{k}": text for k, text in enumerate(compared.gone, 1)})
    if compared.regressions:
        told = [f"{item.change}: {item.message}" for item in compared.regressions]
        message = f"{result.title}: {len(told)} new or worse: {told[0]}"
        text = "\n".join([*told, render_again(record.again.get(result.id, ""))])
        _add_child(case, "failure", message, text)
    yield case


def _excuse(case: ET.Element, known: str) -> None:
    for failure in case.findall("failure"):
        case.remove(failure)
        _add_properties(case, {"known": known})


def _is_silent(result: SpecResult, answer: Answer) -> bool:
    compared = any(verdict.party == answer.name for verdict in result.comparisons)
    return not compared and answer.status in {Status.UNSUPPORTED, Status.BROKEN}


def _case(result: SpecResult, name: str, seconds: float = 0.0) -> ET.Element:
    return ET.Element(
        "testcase", classname=xml_text(result.id), name=xml_text(name), time=f"{seconds:.6f}"
    )


def _verdict_case(result: SpecResult, verdict: Verdict, again: str) -> ET.Element:
    where = f", {verdict.at}" if verdict.at else ""
    case = _case(result, f"{verdict.party}: {verdict.kind} of {verdict.of}{where}")
    numbers = {"error": str(verdict.error), "allowed": str(verdict.allowed)}
    _add_properties(case, {**numbers, "because": verdict.because, "verdict": verdict.status.value})
    expected = verdict.status is Status.DISAGREE and is_expected(result, verdict)
    if not expected and verdict.status is not Status.AGREE:
        causes = map(render_finding, findings_of(result, verdict))
        text = "\n".join([verdict.because, *causes, render_again(again)])
        _add_outcome(case, verdict.status, _sentence(verdict), text)
    return case


def _sentence(verdict: Verdict) -> str:
    offence = "" if verdict.worst is None else f", {render_offence(verdict)}"
    return f"{render_subject(verdict)}, {verdict.party}: {verdict.status.value}{offence}"


def _silent_case(result: SpecResult, answer: Answer) -> ET.Element:
    case = _case(result, answer.name)
    _add_outcome(case, answer.status, answer.reason, answer.reason)
    return case


def _spec_case(result: SpecResult, again: str) -> ET.Element:
    case = _case(result, "findings", result.seconds)
    _add_properties(case, {"seed": str(result.seed), "document": result.document or ""})
    if result.status != "passed":
        tag = "error" if result.status == "broken" else "failure"
        _add_child(case, tag, f"{result.title}: {result.status}", render_failure(result, again))
    return case


def _add_outcome(case: ET.Element, status: Status, message: str, text: str) -> None:
    if status is Status.UNSUPPORTED:
        _add_child(case, "skipped", message, text)
    else:
        _add_child(case, "error" if status is Status.BROKEN else "failure", message, text)


def _add_child(case: ET.Element, tag: str, message: str, text: str) -> None:
    child = ET.SubElement(case, tag, message=xml_text(message))
    child.text = xml_text(text)


def _add_properties(element: ET.Element, values: Mapping[str, str]) -> None:
    if values:
        properties = element.find("properties")
        if properties is None:
            properties = ET.SubElement(element, "properties")
        for name, value in values.items():
            _ = ET.SubElement(
                properties, "property", name=f"gradverify.{name}", value=xml_text(value)
            )


def _count(root: ET.Element) -> None:
    for element in (root, *root.findall("testsuite")):
        element.set("tests", str(len(list(element.iter("testcase")))))
        for tag in COUNTED:
            element.set(f"{tag}s" if tag != "skipped" else tag, str(len(list(element.iter(tag)))))
