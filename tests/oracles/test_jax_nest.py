# jax's own types are partial, and the file must also pass where jax is not installed:
# pyright: basic, reportMissingImports=false
"""Arrays are found and replaced wherever they stand, in classes that jax knows and in others."""

from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from gradverify.oracles.jax_nest import leaves, replaced


class Registered:
    def __init__(self, weight: Any, bias: Any) -> None:
        self.weight, self.bias = weight, bias


def keyed(made: Registered) -> Any:
    key = jax.tree_util.GetAttrKey
    return ((key("weight"), made.weight), (key("bias"), made.bias)), None


jax.tree_util.register_pytree_with_keys(Registered, keyed, lambda _, parts: Registered(*parts))


@dataclass(frozen=True)
class Plain:
    array: Any
    rate: float = 0.5
    inner: Any = None


class Bound:
    """What it is bound to is lost in every copy."""


@dataclass
class Settings:
    rate: float = 0.5

    def __post_init__(self) -> None:
        self.bound = Bound()


def paths(tree: Any) -> list[str]:
    return [".".join(path) for path, _ in leaves(tree)]


def test_leaves_are_named_by_their_keys_and_stand_in_the_order_of_jax() -> None:
    tree = {"w": [jnp.ones(2), 1.0], "b": Registered(jnp.ones(3), (None, 2))}
    assert paths(tree) == ["b.weight", "b.bias.1", "w.0", "w.1"]
    assert [".".join(path) for path, _ in leaves(1.0, ("x",))] == ["x"]


def test_what_is_replaced_is_met_in_the_order_of_the_leaves() -> None:
    tree = {"w": [1, Registered(2, 3)], "b": Plain(jnp.zeros(1), inner=(np.zeros(2), "tanh"))}
    met: list[Any] = []
    made = replaced(tree, lambda value: met.append(value) or len(met))
    assert [id(value) for value in met] == [id(value) for _, value in leaves(tree)]
    assert (made["b"].array, made["b"].inner, made["b"].rate) == (1, (2, "tanh"), 0.5)
    assert (made["w"][0], made["w"][1].weight, made["w"][1].bias) == (3, 4, 5)
    assert tree["w"][0] == 1


def test_in_a_class_that_jax_does_not_know_only_arrays_are_leaves() -> None:
    assert paths(Plain(jnp.ones(1), inner=Registered(jnp.ones(1), 2.0))) == [
        "array",
        "inner.weight",
        "inner.bias",
    ]
    assert paths(MappingProxyType({"a": np.ones(1), "rate": 0.1, "inner": Plain(0.0)})) == ["a"]
    assert paths({"rate": 0.1}) == ["rate"]  # a class that it knows


def test_a_class_without_arrays_is_passed_on_as_it_is() -> None:
    settings = Settings()
    made = replaced([settings, 1.0], lambda value: value * 2)
    assert made[0] is settings
    assert made[1] == 2.0
