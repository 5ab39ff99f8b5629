"""A place that is not known falls back to the nearest around it, and only to that."""

import pytest

from gradverify.spec.located import Located
from gradverify.spec.source import source_of
from gradverify.spec.yaml12 import read_documents


@pytest.fixture
def located() -> Located:
    return read_documents(source_of("a", "x: {y: [1, 2.0]}\n"))[0][0]


def test_the_nearest_value_around_is_found(located: Located) -> None:
    assert located.mark(("x", "y", 5)) == located.mark(("x", "y"))
    assert located.mark(("x", "z")) == located.mark(("x",)) != located.mark(())


def test_names_of_the_model_alone_drop_out_of_a_path(located: Located) -> None:
    assert located.known(("x", "value", "y", 1)) == ("x", "y", 1)
    assert located.known(("x", "y", 7)) == ("x", "y")


def test_only_scalars_have_a_text(located: Located) -> None:
    assert located.text(("x", "y", 1)) == "2.0"
    assert located.text(("x", "y")) is None


def test_nothing_of_it_can_be_replaced(located: Located) -> None:
    with pytest.raises(AttributeError):
        located.data = 1  # pyright: ignore[reportAttributeAccessIssue]  that it fails is the test
