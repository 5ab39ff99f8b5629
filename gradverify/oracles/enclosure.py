"""What rounding can do to this very program: its values and gradients as balls."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, final

import numpy as np

from gradverify.arrays import EPS, Array, Values, largest, length
from gradverify.oracles.balls import Ball
from gradverify.oracles.radii import CERTAIN, TYPICAL, stored
from gradverify.oracles.rules import parts, pull_back
from gradverify.program.evaluate import run_steps, widened
from gradverify.program.program import Kind, Program, Snippet, Step

WIDE: Final = 2.0**10  # unit roundoffs; a wider radius is measured
BLUNT: Final = 2.0**-3  # ... and so is one that takes an eighth of half the digits
SAMPLES: Final = 3
SPREAD: Final = 2.0  # times the largest displacement seen

DOUBLE: Final = EPS / 2


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
    The radii of balls multiply from step to step, while rounding errors cancel: where they have
    become wide, what rounding does is measured, and the smaller radius counts.
    """
    unit = unit_roundoff(program.kinds.values())
    bounded = _both(program, primals, cotangent, _bounding(unit))
    if not any(_wide(found, unit) for part in bounded for found in part.values()):
        return bounded
    models = (_random(unit, seed, alike=seed == 0) for seed in range(SAMPLES))
    shaken = [_both(program, primals, cotangent, arithmetic) for arithmetic in models]
    values, gradients = (
        {n: _measured(found, [sample[k][n] for sample in shaken]) for n, found in part.items()}
        for k, part in enumerate(bounded)
    )
    return values, gradients


@final
@dataclass(frozen=True, slots=True)
class Arithmetic:
    """How balls are made, and what becomes of the rounding of one step once it is done."""

    unit: float
    odds: float
    settle: Callable[[Any], Any]

    def ball(self, found: Any) -> Any:
        """Return floating arrays as balls, put into the format; all else as it is."""
        if isinstance(found, Ball) or found.dtype.kind != "f":
            return found
        return Ball(found, stored(found, self.unit), self.unit, self.odds)

    def inputs(self, primals: Values) -> dict[str, Any]:
        """Return the inputs as balls without a radius."""
        return {name: self._exact(array) for name, array in primals.items()}

    def _exact(self, array: Array) -> Any:
        if array.dtype.kind != "f":
            return array
        return Ball(array.astype(np.float64), 0.0, self.unit, self.odds)

    def run(self, steps: Iterable[Step], env: dict[str, Any]) -> None:
        """Add the output of each step to `env`, constants and casts as balls, too."""
        for step in widened(steps):
            run_steps((step,), env)
            env[step.output] = self.settle(self.ball(env[step.output]))


def _bounding(unit: float) -> Arithmetic:
    """Return what carries every rounding on as a radius."""
    return Arithmetic(unit, CERTAIN, lambda found: found)


def _random(unit: float, seed: int, *, alike: bool) -> Arithmetic:
    """Return what rounds at random: each entry is moved by its radius, up or down, and exact then.

    Equal numbers are rounded alike, and sums of them drift: `alike` moves a whole array one way.
    Monte Carlo arithmetic: D. S. Parker, "Monte Carlo Arithmetic", UCLA CSD-970002 (1997).
    """
    rng = np.random.default_rng(seed)

    def settle(found: Any) -> Any:
        if not isinstance(found, Ball):
            return found
        signs = rng.choice((-1.0, 1.0), () if alike else found.shape)
        return found.like(found.mid + signs * found.rad, 0.0)

    return Arithmetic(unit, TYPICAL, settle)


def _both(
    program: Program, primals: Values, cotangent: Array | None, arithmetic: Arithmetic
) -> tuple[dict[str, Enclosure], dict[str, Enclosure]]:
    """Return values and gradients, the rules run on balls forwards and backwards."""
    settle, env = arithmetic.settle, arithmetic.inputs(primals)
    arithmetic.run(program.steps, env)
    cotangents: dict[str, Any] = {}
    if cotangent is not None:
        cotangents[program.goal] = arithmetic.ball(cotangent.astype(np.float64))
        pull_back(program, env, cotangents, lambda step, ct, env: parts(step, settle(ct), env))
    arithmetic.run(program.derived.steps, env)
    values = {name: _enclosure(value) for name, value in env.items()}
    return values, {name: _enclosure(settle(ct)) for name, ct in cotangents.items()}


def _wide(found: Enclosure, unit: float) -> bool:
    limit = min(WIDE * unit, BLUNT * unit**0.5)
    return not largest(found.rad) <= limit * largest(found.mid)


def _measured(bounded: Enclosure, shaken: Sequence[Enclosure]) -> Enclosure:
    """Return an enclosure with the radius that random rounding shows, where it is smaller."""
    if bounded.mid.dtype.kind != "f":
        return bounded
    moved = [np.abs(sample.mid - bounded.mid) for sample in shaken]
    typical = [length(m) / max(1.0, m.size) ** 0.5 for m in moved]
    seen = np.max([np.maximum(m, t) for m, t in zip(moved, typical, strict=True)], axis=0)
    rad = np.where(np.isnan(seen), np.inf, SPREAD * seen)
    return Enclosure(bounded.mid, np.fmin(rad, bounded.rad))


def enclose_snippets(
    snippets: Sequence[Snippet], program: Program, primals: Values
) -> list[dict[str, Enclosure]]:
    """Return for each snippet enclosures of every value that it can name, worked out in float64."""
    arithmetic = _bounding(DOUBLE)
    env = arithmetic.inputs(primals)
    arithmetic.run(program.steps, env)
    arithmetic.run(program.derived.steps, env)
    return [_continued(env, snippet, arithmetic) for snippet in snippets]


def _continued(
    env: dict[str, Any], snippet: Snippet, arithmetic: Arithmetic
) -> dict[str, Enclosure]:
    own = dict(env)
    arithmetic.run(snippet.steps, own)
    return {name: _enclosure(own[name]) for name in snippet.outputs.values()}


def _enclosure(found: Any) -> Enclosure:
    if isinstance(found, Ball):
        return Enclosure(found.mid, found.rad)
    return Enclosure(np.asarray(found), np.zeros(np.shape(found)))
