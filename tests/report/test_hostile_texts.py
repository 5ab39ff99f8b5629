"""No title, path, name or message of a user's steers what reads a report, of whatever kind."""

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from html.parser import HTMLParser
from types import MappingProxyType
from typing import Final
from xml.etree import ElementTree as ET

import pytest

from gradverify.baseline.compared import SpecCompared
from gradverify.report.console import render_record
from gradverify.report.github import render_github
from gradverify.report.record import Record
from gradverify.report.table import REPORTS, renderer
from gradverify.verdict.verdict import SpecResult

TITLES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "unicode": "∇ Gradient 梯度 🦆 e\u0301",
        "quotes": '"it\'s" `so` \\ \\"',
        "newlines": "one\r\ntwo\n\n# three\n| four |",
        "script": "<script>alert(1)</script><img src=x onerror=alert(1)></pre></details>",
        "cdata": "]]> <![CDATA[ <!-- --> &amp; &#0;",
        "command": "x\n::error::y\n::stop-commands::z\n##[error]w",
        "percent": "%0A%0D%25%3A 100%",
        "ansi": "\x1b[31mred\x1b[0m \x07\x08\x00\x9b2J",
        "half": "\ud800 \udcff \ufffe",
        "bidirectional": "\u202eevil\u202c",
        "long": "long " * 10_000,
    }
)
CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
OURS: Final = frozenset({"code", "pre", "details", "summary", "br"})


@pytest.fixture(params=TITLES)
def hostile(
    request: pytest.FixtureRequest, failed: SpecResult, expected: SpecResult, against: Record
) -> Record:
    """A record in which a user's text is everywhere that one can be."""
    title = TITLES[request.param]
    finding = replace(failed.findings[0], message=title, advice=title, of=title, party=title)
    verdict = replace(failed.comparisons[2], of=title, party=title, because=title)
    bad = replace(
        failed,
        id=f"{failed.path}::{title}",
        title=title,
        findings=(finding,),
        comparisons=(*failed.comparisons, verdict),
        missing=({"code": "kink", "party": title, "of": title},),
        faults=(title,),
    )
    moved = replace(expected, id=title, title=title)
    (change,) = against.compared[against.results[0].id].regressions
    worse = SpecCompared(regressions=(replace(change, message=title, of=title),), gone=(title,))
    return replace(
        against,
        results=(moved, bad),
        again={bad.id: f"run {title}", moved.id: f"run {title}"},
        compared={moved.id: worse},
        environment={"platform": title},
    )


class Tags(HTMLParser):
    """Whatever a browser would take for an element."""

    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep the element, and that it has attributes."""
        self.found |= {tag, *(f"{tag} {name}" for name, _ in attrs)}


@pytest.mark.parametrize("kind", REPORTS)
def test_every_report_can_be_written_and_has_no_control_characters(
    kind: str, hostile: Record
) -> None:
    text = renderer(kind)(hostile)
    assert text.encode("utf-8")
    assert CONTROL.findall(text) == []


def test_json_and_sarif_are_json_and_have_the_title(hostile: Record) -> None:
    assert json.loads(renderer("json")(hostile))["specs"][0]["title"] == hostile.results[0].title
    (run,) = json.loads(renderer("sarif")(hostile))["runs"]
    assert {r["ruleId"] for r in run["results"]} >= {"gradient-moved", "spec-broken"}


def test_junit_is_xml_and_has_no_elements_of_a_users(hostile: Record) -> None:
    root = ET.fromstring(renderer("junit")(hostile).encode())  # noqa: S314 - it is our own
    assert {element.tag for element in root.iter()} <= {
        "testsuites", "testsuite", "testcase", "properties", "property",
        "failure", "error", "skipped",
    }  # fmt: skip


def test_markdown_has_no_elements_tables_or_headings_of_a_users(hostile: Record) -> None:
    text = renderer("markdown")(hostile)
    tags = Tags()
    tags.feed(text)
    assert tags.found <= OURS
    text = re.sub("(?s)^<pre>.*?</pre>$", "", text, flags=re.MULTILINE)  # HTML to its very end
    headings = [line for line in text.splitlines() if line.startswith("#")]
    assert [line.partition(" ")[0] for line in headings] == ["##", "###", "###", "###"]
    rows = [line for line in text.splitlines() if line.startswith("| ")]
    assert {line.count(" | ") for line in rows} <= {1, 3, 4}


def test_a_workflow_sees_no_command_of_a_users(hostile: Record) -> None:
    lines = render_github(hostile, {}, verbose=True).split("\n")
    opening = next(k for k, line in enumerate(lines) if line.startswith("::stop-commands::"))
    token = lines[opening].removeprefix("::stop-commands::")
    assert all(re.match(r"::error file=[^:]*::", line) for line in lines[:opening])
    assert lines[-2:] == [f"::{token}::", ""]
    assert CONTROL.findall("".join(lines)) == []


def test_without_the_escapes_the_same_tests_would_fail() -> None:
    tags = Tags()
    tags.feed(TITLES["script"])
    assert not tags.found <= OURS
    assert CONTROL.findall(TITLES["ansi"])
    assert render_record(Record(), verbose=True)
