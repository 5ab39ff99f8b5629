"""Every finding of a tape is made where it should be, and not beside it."""

import pytest

from gradverify.verdict.tape_pages import TAPE
from gradverify.verdict.verdict import Severity
from tests.support import codes, result_of
from tests.verdict.examples import Example
from tests.verdict.tape_examples import TAPE_EXAMPLES

NAMES = [example.code for example in TAPE_EXAMPLES]
every_example = pytest.mark.parametrize("example", TAPE_EXAMPLES, ids=NAMES)


def test_every_page_has_one_example() -> None:
    assert [page.code for page in TAPE] == NAMES


@every_example
def test_the_example_makes_the_finding_of_that_party_and_variable(example: Example) -> None:
    result = result_of(example.wrong)
    assert (example.code, example.party, example.of) in codes(result)
    assert result.status == "failed"


@every_example
def test_torch_shows_what_the_model_predicts(example: Example) -> None:
    for body in (example.wrong, example.right):
        alone, both = result_of(body), result_of(body, oracles=("rules", "torch", "stated"))
        assert [v for v in both.comparisons if v.party == "torch" and v.status == "disagree"] == []
        assert set(codes(alone)) == set(codes(both))


@every_example
def test_the_example_blames_nobody_else(example: Example) -> None:
    errors = [f for f in result_of(example.wrong).findings if f.severity is Severity.ERROR]
    assert {(found.code, found.party) for found in errors} == {(example.code, example.party)}


@every_example
def test_the_right_twin_passes_without_that_finding(example: Example) -> None:
    result = result_of(example.right)
    assert result.status == "passed"
    assert example.code not in [code for code, _, _ in codes(result)]
