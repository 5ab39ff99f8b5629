"""Programs made at random: values used again, sizes far apart, zeros, kinks, poles nearby."""

from typing import Final

import numpy as np

from gradverify.arrays import Array
from gradverify.program.program import Program, Step
from tests.support import program_of, step

UNARY: Final = (
    *("sin", "tanh", "exp", "square", "softplus", "sigmoid", "relu", "abs", "reciprocal"),
    *("sqrt", "log", "log1p"),
)
BINARY: Final = ("add", "subtract", "multiply", "maximum", "divide")
OF_SQUARES: Final = frozenset({"sqrt", "log", "log1p"})  # for the sake of their domains


def random_inputs(rng: np.random.Generator) -> dict[str, Array]:
    """Return two vectors, one of them of any scale, its entries perhaps far apart or zero."""
    size = int(rng.choice([3, 30, 300]))
    x = rng.normal(size=size) * 10.0 ** rng.uniform(-3, 3)
    if rng.random() < 0.3:
        x *= 10.0 ** rng.uniform(-6, 3, size)
    if rng.random() < 0.2:
        x[rng.integers(size)] = 0
    return {"x": x, "w": rng.normal(size=size)}


def random_steps(rng: np.random.Generator) -> list[Step]:
    """Return steps from `x` and `w` to a summed loss."""
    names, steps = ["x", "w"], list[Step]()
    for n in range(rng.integers(2, 9)):
        first, second = (str(name) for name in rng.choice(names, 2))
        if rng.random() < 0.4:
            steps.append(step(f"v{n}", str(rng.choice(BINARY)), first, second))
        else:
            steps.extend(_unary(f"v{n}", str(rng.choice(UNARY)), first))
        names.append(f"v{n}")
    return [*steps, step("loss", "sum", names[-1])]


def _unary(output: str, op: str, operand: str) -> list[Step]:
    if op not in OF_SQUARES:
        return [step(output, op, operand)]
    return [step(f"{output}s", "square", operand), step(output, op, f"{output}s")]


def random_program(seed: int) -> tuple[Program, dict[str, Array]]:
    """Return a program and its inputs; its values may overflow."""
    rng = np.random.default_rng(seed)
    inputs = random_inputs(rng)
    return program_of(inputs, *random_steps(rng)), inputs
