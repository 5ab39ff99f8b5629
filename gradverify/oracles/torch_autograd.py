# torch's own types are partial, and the file must also pass where torch is not installed:
# pyright: basic, reportMissingImports=false
"""The oracle `torch`: native forward passes, and gradients that torch.autograd derives."""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np
import torch
from torch import Tensor

from gradverify.arrays import Array, Values
from gradverify.oracles.oracle import Gradients, Unsupported, Wanted
from gradverify.oracles.torch_lowerings import LOWERINGS
from gradverify.program.program import Number, Program, Step


@final
@dataclass(frozen=True, slots=True)
class TorchAutograd:
    """Gradients of inputs and of intermediates as torch.autograd gives them, on the CPU."""

    name: ClassVar[str] = "torch"

    def differentiate(
        self, program: Program, primals: Values, wanted: Wanted
    ) -> Gradients | Unsupported:
        """Run the program in torch and ask autograd for the wanted gradients.

        Arrays keep their dtype and bits on the way in and out. What the forward pass raises
        is not caught.
        """
        missing = sorted({step.op for step in program.steps} - LOWERINGS.keys())
        if missing:
            return Unsupported(f"no torch lowering for {', '.join(missing)}")
        variables = _variables(program, wanted)
        with one_thread():
            env = _run(program, primals, variables)
            wrt = _gradients(program, env, variables, wanted.cotangent)
        return Gradients(values={name: _array(env[name]) for name in wanted.values}, wrt=wrt)


@contextmanager
def one_thread() -> Iterator[None]:
    """Keep torch to one thread: a second makes a 20 x 20 product wait 8 ms on a busy machine."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def _variables(program: Program, wanted: Wanted) -> tuple[str, ...]:
    if wanted.cotangent is None:
        return ()
    return tuple(name for name in wanted.variables if program.kinds[name].differentiable)


def _run(program: Program, primals: Values, tracked: Collection[str]) -> Mapping[str, Tensor]:
    """Return every value of the program; the tracked ones require a gradient."""
    env = {name: torch.from_numpy(np.array(primals[name], order="C")) for name in program.inputs}
    for name in env.keys() & set(tracked):
        _ = env[name].requires_grad_()
    for step in program.steps:
        env[step.output] = stepped(step, env)
        if step.output in tracked and not env[step.output].requires_grad:
            _ = env[step.output].requires_grad_()
    return env


def stepped(step: Step, env: Mapping[str, Tensor]) -> Tensor:
    """Return what a step gives in torch: a tensor of its own, whatever the operation returns."""
    operands = [item.value if isinstance(item, Number) else env[item] for item in step.operands]
    output = LOWERINGS[step.op](*operands, **step.attributes)
    # an op that changes nothing hands back its operand: one tensor for two values, whose
    # gradients differ; a view is a value of its own
    return output.view_as(output) if any(output is item for item in operands) else output


def _gradients(
    program: Program,
    env: Mapping[str, Tensor],
    variables: tuple[str, ...],
    cotangent: Array | None,
) -> Values:
    """Return the derivative of the weighed loss by each variable, zeros where there is no path."""
    if program.loss is None or cotangent is None or not variables:
        return {}
    loss, tensors = env[program.loss], [env[name] for name in variables]
    if not loss.requires_grad:
        return {name: _array(torch.zeros_like(env[name])) for name in variables}
    weights = torch.from_numpy(np.array(cotangent, order="C")).to(loss.dtype)
    # the weighed sum has the same gradient as passing `weights` as grad_outputs, for which torch
    # would import its symbolic shapes and sympy: 2 s
    gradients = torch.autograd.grad((loss * weights).sum(), tensors, materialize_grads=True)
    return {name: _array(grad) for name, grad in zip(variables, gradients, strict=True)}


def _array(tensor: Tensor) -> Array:
    return np.array(tensor.detach().numpy(), order="C")
