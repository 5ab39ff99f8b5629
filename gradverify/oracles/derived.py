"""The derived oracle: the backward pass that the spec's author wrote by hand, run as it stands."""

from dataclasses import dataclass
from typing import Any, ClassVar, final

import numpy as np

from gradverify.arrays import Values
from gradverify.oracles.oracle import Gradients, Unsupported, Wanted
from gradverify.program.evaluate import run_steps
from gradverify.program.program import Program


@final
@dataclass(frozen=True, slots=True)
class Derived:
    """Runs the forward pass and then the author's own steps, in the program's dtypes."""

    name: ClassVar[str] = "derived"

    def differentiate(
        self, program: Program, primals: Values, wanted: Wanted
    ) -> Gradients | Unsupported:
        """Answer for what the author named, whatever is `wanted`."""
        _ = wanted
        if not program.derived.outputs:
            return Unsupported("the spec has no `derived:` backward pass")
        env: dict[str, Any] = dict(primals)
        run_steps(program.steps, env)
        run_steps(program.derived.steps, env)
        return Gradients(
            values={name: np.asarray(env[name]) for name in program.derived.names.values()},
            wrt={
                program.names[of]: np.asarray(env[name])
                for of, name in program.derived.outputs.items()
            },
        )
