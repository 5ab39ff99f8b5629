"""Specs a second, for 500 small ones with rules, finite differences and torch."""

import random
import statistics
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeAlias

from processes import GRADVERIFY, in_turns

MANY: Final = 500
ROUNDS: Final = 5
TARGET: Final = 100
ORACLES: Final = "rules,finite_difference,torch"

Writer: TypeAlias = Callable[[random.Random], str]


def polynomial(rng: random.Random) -> str:
    """Return a mean of squares of a line, at written numbers."""
    numbers = ", ".join(f"{rng.uniform(0.5, 2):.3f}" for _ in range(rng.randint(2, 6)))
    return f"""
inputs: {{x: [{numbers}]}}
ops:
  - y = {rng.uniform(1, 3):.2f} * x + {rng.uniform(0, 1):.2f}
  - z = y * y
  - out = z.mean()
loss: out
"""


def layer(rng: random.Random) -> str:
    """Return an affine layer with a hyperbolic tangent."""
    rows, columns = rng.randint(2, 4), rng.randint(2, 4)
    return f"""
inputs: {{x: "randn({rows}, {columns})", w: "randn({columns}, 3)", b: randn(3)}}
ops:
  - h = x @ w + b
  - a = tanh(h)
  - squares = a * a
  - out = sum(squares)
loss: out
"""


def logarithms(rng: random.Random) -> str:
    """Return elementwise functions of two vectors, with a gradient that is stated."""
    n = rng.randint(2, 5)
    return f"""
inputs: {{x: "randn({n})", y: "rand({n})"}}
ops:
  - a = sigmoid(x)
  - b = exp(-y)
  - c = a / (1 + b)
  - d = log(c)
loss: sum(d)
expect:
  grads: {{x: 1 - a, y: b / (1 + b)}}
"""


def classifier(rng: random.Random) -> str:
    """Return a linear classifier with a log-softmax of which one column is picked."""
    return f"""
inputs: {{x: "randn({rng.randint(2, 4)}, 4)", w: "randn(4, 3)"}}
ops:
  - logits = x @ w
  - p = log_softmax(logits, axis=1)
  - picked = p[:, 0]
  - loss = -picked.mean()
loss: loss
"""


def network(rng: random.Random) -> str:
    """Return a network of two layers with a relu, with its backward pass half written out."""
    rows = rng.randint(2, 5)
    return f"""
inputs:
  x: randn({rows}, 3)
  w1: randn(3, 4)
  w2: randn(4, 2)
  y: randn({rows}, 2)
ops:
  - h = x @ w1
  - r = relu(h)
  - p = r @ w2
  - e = p - y
  - loss = 0.5 * sum(square(e))
loss: loss
derived:
  ops: [grad_w2 = r.T @ e]
  grads: {{w2: grad_w2}}
"""


def normalised(rng: random.Random) -> str:
    """Return a normalised vector, reshaped and weighed by a cotangent."""
    half = rng.randint(1, 3)
    weights = [[round(rng.uniform(-1, 1), 2) for _ in range(half)] for _ in range(2)]
    return f"""
inputs: {{x: "rand({2 * half})"}}
ops:
  - centred = x - x.mean()
  - scale = sqrt(sum(x * x))
  - y = centred / scale
  - z = reshape(y, (2, {half}))
loss: z
cotangent: {weights}
"""


WRITERS: Final[tuple[Writer, ...]] = (
    polynomial, layer, logarithms, classifier, network, normalised,
)  # fmt: skip


def write_specs(folder: Path, many: int = MANY) -> None:
    """Write the specs, the same ones whenever it is called, one a file."""
    rng = random.Random(0)  # noqa: S311 - examples, not secrets
    for number in range(many):
        writer = WRITERS[number % len(WRITERS)]
        head = f"gradverify: 1\ntitle: A {writer.__name__} number {number}\nseed: {number}"
        path = folder / f"{writer.__name__}-{number:03}.grad.yaml"
        _ = path.write_text(head + writer(rng), encoding="utf-8")


def main() -> None:
    """Print how many specs a second there are beyond the first, whose time is that of starting."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_specs(folder)
        run = [GRADVERIFY, "run", "--no-cache", "--oracles", ORACLES]
        costs = in_turns(
            {"one": [*run, str(folder / "layer-001.grad.yaml")], "all": [*run, str(folder)]}, ROUNDS
        )
    pairs = list(zip(costs["all"], costs["one"], strict=True))
    wall = statistics.median((MANY - 1) / (a.wall - one.wall) for a, one in pairs)
    cpu = statistics.median((MANY - 1) / (a.cpu - one.cpu) for a, one in pairs)
    print(f"{MANY} specs with {ORACLES}: {wall:.0f} a second (target: at least {TARGET})")
    print(f"                             {cpu:.0f} a second of processor time")


if __name__ == "__main__":
    main()
