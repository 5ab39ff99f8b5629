# jax's own types are partial, and the file must also pass where it is missing:
# pyright: basic, reportMissingImports=false
"""The backward pass of a jax function is where its rule is written, however deep it is used."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Final

import pytest

jax: Any = pytest.importorskip("jax")
jnp: Any = pytest.importorskip("jax.numpy")

from gradverify.oracles.arguments import arguments  # noqa: E402 - jax may be missing
from gradverify.oracles.jax_place import backward_place  # noqa: E402
from gradverify.oracles.written import written_at  # noqa: E402

X: Final = jnp.ones(3)


@jax.custom_vjp
def wave(x: Any) -> Any:
    return jnp.sin(x)


def wave_forward(x: Any) -> Any:
    return wave(x), x


def wave_backward(kept: Any, ct: Any) -> Any:
    return (ct * jnp.cos(kept),)


wave.defvjp(wave_forward, wave_backward)


@jax.custom_vjp
def other(x: Any) -> Any:
    return 2 * x


def other_backward(_: Any, ct: Any) -> Any:
    return (2 * ct,)


other.defvjp(lambda x: (other(x), None), other_backward)


@jax.custom_jvp
def pushed(x: Any) -> Any:
    return jnp.sin(x)


@pushed.defjvp
def pushed_rule(primals: Any, tangents: Any) -> Any:
    return pushed(*primals), jnp.cos(*primals) * tangents[0]


def place(function: Callable[..., Any]) -> str:
    return backward_place(function, arguments(function, (X,), {}))


@pytest.mark.parametrize(
    "function",
    [
        wave,
        jax.jit(wave),
        lambda x: 2 * wave(x),
        jax.jit(lambda x: wave(wave(x))),
        lambda x: jax.lax.scan(lambda c, _: (wave(c), None), x, None, length=2)[0],
        lambda x: jax.lax.cond(x[0] > 0, wave, jnp.sin, x),
        lambda x: wave(jax.nn.relu(x)),  # whose rule is jax's own
        partial(wave),
    ],
)
def test_the_rule_is_found_under_whatever_is_around_it(function: Callable[..., Any]) -> None:
    assert place(function) == written_at(wave_backward)


def test_a_rule_of_forward_mode_is_found_too() -> None:
    assert place(pushed) == place(lambda x: 2 * pushed(x)) == written_at(pushed_rule)


def test_of_two_rules_none_is_named() -> None:
    assert place(lambda x: wave(other(x))) == ""


def test_without_a_rule_it_is_the_function_itself_and_of_jaxs_own_nothing() -> None:
    def plain(x: Any) -> Any:
        return jnp.sin(x)

    assert place(plain) == written_at(plain)
    assert Path(place(plain).rpartition(":")[0]).name == "test_jax_place.py"
    assert place(jax.nn.relu) == ""


def test_jaxs_own_is_told_apart_where_jax_is_below_the_current_folder(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(Path(jax.__file__).parents[1])
    assert place(jax.nn.relu) == ""
    assert place(lambda x: wave(jax.nn.relu(x))) == written_at(wave_backward)


def test_a_function_that_raises_is_where_it_is_written() -> None:
    def loud(*_: Any) -> Any:
        raise ValueError

    assert place(loud) == written_at(loud)
