"""The SARIF 2.1.0 report: a result for everything that somebody has to look at."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, TypeAlias
from urllib.parse import quote

from gradverify import __version__
from gradverify.errors import Mark
from gradverify.report.concerns import Concern, concerns, render_times, spec_mark
from gradverify.report.escape import plain
from gradverify.report.record import DISAGREED, Record, exit_code, summarise
from gradverify.report.rules import RULES
from gradverify.verdict.findings import Page
from gradverify.verdict.verdict import Severity

Json: TypeAlias = dict[str, Any]

SCHEMA: Final = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
ROOT: Final = "SRCROOT"
PROBLEMS: Final[Mapping[Severity, str]] = MappingProxyType(
    {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "recommendation"}
)
"""What GitHub calls the severities of what is not a question of security."""


def render_sarif(record: Record) -> str:
    """Return the report as SARIF 2.1.0, of one run."""
    log = {"$schema": SCHEMA, "version": "2.1.0", "runs": [_run(record)]}
    return plain(json.dumps(log, indent=2, ensure_ascii=False)) + "\n"


def _run(record: Record) -> Json:
    found = concerns(record)
    codes = sorted({concern.code for concern in found})
    driver: Json = {"name": "gradverify", "version": __version__, "semanticVersion": __version__}
    base = {"description": {"text": "the folder that gradverify ran in"}}
    return {
        "tool": {"driver": {**driver, "rules": [_rule(code) for code in codes]}},
        "automationDetails": {"id": _run_id(record)},
        "originalUriBaseIds": {ROOT: base},
        "columnKind": "unicodeCodePoints",
        "invocations": [_invocation(record)],
        "results": _results(found, codes, record),
        "properties": {"environment": {k: plain(v) for k, v in record.environment.items()}},
    }


def _run_id(record: Record) -> str:
    return "gradverify/" if record.shard is None else "gradverify/{}-of-{}/".format(*record.shard)


def _invocation(record: Record) -> Json:
    code = exit_code(summarise(record))
    return {"executionSuccessful": code <= DISAGREED, "exitCode": code}


def _rule(code: str) -> Json:
    page = RULES.get(code)
    if page is None:  # of a report that a later version wrote
        return {"id": code, "shortDescription": {"text": code}}
    return {
        "id": code,
        "name": "".join(word.capitalize() for word in code.split("-")),
        "shortDescription": {"text": page.meaning},
        "fullDescription": {"text": f"{page.meaning} {page.recognised}"},
        "help": _help(page),
        "defaultConfiguration": {"level": page.severity.value},
        "properties": {
            "tags": ["gradient", page.family],
            "problem.severity": PROBLEMS[page.severity],
        },
    }


def _help(page: Page) -> Json:
    rows = (
        ("What it means", page.meaning),
        ("How it is recognised", page.recognised),
        ("Example", page.example),
        ("What to do", page.advice),
    )
    return {
        "text": "\n".join(f"{head}: {text}" for head, text in rows),
        "markdown": "\n\n".join(f"**{head}.**{_markdown(head, text)}" for head, text in rows),
    }


def _markdown(head: str, text: str) -> str:
    fenced = "\n\n```\n{}\n```"  # pages have no fences of their own
    return fenced.format(text) if head == "Example" else f" {text}"


def _results(found: Sequence[Concern], codes: Sequence[str], record: Record) -> list[Json]:
    seen: Counter[str] = Counter()
    results: list[Json] = []
    for concern in found:
        identity = _identity(concern)
        seen[identity] += 1
        again = record.again.get(concern.result.id, "")
        result = _result(concern, again) | {"ruleIndex": codes.index(concern.code)}
        # GitHub knows an alert again by the first of these, whose form is a hash and a number.
        result["partialFingerprints"] = {
            "primaryLocationLineHash": f"{identity[:16]}:{seen[identity]}",
            "gradverify/v1": f"{identity}:{seen[identity]}",
        }
        results.append(result)
    return results


def _identity(concern: Concern) -> str:
    """Return what stays when lines move: whose finding it is, of what, and where in a script."""
    about = concern.about
    parts = (concern.result.id, concern.code, about.party, about.of, about.at)
    return sha256("\0".join(map(plain, parts)).encode()).hexdigest()


def _result(concern: Concern, again: str) -> Json:
    result: Json = {
        "ruleId": concern.code,
        "level": concern.level.value,
        "message": {"text": _message(concern, again)},
        "locations": [_location(concern.mark)],
        "properties": _properties(concern),
    }
    if concern.about.mark is not None:
        result["relatedLocations"] = [_related(concern)]
    if concern.state:
        result["baselineState"] = concern.state
    if concern.state == "unchanged":
        reason = plain(concern.reason) or "the baseline has it"
        accepted = {"kind": "external", "status": "accepted", "justification": reason}
        result["suppressions"] = [accepted]
    return result


def _message(concern: Concern, again: str) -> str:
    title = f"{concern.result.title}: " if concern.result.title else ""
    times = render_times(concern)
    lines = (
        f"{title}{concern.message}",
        f"That is {times}." if times else "",
        concern.advice,
        f"Again: {again}" if again else "",
    )
    return _text("\n".join(filter(None, lines)))


def _text(text: str) -> str:
    """In a message of SARIF, `[words](target)` is a link, and nobody here writes links."""
    return plain(text).replace("](", "] (")


def _properties(concern: Concern) -> Json:
    about = concern.about
    named = {"spec": concern.result.id, "party": about.party, "of": about.of, "at": about.at}
    return {key: plain(value) for key, value in named.items() if value}


def _related(concern: Concern) -> Json:
    title = _text(concern.result.title) or "the spec"
    return {"id": 1, **_location(spec_mark(concern.result)), "message": {"text": title}}


def _location(mark: Mark) -> Json:
    region = {"startLine": max(1, mark.line), "startColumn": max(1, mark.column)}
    return {"physicalLocation": {"artifactLocation": _artifact(mark.file), "region": region}}


def _artifact(file: str) -> Json:
    """Return where a file is: from the current folder on, where it is below that."""
    path = Path(file)
    if path.is_absolute() and path.is_relative_to(Path.cwd()):
        path = path.relative_to(Path.cwd())
    name = quote(path.as_posix(), errors="backslashreplace")
    return {"uri": f"file://{name}"} if path.is_absolute() else {"uri": name, "uriBaseId": ROOT}
