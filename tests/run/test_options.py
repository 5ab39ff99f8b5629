"""Options are what they were given, and select specs by a word of their id."""

from dataclasses import FrozenInstanceError

import pytest

from gradverify.run.options import matches
from tests.support import OPTIONS


@pytest.mark.parametrize("keyword", ["", "mean", "MEAN", "grad.yaml::A mean", "Straße", "STRASSE"])
def test_a_keyword_is_found_whatever_the_case(keyword: str) -> None:
    assert matches(keyword, "specs/one.grad.yaml::A mean over the Straße")


@pytest.mark.parametrize("keyword", ["sum", "mean  over", "two.grad"])
def test_what_is_not_there_is_not_found(keyword: str) -> None:
    assert not matches(keyword, "specs/one.grad.yaml::A mean over x")


def test_options_cannot_be_changed_while_a_run_goes_on() -> None:
    with pytest.raises(FrozenInstanceError):
        OPTIONS.seed = 3  # pyright: ignore[reportAttributeAccessIssue] - that is what is tested
