"""Options are what they were given, and select specs by a word of their id."""

from dataclasses import FrozenInstanceError, replace

import pytest

from gradverify.run.options import is_named, matches
from tests.support import OPTIONS, spec_of


@pytest.mark.parametrize("keyword", ["", "mean", "MEAN", "grad.yaml::A mean", "Straße", "STRASSE"])
def test_a_keyword_is_found_whatever_the_case(keyword: str) -> None:
    assert matches(keyword, "specs/one.grad.yaml::A mean over the Straße")


@pytest.mark.parametrize("keyword", ["sum", "mean  over", "two.grad"])
def test_what_is_not_there_is_not_found(keyword: str) -> None:
    assert not matches(keyword, "specs/one.grad.yaml::A mean over x")


@pytest.mark.parametrize(
    ("given", "own", "default", "seed"),
    [(9, 5, 7, 9), (0, 5, 7, 0), (None, 5, 7, 5), (None, 0, 7, 0), (None, None, 7, 7)],
)
def test_the_seed_of_a_run_stands_above_a_specs_own_and_that_above_the_projects(
    given: int | None, own: int | None, default: int, seed: int
) -> None:
    spec = spec_of("loss: sum(x)\ninputs: {x: [1.]}\n" + ("" if own is None else f"seed: {own}"))
    assert replace(OPTIONS, seed=given, default_seed=default).seed_of(spec) == seed
    assert OPTIONS.default_seed == 0


def test_of_a_file_with_named_specs_only_those_are_taken() -> None:
    ids = {"a": frozenset({"a::one"})}
    assert is_named(ids, "a", "a::one")
    assert not is_named(ids, "a", "a::One")
    assert not is_named(ids, "a", "a::one two")
    assert is_named(ids, "b", "b::two")


def test_options_cannot_be_changed_while_a_run_goes_on() -> None:
    with pytest.raises(FrozenInstanceError):
        OPTIONS.seed = 3  # pyright: ignore[reportAttributeAccessIssue] - that is what is tested
