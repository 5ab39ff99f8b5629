"""A candidate explains a claim only where it fits, and fits much better than the truth does."""

from dataclasses import replace
from types import MappingProxyType

import numpy as np
import pytest

from gradverify.verdict.suspect import Suspect
from tests.support import near, program_of, step

TRUTH = np.array([1.0, -2.0, 4.0])
X = np.array([0.5, -1.0, 2.0])


@pytest.fixture
def suspect() -> Suspect:
    program = program_of({"x": X}, step("y", "square", "x"), step("l", "sum", "y"))
    return Suspect(
        party="stated",
        of="x",
        value="x",
        claimed=2 * TRUTH,
        truth=TRUTH,
        allowed=np.full(3, 1e-12),
        known=True,
        program=program,
        env=MappingProxyType({"x": X}),
        truths=MappingProxyType({"x": TRUTH}),
    )


def test_a_candidate_that_is_the_claim_explains_it(suspect: Suspect) -> None:
    assert suspect.explained_by(2 * TRUTH) == 0.0


def test_what_it_leaves_is_relative_to_the_candidate(suspect: Suspect) -> None:
    left = suspect.explained_by(2 * TRUTH + np.array([0.0, 0.0, 8e-13]))
    assert near(left, 1e-13, rel=1e-2)


@pytest.mark.parametrize(
    "candidate",
    [TRUTH, -TRUTH, 2.001 * TRUTH, 2 * TRUTH + 1e-9, np.full(3, np.nan), 0 * TRUTH],
)
def test_a_candidate_that_is_off_explains_nothing(suspect: Suspect, candidate: np.ndarray) -> None:
    assert suspect.explained_by(candidate) is None


@pytest.mark.parametrize("shape", [(), (1, 3), (3, 1)])
def test_a_candidate_of_another_shape_explains_nothing(
    suspect: Suspect, shape: tuple[int, ...]
) -> None:
    assert suspect.explained_by(np.ones(shape)) is None


def test_a_blunt_claim_is_explained_by_nothing(suspect: Suspect) -> None:
    blunt = replace(suspect, allowed=np.full(3, 1.0))
    assert blunt.explained_by(2 * TRUTH) is None
