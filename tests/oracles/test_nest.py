# what users hand over is of any type, which a strict checker does not let pass:
# pyright: basic
"""Nests of any kind yield their leaves by path, and are made again of the same kinds."""

from collections import OrderedDict, namedtuple
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest

from gradverify.oracles.nest import leaves, named, replaced

Pair = namedtuple("Pair", "a b")


@dataclass(frozen=True)
class State:
    """With a field that is computed."""

    weight: Any
    bias: Any = 0
    size: int = field(init=False, default=7)


class Odd(Mapping[str, Any]):
    """A mapping that cannot be made of another."""

    def __init__(self, first: Any, second: Any) -> None:
        self.parts = {"first": first, "second": second}

    def __getitem__(self, key: str) -> Any:
        return self.parts[key]

    def __iter__(self) -> Any:
        return iter(self.parts)

    def __len__(self) -> int:
        return 2


NESTS: list[tuple[Any, list[str]]] = [
    (1, [""]),
    ((1, [2, 3]), ["0", "1.0", "1.1"]),
    ({"x": 1, "y": {"z": 2}}, ["x", "y.z"]),
    ({3: 1, 1: 2}, ["3", "1"]),
    (Pair(1, (2,)), ["a", "b.0"]),
    (State(1, [2]), ["weight", "bias.0"]),
    (OrderedDict(b=1, a=2), ["b", "a"]),
    (MappingProxyType({"k": 1}), ["k"]),
    ([(), {}, [None]], ["2.0"]),
]


@pytest.mark.parametrize(("nest", "paths"), NESTS)
def test_leaves_have_their_keys_and_positions(nest: Any, paths: list[str]) -> None:
    assert [named(path) for path, _ in leaves(nest)] == paths


@pytest.mark.parametrize(("nest", "_paths"), NESTS)
def test_a_nest_is_made_again_of_the_same_kinds(nest: Any, _paths: list[str]) -> None:
    same = replaced(nest, lambda _, leaf: leaf)
    assert same == nest
    assert type(same) is type(nest)


@pytest.mark.parametrize(("nest", "paths"), NESTS)
def test_every_leaf_is_put_through_the_change_once(nest: Any, paths: list[str]) -> None:
    met: list[str] = []

    def change(path: Any, _: Any) -> str:
        met.append(named(path))
        return f"<{named(path)}>"

    made = replaced(nest, change)
    assert met == paths
    assert [leaf for _, leaf in leaves(made)] == [f"<{path}>" for path in paths]


def test_what_was_given_is_left_alone() -> None:
    array = np.ones(2)
    nest = {"x": [array, State(array)]}
    _ = replaced(nest, lambda _, leaf: 2 * leaf)
    assert nest["x"][0] is array
    np.testing.assert_array_equal(array, np.ones(2))


def test_a_mapping_that_cannot_be_made_again_becomes_a_plain_one() -> None:
    made = replaced(Odd(1, 2), lambda _, leaf: leaf + 1)
    assert made == {"first": 2, "second": 3}
    assert type(made) is dict


def test_a_class_and_a_text_are_leaves() -> None:
    assert list(leaves(State)) == [((), State)]
    assert list(leaves("text")) == [((), "text")]
