"""The rules' gradient is the derivative of the program, whatever that does with its values."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradverify.arrays import Array, Values
from gradverify.ops.op import Slot
from gradverify.oracles.oracle import Gradients, Wanted
from gradverify.oracles.rules import Rules, parts, pull_back
from gradverify.program.evaluate import run_steps
from gradverify.program.inputs import make_primals
from gradverify.program.program import Program, Step
from tests.oracles.asked import by_rules
from tests.program.built import built
from tests.support import program_of, read_only, step, worst_error

SMOOTH = ("sin", "cos", "tanh", "sigmoid", "square", "softplus", "negative", "expm1")
JOINING = ("add", "subtract", "multiply")
H = 2.0**-10


def differences(program: Program, primals: Values, name: str) -> Array:
    """Return the gradient of the summed loss by an input, by differences of fourth order."""
    goal = program.loss or ""

    def loss(place: tuple[int, ...], by: float) -> float:
        env: dict[str, Any] = {k: array.copy() for k, array in primals.items()}
        env[name][place] += by
        run_steps(program.steps, env)
        return float(np.sum(env[goal]))

    found = np.zeros(primals[name].shape)
    for place in np.ndindex(found.shape):
        near = loss(place, H) - loss(place, -H)
        far = loss(place, 2 * H) - loss(place, -2 * H)
        found[place] = (8 * near - far) / (12 * H)
    return found


def random_program(draw: st.DrawFn) -> tuple[Program, dict[str, Array]]:
    """Draw a program whose steps use values again and broadcast them."""
    rng = np.random.default_rng(draw(st.integers(0, 2**16)))
    some_shape = st.sampled_from([(2, 3), (3,), (2, 1), (), (1, 3)])
    shapes = draw(st.lists(some_shape, min_size=2, max_size=4))
    inputs = {f"x{n}": np.asarray(rng.uniform(-1, 1, shape)) for n, shape in enumerate(shapes)}
    names, steps = list(inputs), list[Step]()
    for n in range(draw(st.integers(3, 12))):
        first, second = (names[draw(st.integers(0, len(names) - 1))] for _ in range(2))
        if draw(st.booleans()):
            steps.append(step(f"v{n}", draw(st.sampled_from(SMOOTH)), first))
        else:
            steps.append(step(f"v{n}", draw(st.sampled_from(JOINING)), first, second))
        names.append(f"v{n}")
    steps.append(step("tame", "tanh", names[-1]))
    return program_of(inputs, *steps), inputs


programs = st.composite(random_program)()
some = settings(max_examples=60, derandomize=True, deadline=None, database=None)


@some
@given(case=programs)
def test_the_gradient_of_a_random_program_is_that_of_differences(
    case: tuple[Program, dict[str, Array]],
) -> None:
    program, inputs = case
    for name, found in by_rules(program, inputs).items():
        assert worst_error(found, differences(program, inputs, name)) < 1e-7


def test_a_rule_that_is_off_is_noticed() -> None:
    x = {"x": np.array([0.3, -0.8])}
    program = program_of(x, step("s", "sin", "x"), step("y", "multiply", "s", "x"))
    true = differences(program, x, "x")
    assert worst_error(by_rules(program, x)["x"], true) < 1e-9

    def rule(at: Step, ct: Any, env: Mapping[str, Any]) -> Sequence[Any]:
        return [1.001 * part for part in parts(at, ct, env)]

    env: dict[str, Any] = dict(x)
    run_steps(program.steps, env)
    cotangents: dict[str, Any] = {"y": np.ones(2)}
    pull_back(program, env, cotangents, rule)
    assert worst_error(cotangents["x"], true) > 1e-4


BODIES = {
    "a variable used again": ("{x: 'randn(3)'}", ["y = x * x + x", "z = y * x - y"]),
    "a variable assigned again": ("{x: 'randn(3)'}", ["y = x * x", "y = sin(y) + x", "y = y * y"]),
    "an index update": (
        "{x: 'randn(2, 2)'}",
        ["y = zeros(3)", "y[0] = x[0, 0] * x[1, 1]", "y[1:] = x[0] * 2", "z = y * y"],
    ),
    "an update over an update": (
        "{x: 'randn(3)'}",
        ["y = x * x", "y[1] = x[0] * 3", "y[0:2] = sin(x[1:])", "z = y * y * x"],
    ),
    "entries taken twice": (
        "{x: 'randn(4)', i: {value: [0, 2, 0, 0], dtype: int64}}",
        ["y = x[i]", "z = y * y[0]"],
    ),
    "broadcasting": (
        "{x: 'randn(2, 3)', b: 'randn(3)'}",
        ["y = tanh(x @ x.T) + b[:2]", "z = y * y"],
    ),
    "an integer operand": (
        "{x: 'randn(3)', n: {value: [1, 2, 3], dtype: int64}}",
        ["y = x * n + n", "z = y / n + x ** 2"],
    ),
    "a number on the left": ("{x: 'rand(3)'}", ["y = 2 ** x + 1 / (1 + x)"]),
}


@pytest.mark.parametrize("name", BODIES)
def test_the_gradient_of_a_written_program_is_that_of_differences(name: str) -> None:
    inputs, statements = BODIES[name]
    lines = "".join(f"  - {line}\n" for line in statements)
    target = statements[-1].split(" ")[0]
    program = built(f"inputs: {inputs}\nops:\n{lines}loss: sum({target})\n")
    primals = make_primals(program, seed=11)
    moving = [n for n, item in program.inputs.items() if item.kind.differentiable]
    found = by_rules(program, primals, moving)
    for variable in moving:
        true = differences(program, primals, variable)
        assert worst_error(found[variable], true) < 1e-8
        assert worst_error(found[variable] * 1.0001, true) > 1e-6


@pytest.mark.parametrize("barrier", ["detach", "no_grad"])
def test_no_gradient_passes_a_barrier(barrier: str) -> None:
    x = {"x": np.array([2.0, 3.0])}
    program = program_of(x, step("c", barrier, "x"), step("y", "multiply", "x", "c"))
    assert by_rules(program, x)["x"].tolist() == [2, 3]
    through = program_of(x, step("y", "multiply", "x", "x"))
    assert by_rules(through, x)["x"].tolist() == [4, 6]


def test_a_variable_that_the_loss_cannot_see_has_zeros() -> None:
    inputs = {"x": np.ones(2), "idle": np.ones((2, 3), np.float32)}
    program = program_of(
        inputs, step("z", "exp", "x"), step("cut", "detach", "x"), step("y", "sum", "x")
    )
    found = by_rules(program, inputs, ["x", "idle", "z", "cut"])
    assert found["x"].tolist() == [1, 1]
    assert found["idle"].tolist() == [[0] * 3] * 2
    assert found["idle"].dtype == np.float32
    assert found["z"].tolist() == found["cut"].tolist() == [0, 0]


def test_intermediates_have_gradients_and_the_loss_has_its_cotangent() -> None:
    x = {"x": np.array([1.0, 2.0])}
    program = program_of(x, step("y", "square", "x"), step("z", "multiply", "y", 3))
    found = by_rules(program, x, ["x", "y", "z"], ct=[1.0, 10.0])
    assert found["z"].tolist() == [1, 10]
    assert found["y"].tolist() == [3, 30]
    assert found["x"].tolist() == [6, 120]


def test_a_single_precision_program_stays_in_single_precision() -> None:
    x = {"x": np.linspace(0.1, 1, 7, dtype=np.float32)}
    program = program_of(x, step("s", "sin", "x"), step("y", "multiply", "s", 0.1))
    found = by_rules(program, x, ["x", "s"], ct=np.full(7, 0.1))
    assert {array.dtype for array in found.values()} == {np.dtype(np.float32)}
    error = worst_error(found["x"] * 100, np.cos(x["x"].astype(float)))
    assert 1e-9 < error < 1e-6


def test_values_are_answered_without_a_cotangent_and_no_gradient_is() -> None:
    x = {"x": np.array([1.0, 2.0])}
    program = program_of(x, step("y", "square", "x"))
    reply = Rules().differentiate(program, read_only(x), Wanted(("x", "y"), ("x",), None))
    assert isinstance(reply, Gradients)
    assert {name: array.tolist() for name, array in reply.values.items()} == {
        "x": [1, 2],
        "y": [1, 4],
    }
    assert not reply.wrt


def test_a_whole_number_operand_gets_nothing_and_stops_nothing() -> None:
    inputs = {"x": np.array([1.0, 2.0, 3.0]), "i": np.array([2, 2])}
    program = program_of(
        inputs, step("t", "index", "x", "i", index=(Slot(1),)), step("y", "sum", "t")
    )
    assert by_rules(program, inputs, ["x"])["x"].tolist() == [0, 0, 2]


def test_primals_are_left_alone() -> None:
    x = {"x": np.array([1.0, 2.0])}
    program = program_of(x, step("y", "index_update", "x", 5.0, index=(0,)), step("z", "sum", "y"))
    assert by_rules(program, x)["x"].tolist() == [0, 1]
    assert x["x"].tolist() == [1, 2]
