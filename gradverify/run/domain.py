"""Whether a program has a gradient at all at the point where it is run."""

from collections.abc import Mapping
from typing import Any, final

import numpy as np

from gradverify.arrays import Values
from gradverify.errors import SpecError, SpecErrors
from gradverify.program.evaluate import run_steps, widened
from gradverify.program.program import Program, Step


@final
class NotFiniteLossError(SpecError):
    """A loss that is NaN or infinite: there is nothing to differentiate."""

    def __init__(self, step: Step, value: float, place: str) -> None:
        message = f"the loss is {value} at these inputs, and has no gradient"
        hint = (
            f"`{step.source}` is the first step with such a number, {place}. Choose other inputs."
        )
        super().__init__(step.mark, message, hint=hint)


@final
class StepFailedError(SpecError):
    """A step that the data do not allow: a label that is no class, an index out of range."""

    def __init__(self, step: Step, error: Exception) -> None:
        message = f"`{step.source}` cannot be computed: {str(error).strip()}"
        hint = "The shapes fit; look at the whole numbers that select classes or entries."
        super().__init__(step.mark, message, hint=hint)


def assert_differentiable(program: Program, primals: Values) -> None:
    """Raise SpecErrors, at the step that is at fault, where there is no finite loss."""
    base = _computed(program, primals)
    if program.loss is None or np.all(np.isfinite(base[program.loss])):
        return
    loss = np.asarray(base[program.loss])
    value = float(loss[~np.isfinite(loss)].ravel()[0])
    for step in program.steps:
        if not np.all(np.isfinite(base[step.output])):
            raise SpecErrors([NotFiniteLossError(step, value, _place(base[step.output]))])


def _computed(program: Program, primals: Values) -> Mapping[str, Any]:
    env: dict[str, Any] = dict(primals)
    for step in widened(program.steps):
        try:
            run_steps((step,), env)
        except (IndexError, ValueError) as error:
            raise SpecErrors([StepFailedError(step, error)]) from error
    return env


def _place(array: Any) -> str:
    index = np.argwhere(~np.isfinite(array))[0]
    return f"at [{', '.join(map(str, index))}]" if index.size else "as a whole"
