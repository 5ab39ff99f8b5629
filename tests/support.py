"""Programs made by hand: inputs as arrays, steps as tuples, kinds from the numpy primals."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from gradverify.arrays import Array, frozen
from gradverify.errors import Mark
from gradverify.ops.table import OPS
from gradverify.program.evaluate import run_steps
from gradverify.program.program import Input, Kind, Maker, Number, Program, Step

MARK = Mark("by-hand.grad.yaml", 1, 1, "")


def step(output: str, op: str, *operands: str | float, **attributes: Any) -> Step:
    """Return a step; numbers among the operands become Numbers, defaults are filled in."""
    filled = {item.name: item.default for item in OPS[op].attributes} | attributes
    named = tuple(item if isinstance(item, str) else Number(item) for item in operands)
    return Step(output, op, named, MappingProxyType(filled), MARK, f"{output} = {op}(...)")


def program_of(inputs: Mapping[str, Array], *steps: Step, loss: str | None = None) -> Program:
    """Return a program of these steps; the last output is the loss unless named."""
    env = dict(inputs)
    run_steps(steps, env)
    goal = loss or steps[-1].output
    return Program(
        inputs={name: _input(name, array) for name, array in inputs.items()},
        steps=steps,
        names={name: name for name in env},
        kinds={name: _kind(array) for name, array in env.items()},
        loss=goal,
        cotangent=None,
        derived=None,
        claims=(),
    )


def read_only(arrays: Mapping[str, Array]) -> dict[str, Array]:
    """Return the arrays as an oracle receives them."""
    return {name: frozen(array) for name, array in arrays.items()}


def worst_error(claimed: Array, true: Array) -> float:
    """Return the largest error relative to the largest true entry; infinite where shapes differ."""
    if claimed.shape != true.shape:
        return float("inf")
    if not true.size or np.array_equal(claimed, true, equal_nan=True):
        return 0.0
    error = float(np.max(np.abs(np.asarray(claimed, float) - np.asarray(true, float))))
    return float("inf") if np.isnan(error) else error / max(float(np.max(np.abs(true))), 1.0)


def _input(name: str, array: Array) -> Input:
    return Input(name, Maker("array", (array,)), _kind(array), requires_grad=True, mark=MARK)


def _kind(array: Array) -> Kind:
    return Kind(np.shape(array), np.asarray(array).dtype)
