# jax's own types are partial, and the file must also pass where jax is not installed:
# pyright: basic, reportMissingImports=false
"""What is jax's own: compiled once for a program, 64 bits within the call, -0.0 kept."""

from collections.abc import Iterator
from types import MappingProxyType
from typing import Any, Final

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from gradverify.arrays import Array
from gradverify.oracles import jax_grad
from gradverify.oracles.jax_grad import JaxGrad
from gradverify.oracles.oracle import Gradients, Wanted
from gradverify.program.program import Program
from tests.support import program_of, step

X: Final = np.array([1.0, 2.0])
ONE: Final = np.array(1.0)


def squares() -> Program:
    return program_of({"x": X}, step("y", "square", "x"), step("loss", "sum", "y"))


def gradient(program: Program, x: Array, cotangent: Array = ONE) -> list[float]:
    reply = JaxGrad().differentiate(program, {"x": x}, Wanted(("y",), ("x",), cotangent))
    assert isinstance(reply, Gradients)
    return reply.wrt["x"].tolist()


@pytest.fixture
def traces(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Return a list that grows by one entry each time a square is traced."""
    seen: list[str] = []
    right = jax_grad.LOWERINGS["square"]

    def counted(x: Any) -> Any:
        seen.append("square")
        return right(x)

    table = MappingProxyType({**jax_grad.LOWERINGS, "square": counted})
    monkeypatch.setattr(jax_grad, "LOWERINGS", table)
    yield seen
    jax_grad._executable.cache_clear()


def test_a_program_is_traced_once_for_all_primals_and_cotangents(traces: list[str]) -> None:
    program = squares()
    assert gradient(program, X) == [2.0, 4.0]
    assert gradient(program, 10 * X) == [20.0, 40.0]
    assert gradient(program, X, np.array(0.5)) == [1.0, 2.0]
    assert traces == ["square"]


def test_an_equal_program_that_is_another_is_traced_again(traces: list[str]) -> None:
    for _ in range(2):
        assert gradient(squares(), X) == [2.0, 4.0]
    assert len(traces) == 2


def test_few_compiled_programs_are_kept() -> None:
    for _ in range(10):
        _ = gradient(squares(), X)
    assert jax_grad._executable.cache_info().currsize <= 8


def test_outside_the_call_values_have_32_bits_as_before() -> None:
    assert gradient(squares(), np.array([1e-9, 1.0])) == [2e-9, 2.0]
    assert jnp.asarray(X).dtype == jnp.float32


def test_a_nudge_leaves_negative_zero_as_it_is() -> None:
    program = program_of({"x": X}, step("y", "negative", "x"), step("loss", "sum", "y"))
    wanted = Wanted(("x", "y"), ("x", "y"), ONE)
    reply = JaxGrad().differentiate(program, {"x": np.array([0.0, -0.0])}, wanted)
    assert isinstance(reply, Gradients)
    assert np.signbit(reply.values["x"]).tolist() == [False, True]
    assert np.signbit(reply.values["y"]).tolist() == [True, False]


def test_what_a_program_holds_is_an_argument_and_never_folded() -> None:
    held = np.linspace(0, 1, 400)
    program = program_of(
        {"x": np.ones(400)},
        step("c", "constant", value=held),
        step("y", "multiply", "x", "c"),
        step("loss", "sum", "y"),
    )
    request = jax_grad._Request(jax_grad._Same(program), ("y",), ("x", "c"))
    with jax.enable_x64(new_val=True):
        text = jax_grad._executable(request).as_text()
    assert "parameter(2)" in text
    assert "0.0025" not in text
    assert gradient(program, np.ones(400)) == held.tolist()


def test_float16_is_rounded_after_every_op_as_numpy_does_it() -> None:
    x = np.linspace(1, 2, 50, dtype=np.float16)
    program = program_of(
        {"x": x}, step("y", "multiply", "x", 1.1), step("z", "add", "y", 0.1), step("l", "sum", "z")
    )
    reply = JaxGrad().differentiate(program, {"x": x}, Wanted(("z",), (), None))
    assert isinstance(reply, Gradients)
    assert reply.values["z"].tolist() == (x * 1.1 + 0.1).tolist()


def test_a_release_that_does_not_know_an_option_compiles_without(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(jax_grad, "COMPILER_OPTIONS", {"xla_no_such_option": True})
    with pytest.raises(jax.errors.JaxRuntimeError):
        _ = jax.jit(jnp.sin, compiler_options={"xla_no_such_option": True})(1.0)
    assert gradient(squares(), X) == [2.0, 4.0]
