"""A parser's complaint is put into our own words, whichever parser makes it."""

import pytest
import yaml

from gradverify.spec.problems import explain
from gradverify.spec.source import source_of
from gradverify.spec.yaml12 import FASTEST, read_documents

BROKEN = (
    "a: [1",
    "a: {b: 1",
    "a: b: c",
    "a: 'b",
    "a: @b",
    'a: "\\q"',
    "a: * b",
    "a: ]",
    "a: 1\n...\nb: 2",
    "%YAML 3.0\n---\na: 1",
    "!x!y a",
)


def told(text: str, loader: object) -> str:
    (fault,) = read_documents(source_of("a", text), loader)[1]
    return fault.message


@pytest.mark.parametrize("text", BROKEN)
def test_both_parsers_are_heard_alike(text: str) -> None:
    assert told(text, yaml.SafeLoader) == told(text, FASTEST) != explain("")[0]


def test_an_unheard_of_complaint_has_advice_too() -> None:
    assert explain("the moon is full") == explain("")
    assert all(explain("the moon is full"))
