"""Forward passes and memory that finite differences take, for ten inputs and for a million."""

import tempfile
import tracemalloc
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, final
from unittest import mock

from gradverify.oracles import finite_difference
from gradverify.oracles.oracle import Gradients
from gradverify.program.build import build_program
from gradverify.program.evaluate import Route, run_steps
from gradverify.program.inputs import make_primals
from gradverify.program.program import Program
from gradverify.run.plan import wanted
from gradverify.spec.parse import load_specs

SIZES: Final = (10, 1_000_000)
MOST_PASSES: Final = 20
MOST_MEMORY: Final = 6.0
ROOM: Final = 2**34

SPECS: Final[Mapping[str, str]] = {
    "sum of exp": """
inputs: {{x: "randn({n})"}}
loss: sum(exp(x))
""",
    "exp, with a cotangent": """
inputs: {{x: "randn({n})"}}
loss: exp(x)
cotangent: full(({n},), 0.5)
""",
    "log-softmax": """
inputs: {{x: "randn({n})"}}
loss: -log_softmax(x, axis=0)[0]
""",
    "mean of squares": """
inputs: {{x: "randn({n})"}}
ops: [y = x * x]
loss: y.mean()
""",
    "relu network": """
inputs: {{x: "randn({tenth}, 10)", w1: "randn(10, 10)", w2: "randn(10, 1)"}}
loss: sum(square(relu(x @ w1) @ w2))
""",
}


@final
@dataclass(frozen=True, slots=True)
class Effort:
    """What one answer took: directions, the most passes of any, all passes, and bytes at the peak.

    `all_passes` counts the search for entries at a kink as well. `size` is the bytes of the inputs
    and of the values that are asked for, and `forward` those at the peak of one forward pass alone.
    """

    directions: int
    passes: int
    all_passes: int
    peak: int
    size: int
    forward: int


def program_of(text: str, n: int) -> Program:
    """Return the program of a spec with about `n` inputs."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "large.grad.yaml"
        body = text.format(n=n, tenth=n // 10)
        _ = path.write_text(f"gradverify: 1\ntitle: Large\n{body}", encoding="utf-8")
        (spec,) = load_specs(path)
        return build_program(spec, ROOM)


@contextmanager
def counted() -> Generator[list[int], None, None]:
    """Count the forward passes of the oracle: the list has one entry for each."""
    passes: list[int] = []

    run = Route.run

    def counting(route: Route, env: dict[str, Any]) -> None:
        passes.append(1)
        run(route, env)

    with mock.patch.object(Route, "run", counting):
        yield passes


@contextmanager
def traced() -> Generator[list[int], None, None]:
    """Put the bytes that were allocated at the peak into the list."""
    peaks: list[int] = []
    tracemalloc.start()
    try:
        yield peaks
        peaks.append(tracemalloc.get_traced_memory()[1])
    finally:
        tracemalloc.stop()


def effort(program: Program) -> Effort:
    """Return what the gradients by all variables of a program take."""
    primals, question = make_primals(program, 0), wanted(program)
    with traced() as forward:
        run_steps(program.steps, dict(primals))
    with traced() as peak, counted() as passes:
        answer = finite_difference.FiniteDifference().differentiate(program, primals, question)
    if not isinstance(answer, Gradients):
        raise TypeError(answer.reason)
    probes = [probe for found in answer.probes.values() for probe in found]
    return Effort(
        directions=len(probes),
        passes=max(probe.passes for probe in probes),
        all_passes=len(passes),
        peak=peak[0],
        size=sum(array.nbytes for array in {**answer.values, **primals}.values()),
        forward=forward[0],
    )


def main() -> None:
    """Print a line for each function and size."""
    print(f"targets: at most {MOST_PASSES} passes a direction, and at most {MOST_MEMORY:g} times")
    print("the memory of inputs and outputs (the values that are asked for)\n")
    print("function                  inputs  directions  passes  all passes  memory  forward alone")
    for name, text in SPECS.items():
        for n in SIZES:
            took = effort(program_of(text, n))
            memory, alone = took.peak / took.size, took.forward / took.size
            print(
                f"{name:22} {n:9,} {took.directions:11} {took.passes:7} {took.all_passes:11}"
                + (f"  {memory:6.1f}  {alone:13.1f}" if n == max(SIZES) else "")
            )


if __name__ == "__main__":
    main()
