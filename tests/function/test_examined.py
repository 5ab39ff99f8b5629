"""What an examination comes to is kept as it is: it cannot be written to, and can be sent on."""

import pickle
from dataclasses import FrozenInstanceError

import pytest

from tests.function.functions import changed, examined, normal, square, square_vjp, twice

X = normal(5)


def test_it_can_be_pickled() -> None:
    found = examined(square, changed(square_vjp, twice), X)
    assert repr(pickle.loads(pickle.dumps(found))) == repr(found)  # noqa: S301 - our own


def test_it_cannot_be_written_to() -> None:
    found = examined(square, square_vjp, X)
    with pytest.raises(FrozenInstanceError):
        found.name = "another"  # pyright: ignore[reportAttributeAccessIssue] - what is tested


def test_it_says_of_whom_it_is() -> None:
    found = examined(square, square_vjp, X, seed=7)
    assert (found.name, found.party, found.seed, found.place) == ("square", "vjp", 7, "")
