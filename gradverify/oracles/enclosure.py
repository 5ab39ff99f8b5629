"""What rounding can do to this very program: its values and gradients as balls."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, final

import numpy as np

from gradverify.arrays import Array, Values
from gradverify.oracles.balls import Ball
from gradverify.oracles.rules import pull_back
from gradverify.program.evaluate import run_steps, widened
from gradverify.program.program import Kind, Program, Snippet


@final
@dataclass(frozen=True, slots=True)
class Enclosure:
    """An array in float64 and how far from it another evaluation may end up by rounding alone."""

    mid: Array
    rad: Array


def unit_roundoff(kinds: Iterable[Kind]) -> float:
    """Return the unit roundoff of the coarsest floating dtype among `kinds`."""
    return max((float(np.finfo(k.dtype).eps) / 2 for k in kinds if k.differentiable), default=0.0)


def enclose(
    program: Program, primals: Values, cotangent: Array | None
) -> tuple[dict[str, Enclosure], dict[str, Enclosure]]:
    """Return enclosures of every value, the derived pass's too, and of the gradient by every value.

    The rules run on balls; values that the loss does not depend on are absent from the gradients.
    """
    unit = unit_roundoff(program.kinds.values())
    env = _balls(primals, unit)
    run_steps(widened(program.steps), env)
    cotangents: dict[str, Any] = {}
    if cotangent is not None and program.loss is not None:
        cotangents[program.loss] = Ball(cotangent.astype(np.float64), 0.0, unit)
        pull_back(program, env, cotangents)
    if program.derived is not None:
        run_steps(widened(program.derived.steps), env)
    values = {name: _enclosure(value) for name, value in env.items()}
    return values, {name: _enclosure(ct) for name, ct in cotangents.items()}


def enclose_snippets(
    snippets: Sequence[Snippet], program: Program, primals: Values
) -> list[dict[str, Enclosure]]:
    """Return for each snippet enclosures of every value that it can name, worked out in float64."""
    env = _balls(primals, float(np.finfo(np.float64).eps) / 2)
    run_steps(widened(program.steps), env)
    if program.derived is not None:
        run_steps(widened(program.derived.steps), env)
    return [_continued(env, snippet) for snippet in snippets]


def _continued(env: dict[str, Any], snippet: Snippet) -> dict[str, Enclosure]:
    own = dict(env)
    run_steps(widened(snippet.steps), own)
    return {name: _enclosure(own[name]) for name in snippet.outputs.values()}


def _balls(primals: Values, unit: float) -> dict[str, Any]:
    """Return the inputs as exact balls; integers and booleans stay as they are."""
    return {
        name: Ball(array.astype(np.float64), 0.0, unit) if array.dtype.kind == "f" else array
        for name, array in primals.items()
    }


def _enclosure(found: Any) -> Enclosure:
    if isinstance(found, Ball):
        return Enclosure(found.mid, found.rad)
    return Enclosure(np.asarray(found), np.zeros(np.shape(found)))
