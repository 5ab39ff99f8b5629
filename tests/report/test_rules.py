"""Every change against a baseline, and whatever a spec comes to, has a page with advice."""

import re

import pytest

from gradverify.baseline.compared import Change
from gradverify.report.rules import CHANGES, CONCLUSIONS, RULES
from gradverify.verdict.findings import PAGES, Page


def test_every_change_has_a_page() -> None:
    assert {page.code for page in CHANGES} == set(Change)


def test_no_page_takes_the_name_of_another() -> None:
    assert len(RULES) == len(PAGES) + len(CHANGES) + len(CONCLUSIONS)


@pytest.mark.parametrize("page", [*CHANGES, *CONCLUSIONS], ids=lambda page: str(page.code))
def test_a_page_is_sentences_and_its_code_is_kebab_case(page: Page) -> None:
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", page.code)
    assert all(text.endswith(".") for text in (page.meaning, page.recognised, page.advice))
    assert page.example
