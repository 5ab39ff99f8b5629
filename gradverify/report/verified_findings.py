"""The findings in a report of `verify`: those that say the same are one paragraph."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, final

from gradverify.function.examined import Examined
from gradverify.report.verified_words import index_of, quoted, written
from gradverify.verdict.verdict import Finding, Severity

ERRORS: Final = 40
REMARKS: Final = 8
"""Paragraphs: of errors, and of warnings and notes; `report.findings` has them all."""
NAMED: Final = 4
"""Inputs that one paragraph names."""


@final
@dataclass(frozen=True, slots=True)
class Paragraph:
    """Findings that say the same: a title, what was seen, where that stands, what to do."""

    severity: Severity
    title: str
    message: str
    place: str
    advice: str


def errors_of(examined: Examined) -> tuple[list[Paragraph], str]:
    """Return what is wrong, and how many more errors there are than a report shows."""
    errors = [item for item in _paragraphs(examined) if item.severity is Severity.ERROR]
    return errors[:ERRORS], _more(len(errors) - ERRORS, "errors")


def remarks_of(examined: Examined) -> tuple[list[Paragraph], str]:
    """Return the warnings and notes, and how many more there are than a report shows."""
    remarks = [item for item in _paragraphs(examined) if item.severity is not Severity.ERROR]
    return remarks[:REMARKS], _more(len(remarks) - REMARKS, "warnings and notes")


def _more(rest: int, what: str) -> str:
    return f"... and {rest} more {what}, in report.findings" if rest > 0 else ""


def _paragraphs(examined: Examined) -> list[Paragraph]:
    """Return what was found, errors first; findings that differ in their input alone are one.

    The place is that of the finding, else that of the code at fault, and told once in a row.
    """
    alike: dict[tuple[str, ...], list[Finding]] = {}
    for item in sorted(examined.findings, key=lambda item: [*Severity].index(item.severity)):
        place = _place(item, examined)
        said = (item.severity, item.code, item.party, item.message, item.advice, place)
        alike.setdefault(said, []).append(item)
    told = [_paragraph(items, examined) for items in alike.values()]
    before = ["", *(item.place for item in told)]
    pairs = zip(told, before, strict=False)
    return [replace(item, place="") if item.place == last else item for item, last in pairs]


def _place(item: Finding, examined: Examined) -> str:
    return examined.place if item.mark is None else f"{item.mark.file}:{item.mark.line}"


def _paragraph(items: Sequence[Finding], examined: Examined) -> Paragraph:
    item, alone = items[0], len({row.name for row in examined.rows}) <= 1
    names = [] if alone else [f"{quoted(item.of)}{_entry(item)}" for item in items if item.of]
    rest = len(names) - NAMED
    more = f" and {rest} more" if rest > 0 else ""
    of = f" of {', '.join(names[:NAMED])}{more}" if names else _entry(item)
    by = f" by {written(item.party)}" if item.party not in {"", examined.party} else ""
    title = f"{written(item.code)}{of}{by}"
    place = written(_place(item, examined))
    return Paragraph(item.severity, title, item.message, place, item.advice)


def _entry(item: Finding) -> str:
    """Return where a finding is in its array, unless its message says so."""
    index = item.details.get("index")
    at = index_of(index) if isinstance(index, tuple) else ""
    return f" at {at}" if at and at not in item.message else ""
