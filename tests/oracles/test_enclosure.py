"""An enclosure holds what rounding may make of a program's values and gradients."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pytest

from gradverify.arrays import Array, largest
from gradverify.ops.op import Slot
from gradverify.oracles.enclosure import Enclosure, enclose, unit_roundoff
from gradverify.oracles.finite_difference import widened_values
from gradverify.oracles.oracle import Gradients, Wanted
from gradverify.oracles.rules import Rules
from gradverify.program.program import Kind, Program, Step
from tests.support import program_of, read_only, step

SINGLE = 2.0**-24
DOUBLE = 2.0**-53

Inputs = Mapping[str, Array]


def single(rng: np.random.Generator, *shape: int) -> Array:
    return rng.uniform(-1, 1, shape).astype(np.float32)


def deep_chain(rng: np.random.Generator) -> tuple[Inputs, list[Step]]:
    steps = [step("v0", "multiply", "x", 1.1)]
    for n in range(60):
        op = ("sin", "tanh", "exp", "softplus")[n % 4]
        steps += [step(f"u{n}", op, f"v{n}"), step(f"v{n + 1}", "subtract", f"u{n}", 0.3)]
    return {"x": single(rng, 50)}, [*steps, step("y", "square", "v60")]


def network(rng: np.random.Generator) -> tuple[Inputs, list[Step]]:
    inputs = {"x": single(rng, 20, 200), "w": single(rng, 200, 50), "v": single(rng, 50, 10)}
    return inputs, [
        step("h", "matmul", "x", "w"),
        step("a", "tanh", "h"),
        step("o", "matmul", "a", "v"),
        step("p", "log_softmax", "o", axis=1),
        step("y", "mean", "p", axis=0),
    ]


def embedding(rng: np.random.Generator) -> tuple[Inputs, list[Step]]:
    # thousands of cotangents go to each of three rows
    inputs = {"x": np.abs(single(rng, 3, 2)), "i": rng.integers(0, 3, 20_000)}
    return inputs, [step("t", "index", "x", "i", index=(Slot(1),)), step("y", "exp", "t")]


def constants(rng: np.random.Generator) -> tuple[Inputs, list[Step]]:
    return {"x": single(rng, 100)}, [
        step("c", "constant", value=np.full(100, 0.1, np.float32)),
        step("r", "sqrt", "c"),
        step("e", "exp", "r"),
        step("y", "multiply", "x", "e"),
    ]


def casts(rng: np.random.Generator) -> tuple[Inputs, list[Step]]:
    inputs = {"x": single(rng, 100), "n": rng.integers(2**25, 2**26, 100)}
    return inputs, [
        step("m", "astype", "n", dtype="float32"),
        step("q", "divide", "m", 3e7),
        step("y", "multiply", "x", "q"),
    ]


def statistics(rng: np.random.Generator) -> tuple[Inputs, list[Step]]:
    inputs = {"x": (single(rng, 8, 1000) + 100).astype(np.float32)}
    return inputs, [
        step("v", "std", "x", axis=1, keepdims=True),
        step("m", "mean", "x", axis=1, keepdims=True),
        step("d", "subtract", "x", "m"),
        step("y", "divide", "d", "v"),
    ]


CASES: Mapping[str, Callable[[np.random.Generator], tuple[Inputs, list[Step]]]] = {
    "a deep chain": deep_chain,
    "a network": network,
    "an embedding": embedding,
    "constants": constants,
    "casts of whole numbers": casts,
    "cancellation": statistics,
}

every_case = pytest.mark.parametrize("name", CASES)


def drawn(name: str) -> tuple[Program, dict[str, Array], Array]:
    """Return a program in single precision, its inputs, and a cotangent."""
    rng = np.random.default_rng(len(name))
    inputs, steps = CASES[name](rng)
    program = program_of(inputs, *steps)
    ct = np.asarray(rng.uniform(0.5, 1.5, program.kinds["y"].shape))
    return program, dict(inputs), ct


def by_rules(program: Program, inputs: Inputs, ct: Array) -> Gradients:
    moving = tuple(n for n, array in inputs.items() if array.dtype.kind == "f")
    values = tuple(n for n, kind in program.kinds.items() if kind.differentiable)
    reply = Rules().differentiate(program, read_only(inputs), Wanted(values, moving, ct))
    assert isinstance(reply, Gradients)
    return reply


def inside(found: Array, enclosed: Enclosure, share: float = 1.0) -> bool:
    gap = np.abs(found.astype(np.float64) - enclosed.mid)
    return bool(np.all(gap <= share * enclosed.rad))


@every_case
def test_single_precision_lies_inside(name: str) -> None:
    program, inputs, ct = drawn(name)
    values, cotangents = enclose(program, inputs, ct)
    reply = by_rules(program, inputs, ct)
    assert all(inside(array, values[n]) for n, array in reply.values.items())
    assert all(inside(array, cotangents[n]) for n, array in reply.wrt.items())


@every_case
def test_the_middles_are_the_values_in_double_precision(name: str) -> None:
    program, inputs, _ = drawn(name)
    values, _ = enclose(program, inputs, None)
    for n, exact in widened_values(program, inputs).items():
        assert np.allclose(values[n].mid, exact, rtol=1e-9, atol=1e-12)


WIDTH = {  # in units of the largest entry; what single precision needs is in brackets
    "a deep chain": 400.0,  # 120 steps of 8 units, measured (15)
    # sums of 200 and of 50 terms are good for 8 of their roots, and of terms larger than they (18)
    "a network": 1e4,
    "an embedding": 1200.0,  # 8 times the root of 20,000 terms (27)
    "constants": 40.0,  # a root, an exponential, two products (2)
    "casts of whole numbers": 10.0,  # two roundings and two products (1)
    # entries of 100 whose differences are 1: a sum of 1000 of them is good for 250 units of 100
    "cancellation": 2e5,  # (770)
}


@every_case
def test_an_enclosure_is_no_wider_than_its_operations_explain(name: str) -> None:
    program, inputs, ct = drawn(name)
    enclosed = enclose(program, inputs, ct)[1]["x"]
    assert largest(enclosed.rad) <= WIDTH[name] * SINGLE * largest(enclosed.mid)


@every_case
def test_a_gradient_that_is_off_by_more_lies_outside(name: str) -> None:
    program, inputs, ct = drawn(name)
    _, cotangents = enclose(program, inputs, ct)
    found = by_rules(program, inputs, ct).wrt["x"]
    wrong = found + 2 * WIDTH[name] * SINGLE * largest(found)
    assert not inside(wrong, cotangents["x"])


def test_constants_round_as_inputs_do() -> None:
    # control: were constants exact, single precision would lie outside
    program, inputs, ct = drawn("constants")
    values, _ = enclose(program, inputs, ct)
    for name in ("r", "e"):
        off = np.abs(by_rules(program, inputs, ct).values[name] - values[name].mid)
        assert 0 < largest(off) <= largest(values[name].rad)
    assert largest(values["c"].rad) == 0


def test_a_cotangent_that_its_format_cannot_hold_has_a_radius() -> None:
    x = {"x": np.ones(3, np.float32)}
    program = program_of(x, step("y", "multiply", "x", 2))
    for ct, width in ((0.5, 0.0), (0.1, 0.1 * SINGLE)):
        _, cotangents = enclose(program, x, np.full(3, ct))
        assert largest(cotangents["y"].rad) == width


def test_what_the_loss_does_not_depend_on_has_no_cotangent() -> None:
    inputs = {"x": np.ones(3), "idle": np.ones(3)}
    program = program_of(inputs, step("c", "detach", "x"), step("y", "exp", "x"))
    values, cotangents = enclose(program, inputs, np.ones(3))
    assert values.keys() == {"x", "idle", "c", "y"}
    assert cotangents.keys() == {"x", "y"}


def test_without_a_cotangent_there_are_values_alone() -> None:
    x = {"x": np.ones(3)}
    values, cotangents = enclose(program_of(x, step("y", "exp", "x")), x, None)
    assert 0 < values["y"].rad[0] <= 16 * DOUBLE * np.e
    assert not cotangents


@pytest.mark.parametrize(
    ("dtypes", "unit"),
    [
        (["float64"], DOUBLE),
        (["float64", "float32"], SINGLE),
        (["float16", "float32"], 2.0**-11),
        (["int64", "bool"], 0.0),
        (["int64", "float64"], DOUBLE),
    ],
)
def test_the_coarsest_floating_format_counts(dtypes: Sequence[str], unit: float) -> None:
    assert unit_roundoff(Kind((), np.dtype(dtype)) for dtype in dtypes) == unit


def test_whole_numbers_and_bools_are_exact() -> None:
    inputs: dict[str, Any] = {"x": np.ones(2), "n": np.array([1, 2])}
    program = program_of(inputs, step("m", "greater", "n", 1), step("y", "where", "m", "x", 0))
    values, cotangents = enclose(program, inputs, np.ones(2))
    assert values["m"].mid.tolist() == [False, True]
    assert values["m"].rad.tolist() == [0, 0]
    assert cotangents["x"].mid.tolist() == [0, 1]
    assert cotangents.keys() == {"x", "y"}


def test_where_radii_multiply_rounding_is_measured_and_the_smaller_radius_counts() -> None:
    # each of 40 steps doubles the radius that came before, while the value stays as it is
    x = {"x": np.linspace(1, 2, 500, dtype=np.float32)}
    steps = [step("v0", "multiply", "x", 1.1)]
    for n in range(40):
        steps += [
            step(f"d{n}", "multiply", f"v{n}", 2),
            step(f"v{n + 1}", "subtract", f"d{n}", f"v{n}"),
        ]
    program = program_of(x, *steps, step("y", "sin", "v40"))
    values, gradients = enclose(program, x, np.ones(500))
    again, _ = enclose(program, x, np.ones(500))
    bounds = 3.0**40 * SINGLE  # what radii that only add up would come to
    assert largest(values["v40"].rad) < 1e-3 * bounds
    assert np.array_equal(values["y"].rad, again["y"].rad)
    reply = by_rules(program, x, np.ones(500))
    assert all(inside(array, values[n]) for n, array in reply.values.items())
    assert inside(reply.wrt["x"], gradients["x"])
