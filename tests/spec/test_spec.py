"""A spec knows its id, and the place and the text of everything in it."""

import pytest

from gradverify.spec.parse import specs_of
from gradverify.spec.source import source_of
from gradverify.spec.spec import Spec

TEXT = """\
gradverify: 1
title: first
---
gradverify: 1
title: second
inputs:
  x: [[1., 2.]]
ops:
  - y = x * x
recorded:
  grads: {x: [[2.50, .nan]]}
"""


@pytest.fixture
def spec() -> Spec:
    return specs_of(source_of("specs/a.grad.yaml", TEXT))[1]


def test_the_id_is_path_and_title(spec: Spec) -> None:
    assert spec.id == "specs/a.grad.yaml::second"
    assert (spec.path, spec.index, spec.title) == ("specs/a.grad.yaml", 1, "second")


def test_a_value_has_its_place(spec: Spec) -> None:
    assert str(spec.mark("ops", 0)) == "specs/a.grad.yaml:9:5"
    assert spec.mark("ops", 0).text == "  - y = x * x"


def test_a_place_in_a_statement_is_reached_from_its_first_character(spec: Spec) -> None:
    mark = spec.mark("ops", 0).after(len("y = "))
    assert mark.text[mark.column - 1 :] == "x * x"


def test_a_key_has_its_place(spec: Spec) -> None:
    assert str(spec.key_mark("inputs", "x")) == "specs/a.grad.yaml:7:3"


def test_what_the_document_lacks_has_the_place_around_it(spec: Spec) -> None:
    assert spec.mark("inputs", "x", "value") == spec.mark("inputs", "x")
    assert spec.mark("loss") == spec.mark()


def test_the_text_of_a_number_is_as_it_was_written(spec: Spec) -> None:
    assert spec.text("recorded", "grads", "x", 0, 0) == "2.50"
    assert spec.text("recorded", "grads", "x", 0, 1) == ".nan"
    assert spec.text("recorded", "grads", "x") is None
