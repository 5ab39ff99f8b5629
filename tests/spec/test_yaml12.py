"""YAML becomes data with the place and raw text of everything, within limits, in both parsers."""

import json
import time
from typing import Any

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gradverify.errors import SpecErrors
from gradverify.spec.errors import (
    AliasError,
    AnchorError,
    DuplicateKeyError,
    TabIndentError,
    TooDeepError,
    TooManyNodesError,
)
from gradverify.spec.located import Located
from gradverify.spec.source import source_of
from gradverify.spec.yaml12 import FASTEST, MAX_DEPTH, MAX_NODES, read_documents

LOADERS = (yaml.SafeLoader, FASTEST)
TEXT = """\
title: "a title"  # with a comment
about: |

  first line
  second line
nested: [[1., 2.50], [3e-1, 010]]
block:
  - y = x * x
  -   'z = y'
flow: {a: no, 'b': ~}
"""


def located(text: str, loader: Any = FASTEST) -> Located:
    documents, faults = read_documents(source_of("a.grad.yaml", text), loader)
    assert not faults
    assert len(documents) == 1
    return documents[0]


def first_fault(text: str, loader: Any = FASTEST) -> Exception:
    documents, faults = read_documents(source_of("a.grad.yaml", text), loader)
    return next(fault for fault in [*(f for d in documents for f in d.faults), *faults])


@pytest.mark.parametrize("loader", LOADERS)
def test_data_is_read(loader: Any) -> None:
    assert located(TEXT, loader).data == {
        "title": "a title",
        "about": "\nfirst line\nsecond line\n",
        "nested": [[1.0, 2.5], [0.3, 10]],
        "block": ["y = x * x", "z = y"],
        "flow": {"a": "no", "b": None},
    }


@pytest.mark.parametrize("loader", LOADERS)
@pytest.mark.parametrize(
    ("path", "line", "column"),
    [
        (("nested",), 6, 9),
        (("nested", 1, 0), 6, 23),
        (("block", 0), 8, 5),
        (("flow", "a"), 10, 11),
    ],
)
def test_a_value_has_its_place(loader: Any, path: Any, line: int, column: int) -> None:
    mark = located(TEXT, loader).mark(path)
    assert (mark.line, mark.column) == (line, column)
    assert mark.text == TEXT.splitlines()[line - 1]


def test_the_place_of_a_quoted_text_is_that_of_its_first_character() -> None:
    document = located(TEXT)
    assert document.mark(("title",)).column == len('title: "') + 1
    assert document.mark(("block", 1)).column == len("  -   '") + 1


def test_the_place_of_a_block_is_that_of_its_first_character() -> None:
    mark = located(TEXT).mark(("about",))
    assert (mark.line, mark.column) == (4, 3)


def test_a_key_has_its_place() -> None:
    mark = located(TEXT).key_mark(("flow", "b"))
    assert (mark.line, mark.column) == (10, 15)


def test_a_path_that_leads_nowhere_has_the_place_around_it() -> None:
    document = located(TEXT)
    assert document.mark(("nested", 7, "x")) == document.mark(("nested",))
    assert document.key_mark(("nowhere",)) == document.mark(())


def test_the_raw_text_of_a_number_is_kept() -> None:
    document = located(TEXT)
    assert document.text(("nested", 0, 1)) == "2.50"
    assert document.text(("nested", 1, 1)) == "010"
    assert document.text(("nested",)) is None


def test_columns_count_characters_not_bytes() -> None:
    assert located("梯度: {x: 1}").mark(("梯度", "x")).column == 9


def test_several_documents_are_told_apart() -> None:
    documents, _ = read_documents(source_of("a", "a: 1\n---\nb: 2\n...\n---\nc: 3\n"))
    assert [document.data for document in documents] == [{"a": 1}, {"b": 2}, {"c": 3}]
    assert documents[2].mark(("c",)).line == 6


def test_what_stands_before_broken_yaml_is_read() -> None:
    documents, faults = read_documents(source_of("a", "a: 1\n---\nb: [\n"))
    assert [document.data for document in documents] == [{"a": 1}]
    assert len(faults) == 1


@pytest.mark.parametrize("loader", LOADERS)
def test_a_duplicate_key_is_refused(loader: Any) -> None:
    assert isinstance(first_fault("a: 1\nb: 2\na: 3\n", loader), DuplicateKeyError)


def test_the_same_key_in_two_mappings_is_not_refused() -> None:
    assert located("a: {x: 1}\nb: {x: 1}\n").faults == ()


@pytest.mark.parametrize("loader", LOADERS)
@pytest.mark.parametrize("text", ["a:\n\tb: 1\n", "- a\n\t- b\n", "a: [1,\n\t2]\n", "a: 1\n \tb\n"])
def test_a_tab_that_indents_is_refused(loader: Any, text: str) -> None:
    assert isinstance(first_fault(text, loader), TabIndentError)


def test_a_tab_elsewhere_is_read() -> None:
    assert located("a: |\n  x\n  \ty\nb: '\t'\n").data == {"a": "x\n\ty\n", "b": "\t"}


@pytest.mark.parametrize("loader", LOADERS)
@pytest.mark.parametrize("opening", ["[", "{a: ", "- ", "? ", "[{a: "])
def test_deep_nesting_is_refused_at_once(loader: Any, opening: str) -> None:
    started = time.perf_counter()
    assert not isinstance(first_fault(opening * 30_000, loader), RecursionError)
    assert isinstance(read_documents(source_of("a", opening * 30_000), loader)[1][-1], TooDeepError)
    assert time.perf_counter() - started < 2.0


def test_nesting_up_to_the_limit_is_read() -> None:
    _ = located("[" * MAX_DEPTH + "]" * MAX_DEPTH)
    assert isinstance(first_fault("[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1)), TooDeepError)


def test_an_alias_bomb_is_refused_before_it_is_built() -> None:
    bomb = "a0: &a0 [0, 0, 0, 0, 0, 0, 0, 0, 0]\n" + "".join(
        f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 20)
    )
    anchors, aliases = located(bomb).faults
    assert isinstance(anchors, AnchorError)
    assert isinstance(aliases, AliasError)
    assert "(171 places, the first is here)" in aliases.message
    assert aliases.mark.line == 2


def test_one_alias_is_told_without_a_number() -> None:
    anchors, aliases = located("a: &a 1\nb: *a\n").faults
    assert "places" not in anchors.message + aliases.message


def test_more_values_than_the_limit_are_refused() -> None:
    assert isinstance(first_fault("[" + "0," * MAX_NODES + "]"), TooManyNodesError)


@settings(derandomize=True, max_examples=300, deadline=None)
@given(st.text(alphabet="ab:- []{}\n\t'\"#&*!|>%@1.e,?", max_size=40))
@example("? a")
@example("&a")
@example("- ? [a]\n  : b")
def test_no_text_breaks_either_parser(text: str) -> None:
    for loader in LOADERS:
        _ = read_documents(source_of("a", text), loader)


@settings(derandomize=True, max_examples=200, deadline=None)
@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers()
        | st.floats(allow_nan=False, allow_infinity=False)
        | st.text("abno 1e:#-'\"\\\t\n"),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("xyz: "), inner),
        max_leaves=12,
    )
)
def test_json_is_read_as_json_is_read(data: Any) -> None:
    for loader in LOADERS:
        assert located(json.dumps(data), loader).data == data


def test_a_character_that_yaml_lacks_is_refused_before_it_is_parsed() -> None:
    with pytest.raises(SpecErrors, match=r"U\+0000"):
        _ = source_of("a", "a: \0")
