"""The stated and recorded oracles: what a spec's author claims, and what a document printed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, final

import numpy as np

from gradverify.arrays import Array, Values
from gradverify.oracles.enclosure import enclose_snippets
from gradverify.oracles.finite_difference import widened_values
from gradverify.oracles.oracle import Gradients, Unsupported, Wanted
from gradverify.program.evaluate import run_steps, widened
from gradverify.program.program import Claim, Program


@final
@dataclass(frozen=True, slots=True)
class Stated:
    """What the spec's author states under `expect:`, numbers and closed forms."""

    name: ClassVar[str] = "stated"

    def differentiate(
        self, program: Program, primals: Values, wanted: Wanted
    ) -> Gradients | Unsupported:
        """Answer for what is stated; `wanted` cannot add to it."""
        return _claimed("stated", program, primals)


@final
@dataclass(frozen=True, slots=True)
class Recorded:
    """What a document printed, to the precision in which it was printed."""

    name: ClassVar[str] = "recorded"

    def differentiate(
        self, program: Program, primals: Values, wanted: Wanted
    ) -> Gradients | Unsupported:
        """Answer for what was printed; `wanted` cannot add to it."""
        return _claimed("recorded", program, primals)


def claimed(claim: Claim, program: Program, base: Values) -> Array:
    """Return what a claim comes to, a closed form worked out in float64 from `base`.

    The result has the shape of the variable, which a closed form may be broadcast to.
    """
    if claim.expression is None:
        assert claim.numbers is not None
        return claim.numbers
    env: dict[str, Any] = dict(base)
    run_steps(widened(claim.expression.steps), env)
    found = np.asarray(env[claim.expression.outputs[claim.of]])
    return np.broadcast_to(found, shape_of_claim(claim, program))


def value_of_claim(claim: Claim, program: Program) -> str:
    """Return the name of the value that a claim is about."""
    if claim.of in program.names:
        return program.names[claim.of]
    assert program.derived is not None
    return program.derived.names[claim.of]


def shape_of_claim(claim: Claim, program: Program) -> tuple[int, ...]:
    """Return the shape that a claim's numbers have: the variable's, twice or after the loss's."""
    name = value_of_claim(claim, program)
    if name not in program.kinds:
        assert program.derived is not None
        return program.derived.kinds[name].shape
    shape = program.kinds[name].shape
    if claim.kind == "jacobian" and program.loss is not None:
        return program.kinds[program.loss].shape + shape
    return shape + shape if claim.kind == "hessian" else shape


def _claimed(party: str, program: Program, primals: Values) -> Gradients:
    base = widened_values(program, primals)
    if program.derived is not None:
        run_steps(program.derived.steps, base)
    mine = [claim for claim in program.claims if claim.party == party]
    values = {value_of_claim(c, program): c for c in mine if c.kind == "values"}
    grads = {value_of_claim(c, program): c for c in mine if c.kind == "grads"}
    return Gradients(
        values={name: claimed(claim, program, base) for name, claim in values.items()},
        wrt={name: claimed(claim, program, base) for name, claim in grads.items()},
        precision=_precisions(grads, program, primals),
        value_precision=_precisions(values, program, primals),
    )


def _precisions(claims: Mapping[str, Claim], program: Program, primals: Values) -> dict[str, Array]:
    """Return half a unit of the last printed digit, or the rounding of a closed form."""
    found = {n: claim.precision for n, claim in claims.items() if claim.precision is not None}
    closed = {n: claim.expression for n, claim in claims.items() if claim.expression is not None}
    if not closed:
        return found
    rounding = enclose_snippets(list(closed.values()), program, primals)
    for (name, snippet), enclosures in zip(closed.items(), rounding, strict=True):
        rad = enclosures[snippet.outputs[claims[name].of]].rad
        found[name] = np.broadcast_to(rad, shape_of_claim(claims[name], program))
    return found
