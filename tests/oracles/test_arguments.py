# what users hand over is of any type, which a strict checker does not let pass:
# pyright: basic
"""A call's arguments are named by parameter and path, and say which framework they belong to."""

from collections import namedtuple
from functools import partial
from typing import Any

import numpy as np
import pytest

from gradverify.oracles.arguments import (
    arguments,
    called,
    described,
    floating,
    framework_of,
    parameters,
)

X, W = np.ones(2), np.zeros(3)
Pair = namedtuple("Pair", "left right")


def function(x: Any, w: Any, *more: Any, scale: float = 1.0) -> Any:
    return x, w, more, scale


class Module:
    """What has a `forward`, as modules do."""

    def forward(self, hidden: Any) -> Any:
        return hidden

    def __call__(self, *given: Any) -> Any:
        return self.forward(*given)


class Custom:
    """What is called by `apply`, as torch's custom functions are."""

    @staticmethod
    def forward(ctx: Any, inputs: Any) -> Any:
        return ctx, inputs

    @classmethod
    def apply(cls, *given: Any) -> Any:
        return cls.forward(None, *given)


def names(called_with: Any, keywords: Any = None, of: Any = function) -> list[str]:
    found = arguments(of, called_with, keywords or {})
    return [found.name(path) for path, _ in found.leaves()]


@pytest.mark.parametrize(
    ("inputs", "expected"),
    [
        ((X, W), ["x", "w"]),
        ([X, W], ["x", "w"]),
        (X, ["x"]),
        ({"w": W, "x": X}, ["w", "x"]),
        ((X, {"a": W, "b": [W, W]}), ["x", "w.a", "w.b.0", "w.b.1"]),
        ((Pair(X, W), W), ["x.left", "x.right", "w"]),
        (Pair(X, W), ["x.left", "x.right"]),
        ((X, W, X, X), ["x", "w", "2", "3"]),
        ((), []),
    ],
)
def test_leaves_are_named_by_parameter_and_path(inputs: Any, expected: list[str]) -> None:
    assert names(inputs) == expected


def test_keywords_stand_last_under_their_own_names() -> None:
    assert names((X,), {"scale": 2.0, "w": W}) == ["x", "scale", "w"]
    assert names({"x": X}, {"w": W}) == ["x", "w"]


@pytest.mark.parametrize(
    ("of", "expected"),
    [
        (function, ("x", "w")),
        (Module(), ("hidden",)),
        (Custom.apply, ("inputs",)),
        (partial(function, X), ("w",)),
        (lambda a, /, b: (a, b), ("a", "b")),
        (lambda *many: many, ()),
        (dict, ()),
    ],
)
def test_parameters_are_read_where_they_are_written(of: Any, expected: tuple[str, ...]) -> None:
    assert parameters(of) == expected


@pytest.mark.parametrize(
    ("of", "name"),
    [
        (function, "function"),
        (Module(), "Module"),
        (Custom.apply, "Custom"),
        (partial(partial(function, X), W), "function"),
        (lambda x: x, "<lambda>"),
    ],
)
def test_a_function_has_a_name_in_messages(of: Any, name: str) -> None:
    assert called(of) == name


def test_a_call_gets_what_was_given() -> None:
    given = arguments(function, (X, W, 3), {"scale": 2.0})
    assert given.call(function) == (X, W, (3,), 2.0)
    doubled = given.replaced(lambda _, leaf: 2 * leaf)
    assert doubled.call(function)[2:] == ((6,), 4.0)
    assert given.call(function)[3] == 2.0


def _made_in(module: str) -> Any:
    return type("Array", (), {"__module__": module})()


@pytest.mark.parametrize(
    ("leaf", "framework"),
    [
        (_made_in("torch"), "torch"),
        (_made_in("torch.nn.parameter"), "torch"),
        (_made_in("jax.numpy"), "jax"),
        (_made_in("jaxlib._jax"), "jax"),
        (_made_in("torchlike"), "numpy"),
        (X, "numpy"),
        (1.5, "numpy"),
    ],
)
def test_the_types_of_the_leaves_say_the_framework(leaf: Any, framework: str) -> None:
    assert framework_of(function, arguments(function, ([X, {"deep": leaf}],), {})) == framework


def test_the_function_itself_may_say_it_too() -> None:
    module = _made_in("torch.nn.modules")
    assert framework_of(module, arguments(function, (X,), {})) == "torch"


def test_kinds_are_described() -> None:
    given = arguments(function, (X, 3, "text"), {})
    assert described(given) == "x: ndarray of float64, w: int, 2: str"
    assert described(arguments(function, (), {})) == "no inputs"


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (X, True),
        (np.float32(1), True),
        (1.0, True),
        (1, False),
        (np.arange(3), False),
        (X > 0, False),
        ("1.0", False),
        (None, False),
        (X + 1j, False),
    ],
)
def test_floating_numbers_are_told_from_others(value: object, *, found: bool) -> None:
    assert floating(value) is found
