"""What rounding can do to this very program: its values and gradients as balls."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, final

import numpy as np

from gradverify.arrays import Array, Values
from gradverify.oracles.balls import Ball
from gradverify.oracles.radii import stored
from gradverify.oracles.rules import pull_back
from gradverify.program.evaluate import run_steps, widened
from gradverify.program.program import Kind, Program, Snippet, Step

DOUBLE: Final = float(np.finfo(np.float64).eps) / 2


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
    _run(program.steps, env, unit)
    cotangents: dict[str, Any] = {}
    if cotangent is not None and program.loss is not None:
        cotangents[program.loss] = _ball(cotangent.astype(np.float64), unit)
        pull_back(program, env, cotangents)
    _run(program.derived.steps, env, unit)
    values = {name: _enclosure(value) for name, value in env.items()}
    return values, {name: _enclosure(ct) for name, ct in cotangents.items()}


def enclose_snippets(
    snippets: Sequence[Snippet], program: Program, primals: Values
) -> list[dict[str, Enclosure]]:
    """Return for each snippet enclosures of every value that it can name, worked out in float64."""
    env = _balls(primals, DOUBLE)
    _run(program.steps, env, DOUBLE)
    _run(program.derived.steps, env, DOUBLE)
    return [_continued(env, snippet) for snippet in snippets]


def _continued(env: dict[str, Any], snippet: Snippet) -> dict[str, Enclosure]:
    own = dict(env)
    _run(snippet.steps, own, DOUBLE)
    return {name: _enclosure(own[name]) for name in snippet.outputs.values()}


def _run(steps: Iterable[Step], env: dict[str, Any], unit: float) -> None:
    """Run steps on balls; constants and what is cast from whole numbers become balls as well."""
    for step in widened(steps):
        run_steps((step,), env)
        env[step.output] = _ball(env[step.output], unit)


def _ball(found: Any, unit: float) -> Any:
    if isinstance(found, Ball) or found.dtype.kind != "f":
        return found
    return Ball(found, stored(found, unit), unit)


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
