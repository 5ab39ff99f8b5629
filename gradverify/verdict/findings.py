"""Findings, with the severity and the advice of their pages."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from gradverify.verdict.conduct_pages import CONDUCT
from gradverify.verdict.pages import FORWARD, KINK, VALUE, Page
from gradverify.verdict.tape_pages import TAPE
from gradverify.verdict.verdict import About, Detail, Finding, Severity

__all__ = ["PAGES", "Page", "finding"]

PAGES: Final[Mapping[str, Page]] = MappingProxyType(
    {page.code: page for page in (*VALUE, *FORWARD, *TAPE, *KINK, *CONDUCT)}
)


def finding(
    code: str,
    about: About,
    message: str,
    details: Mapping[str, Detail],
    *,
    severity: Severity | None = None,
) -> Finding:
    """Return a finding with the advice of its page, and its severity unless another is given."""
    page = PAGES[code]
    return Finding(
        code=code,
        severity=severity or page.severity,
        party=about.party,
        of=about.of,
        message=message,
        advice=page.advice,
        mark=about.mark,
        details=details,
        at=about.at,
    )
