# jax's own types are partial, and the file must also pass where jax is not installed:
# pyright: basic, reportMissingImports=false
"""The oracle `jax`: native forward passes, the whole program compiled once, and jax.vjp."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from types import MappingProxyType
from typing import Any, ClassVar, Final, TypeAlias, final

import jax
import numpy as np

from gradverify.arrays import Values
from gradverify.oracles.jax_lowerings import LOWERINGS
from gradverify.oracles.oracle import Gradients, Unsupported, Wanted
from gradverify.program.program import Kind, Number, Program

Environment: TypeAlias = Mapping[str, jax.Array]
Answer: TypeAlias = tuple[Environment, Environment]

# A spec is compiled for a handful of runs: what makes the code fast costs more than it saves
# (0.015 s instead of 0.07 s to compile a two-layer network).
COMPILER_OPTIONS: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "xla_backend_optimization_level": 0,
        "xla_llvm_disable_expensive_passes": True,
        "xla_cpu_use_fusion_emitters": False,
        "xla_cpu_parallel_codegen_split_count": 1,
        # fused, x * w + b is computed again in the backward pass, and unoptimised with another
        # rounding: then no entry equals its own maximum; reordered sums would round otherwise
        "xla_disable_hlo_passes": "fusion,algsimp",
    }
)


@final
@dataclass(frozen=True, slots=True)
class JaxGrad:
    """Gradients of inputs and of intermediates as jax gives them, on the CPU.

    An intermediate is moved by a nudge of nothing, and its gradient is the derivative by the nudge.
    Values are 64 bits wide during the call alone.
    """

    name: ClassVar[str] = "jax"

    def differentiate(
        self, program: Program, primals: Values, wanted: Wanted
    ) -> Gradients | Unsupported:
        """Compile the program, unless the same was asked just before, and run it.

        Arrays keep their dtype on the way in and out. What the forward pass raises is not
        caught.
        """
        missing = sorted({step.op for step in program.steps} - LOWERINGS.keys())
        if missing:
            return Unsupported(f"no jax lowering for {', '.join(missing)}")
        request = _Request(_Same(program), wanted.values, _variables(program, wanted))
        inputs = {name: np.asarray(primals[name]) for name in program.inputs}
        loss = request.weighed
        cotangent = None if loss is None else np.asarray(wanted.cotangent, loss.dtype)
        with jax.enable_x64(new_val=True), jax.default_device("cpu"):
            values, wrt = _executable(request)({**inputs, **_constants(program)}, cotangent)
            return Gradients(values=_arrays(values), wrt=_arrays(wrt))


@final
@dataclass(frozen=True, slots=True, eq=False)
class _Same:
    """A program compared by identity, and kept alive so that nothing else gets its identity."""

    program: Program

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and self.program is other.program

    def __hash__(self) -> int:
        return id(self.program)


@final
@dataclass(frozen=True, slots=True)
class _Request:
    """All that the compiled code depends on; primals, constants and cotangent are arguments."""

    same: _Same
    values: tuple[str, ...]
    variables: tuple[str, ...]

    @property
    def weighed(self) -> Kind | None:
        """What the cotangent is of: the loss, or nothing where no gradient is wanted."""
        program = self.same.program
        return program.kinds[program.loss] if program.loss and self.variables else None


def _variables(program: Program, wanted: Wanted) -> tuple[str, ...]:
    if program.loss is None or wanted.cotangent is None:
        return ()
    return tuple(name for name in wanted.variables if program.kinds[name].differentiable)


def _constants(program: Program) -> Values:
    """Return what the compiled code takes as arguments too: XLA would fold it, at any price."""
    return {
        step.output: np.asarray(step.attributes["value"])
        for step in program.steps
        if step.op == "constant"
    }


def _arrays(arrays: Mapping[str, jax.Array]) -> Values:
    return {name: np.array(array) for name, array in arrays.items()}


@lru_cache(maxsize=8)
def _executable(request: _Request) -> Callable[..., Answer]:
    """Return the compiled function of (inputs, cotangent); the last few are kept."""
    program = request.same.program
    names = (*program.inputs, *_constants(program))
    inputs = {name: _struct(program.kinds[name]) for name in names}
    cotangent = None if request.weighed is None else _struct(request.weighed)
    lowered = jax.jit(partial(_answer, request)).lower(inputs, cotangent)
    try:
        return lowered.compile(compiler_options=dict(COMPILER_OPTIONS))
    except jax.errors.JaxRuntimeError:  # another release may not know one of the options
        return lowered.compile()


def _struct(kind: Kind) -> jax.ShapeDtypeStruct:
    return jax.ShapeDtypeStruct(kind.shape, kind.dtype)


def _answer(request: _Request, inputs: Environment, cotangent: jax.Array | None) -> Answer:
    """Return the wanted values and the wanted gradients."""
    forward = partial(_forward, request, inputs)
    if cotangent is None:
        return forward({})[1], {}
    kinds = request.same.program.kinds
    nudges = {name: _nudge(kinds[name]) for name in request.variables}
    _, pull_back, values = jax.vjp(forward, nudges, has_aux=True)
    (gradients,) = pull_back(cotangent)
    return values, gradients


def _forward(
    request: _Request, inputs: Environment, nudges: Environment
) -> tuple[jax.Array | None, Environment]:
    """Return the loss and the wanted values."""
    program = request.same.program
    env = {name: _moved(name, inputs[name], nudges) for name in program.inputs}
    for step in program.steps:
        constant = step.op == "constant"
        attributes = {"value": inputs[step.output]} if constant else step.attributes
        operands = [item.value if isinstance(item, Number) else env[item] for item in step.operands]
        output = LOWERINGS[step.op](*operands, **attributes)
        env[step.output] = _moved(step.output, output, nudges)
    loss = None if program.loss is None else env[program.loss]
    return loss, {name: env[name] for name in request.values}


def _moved(name: str, value: jax.Array, nudges: Environment) -> jax.Array:
    return jax.lax.add(value, nudges[name]) if name in nudges else value


def _nudge(kind: Kind) -> jax.Array:
    # -0.0, because adding 0.0 would turn -0.0 into 0.0
    return jax.lax.full(kind.shape, -0.0, kind.dtype)
