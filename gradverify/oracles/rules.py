"""The rules oracle: numpy primals, and the table's vjp rules walked backwards. Manual backprop."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, TypeAlias, final

import numpy as np

from gradverify.arrays import Values
from gradverify.ops.broadcasting import unbroadcast
from gradverify.ops.table import OPS
from gradverify.oracles.oracle import Gradients, Unsupported, Wanted
from gradverify.program.evaluate import operands_of, run_steps
from gradverify.program.program import Program, Step

Rule: TypeAlias = Callable[[Step, Any, Mapping[str, Any]], Sequence[Any]]
"""(step, cotangent of its output, every value) ↦ a cotangent for each operand."""


@final
@dataclass(frozen=True, slots=True)
class Rules:
    """Every step forwards, then every rule backwards."""

    name: ClassVar[str] = "rules"

    def differentiate(
        self, program: Program, primals: Values, wanted: Wanted
    ) -> Gradients | Unsupported:
        """Answer for every wanted variable; a variable that the loss cannot see gets zeros."""
        env: dict[str, Any] = dict(primals)
        run_steps(program.steps, env)
        cotangents: dict[str, Any] = {}
        if wanted.cotangent is not None and program.loss is not None:
            cotangents[program.loss] = wanted.cotangent.astype(program.kinds[program.loss].dtype)
            pull_back(program, env, cotangents)
        return Gradients(
            values={name: np.asarray(env[name]) for name in wanted.values},
            wrt={
                name: np.asarray(cotangents.get(name, np.zeros_like(env[name])))
                for name in wanted.variables
                if cotangents
            },
        )


def parts(step: Step, ct: Any, env: Mapping[str, Any]) -> Sequence[Any]:
    """Return the cotangent that a step passes on to each operand, before broadcasting is undone."""
    vjp = OPS[step.op].vjp
    if vjp is None:
        return [None] * len(step.operands)
    return vjp(ct, env[step.output], *operands_of(step, env), **step.attributes)


def pull_back(
    program: Program, env: Mapping[str, Any], cotangents: dict[str, Any], rule: Rule = parts
) -> None:
    """Add to `cotangents`, which holds the loss's, those of all values that it depends on.

    `env` holds every value of the program, in any array type that the rules can work on; `rule`
    stands for the table's rules.
    """
    with np.errstate(all="ignore"):
        for step in reversed(program.steps):
            ct = cotangents.get(step.output)
            if ct is not None:
                _pass_on(step, rule(step, ct, env), program, cotangents)


def _pass_on(
    step: Step, passed: Sequence[Any], program: Program, cotangents: dict[str, Any]
) -> None:
    for name, part in zip(step.operands, passed, strict=True):
        if isinstance(name, str) and part is not None and program.kinds[name].differentiable:
            shape = program.kinds[name].shape
            summed = unbroadcast(part, shape) if OPS[step.op].broadcasts else part
            cotangents[name] = cotangents[name] + summed if name in cotangents else summed
