"""The stated and recorded oracles: what a spec's author claims, and what a document printed."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, final

import numpy as np

from gradverify.arrays import Array, Values
from gradverify.oracles.enclosure import enclose_snippets
from gradverify.oracles.finite_difference import widened_values
from gradverify.oracles.oracle import Gradients, Unsupported, Wanted
from gradverify.program.evaluate import run_steps, widened
from gradverify.program.program import Claim, Program, Snippet


@final
@dataclass(frozen=True, slots=True)
class Stated:
    """What the spec's author states under `expect:`, numbers and closed forms."""

    name: ClassVar[str] = "stated"

    def differentiate(
        self, program: Program, primals: Values, wanted: Wanted
    ) -> Gradients | Unsupported:
        """Answer for what is stated, whatever is `wanted`."""
        _ = wanted
        return _claimed("stated", program, primals)


@final
@dataclass(frozen=True, slots=True)
class Recorded:
    """What a document printed, to the precision in which it was printed."""

    name: ClassVar[str] = "recorded"

    def differentiate(
        self, program: Program, primals: Values, wanted: Wanted
    ) -> Gradients | Unsupported:
        """Answer for what was printed, whatever is `wanted`."""
        _ = wanted
        return _claimed("recorded", program, primals)


def claimed(claim: Claim, base: Values) -> Array:
    """Return what a claim comes to, a closed form worked out in float64 from `base`."""
    if not isinstance(claim.worth, Snippet):
        return claim.worth
    env: dict[str, Any] = dict(base)
    run_steps(widened(claim.worth.steps), env)
    return np.broadcast_to(np.asarray(env[claim.worth.outputs[claim.of]]), claim.shape)


def _claimed(party: str, program: Program, primals: Values) -> Gradients:
    base = widened_values(program, primals)
    run_steps(widened(program.derived.steps), base)
    mine = [claim for claim in program.claims if claim.party == party]
    values = [claim for claim in mine if claim.kind == "values"]
    grads = [claim for claim in mine if claim.kind == "grads"]
    return Gradients(
        values={claim.value: claimed(claim, base) for claim in values},
        wrt={claim.value: claimed(claim, base) for claim in grads},
        precision=_precisions(grads, program, primals),
        value_precision=_precisions(values, program, primals),
    )


def _precisions(claims: Sequence[Claim], program: Program, primals: Values) -> dict[str, Array]:
    """Return half a unit of the last printed digit, or the rounding of a closed form."""
    found = {claim.value: claim.precision for claim in claims if claim.precision is not None}
    closed = [(claim, claim.worth) for claim in claims if isinstance(claim.worth, Snippet)]
    if not closed:
        return found
    rounding = enclose_snippets([snippet for _, snippet in closed], program, primals)
    for (claim, snippet), enclosures in zip(closed, rounding, strict=True):
        rad = enclosures[snippet.outputs[claim.of]].rad
        found[claim.value] = np.broadcast_to(rad, claim.shape)
    return found
