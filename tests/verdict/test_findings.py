"""Every finding has a page and a smallest example that makes it, and the right twin does not."""

from collections import Counter

import pytest

from gradverify.verdict.conduct_pages import CONDUCT
from gradverify.verdict.findings import PAGES
from gradverify.verdict.tape_pages import TAPE
from gradverify.verdict.verdict import Severity
from tests.support import codes, result_of
from tests.verdict.examples import EXAMPLES, Example

NAMES = [example.code for example in EXAMPLES]


def test_every_page_has_one_example() -> None:
    elsewhere = (page.code for page in (*TAPE, *CONDUCT))  # of tapes, and of functions
    assert Counter([*NAMES, *elsewhere]) == Counter(PAGES.keys())


@pytest.mark.parametrize("example", EXAMPLES, ids=NAMES)
def test_the_example_makes_the_finding_of_that_party_and_variable(example: Example) -> None:
    result = result_of(example.wrong)
    assert (example.code, example.party, example.of) in codes(result)
    grave = PAGES[example.code].severity is Severity.ERROR
    assert result.status == ("failed" if grave else "passed")


@pytest.mark.parametrize("example", EXAMPLES, ids=NAMES)
def test_the_example_blames_nobody_else(example: Example) -> None:
    errors = [f for f in result_of(example.wrong).findings if f.severity is Severity.ERROR]
    assert {found.party for found in errors} <= {example.party}


@pytest.mark.parametrize("example", EXAMPLES, ids=NAMES)
def test_the_right_twin_passes_without_that_finding(example: Example) -> None:
    result = result_of(example.right)
    assert result.status == "passed"
    assert example.code not in [code for code, _, _ in codes(result)]


@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES.keys())
def test_a_page_says_all_that_it_should(page: object) -> None:
    for part in ("family", "meaning", "recognised", "example", "advice"):
        assert len(str(getattr(page, part))) > 3


@pytest.mark.parametrize("example", EXAMPLES, ids=NAMES)
def test_a_finding_has_the_severity_and_the_advice_of_its_page(example: Example) -> None:
    for found in result_of(example.wrong).findings:
        page = PAGES[found.code]
        assert (found.severity, found.advice) == (page.severity, page.advice)


def test_severities_differ_between_families() -> None:
    notes = {page.code for page in PAGES.values() if page.severity is Severity.NOTE}
    assert notes == {page.code for page in PAGES.values() if page.family == "kink"}
