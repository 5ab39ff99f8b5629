"""Random operands and attributes for every op: rows of the table get their tests from here."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import prod
from types import MappingProxyType
from typing import Any, Final, final

import numpy as np
from hypothesis import strategies as st

from gradverify.arrays import Array, Shape
from gradverify.ops.op import REALS, Op
from tests.ops import array_plans, entry_plans
from tests.ops.draw import Draw, Plan

Planner = Callable[[Draw], Plan]

CASES: Final[Mapping[str, Planner]] = MappingProxyType(
    {
        **dict.fromkeys(("add", "subtract", "multiply", "maximum", "minimum"), entry_plans.binary),
        **dict.fromkeys(("equal", "not_equal", "less", "less_equal"), entry_plans.binary),
        **dict.fromkeys(("greater", "greater_equal"), entry_plans.binary),
        **dict.fromkeys(
            ("negative", "exp", "expm1", "log", "log1p", "sqrt", "sin"), entry_plans.unary
        ),
        **dict.fromkeys(("cos", "tanh", "square", "reciprocal", "abs", "sign"), entry_plans.unary),
        **dict.fromkeys(("relu", "sigmoid", "softplus", "detach", "no_grad"), entry_plans.unary),
        **dict.fromkeys(("flatten", "transpose"), entry_plans.unary),
        **dict.fromkeys(("logical_and", "logical_or"), entry_plans.masks),
        "sum": entry_plans.over,
        **dict.fromkeys(("mean", "max", "min", "logsumexp"), entry_plans.over_some),
        **dict.fromkeys(("var", "std"), entry_plans.spread_out),
        **dict.fromkeys(("softmax", "log_softmax"), entry_plans.along),
        "power": entry_plans.power,
        "divide": entry_plans.divide,
        "logical_not": entry_plans.one_mask,
        "where": entry_plans.where,
        "clip": entry_plans.clip,
        "prod": entry_plans.product,
        "vector_norm": entry_plans.norm,
        "matmul": array_plans.matmul,
        "dot": array_plans.vectors,
        "mm": array_plans.mm,
        "bmm": array_plans.bmm,
        "outer": array_plans.any_vectors,
        "addmm": array_plans.addmm,
        "addbmm": array_plans.addbmm,
        "baddbmm": array_plans.baddbmm,
        "reshape": array_plans.reshape,
        "permute_dims": array_plans.permute,
        "matrix_transpose": array_plans.matrix,
        "squeeze": array_plans.squeeze,
        "expand_dims": array_plans.expand_dims,
        "broadcast_to": array_plans.broadcast_to,
        "concat": array_plans.concat,
        "stack": array_plans.stack,
        "index": array_plans.index,
        "index_update": array_plans.index_update,
        "mse_loss": entry_plans.mse_loss,
        "cross_entropy": entry_plans.cross_entropy,
        "astype": entry_plans.astype,
        "constant": entry_plans.constant,
    }
)


@final
@dataclass(frozen=True, slots=True)
class Case:
    """One call of an op."""

    op: Op
    operands: tuple[Any, ...]
    attributes: Mapping[str, Any]
    ct: Array  # of the output's shape

    @property
    def floating(self) -> tuple[int, ...]:
        """The places of the operands that can have a gradient."""
        kinds = (getattr(x, "dtype", np.dtype(bool)).kind for x in self.operands)
        return tuple(n for n, kind in enumerate(kinds) if kind == "f")

    @property
    def shapes(self) -> tuple[Shape, ...]:
        return tuple(map(np.shape, self.operands))

    def primal(self, *operands: Any) -> Array:
        with np.errstate(all="ignore"):
            return self.op.primal(*(operands or self.operands), **self.attributes)

    def vjp(self, ct: Array, out: Array, *operands: Any) -> tuple[Array | None, ...]:
        assert self.op.vjp is not None
        with np.errstate(all="ignore"):
            return self.op.vjp(ct, out, *operands, **self.attributes)


def drawn(op: Op, data: st.DataObject, dtype: str = "float64") -> Case:
    """Draw a call of an op, away from its kinks."""
    draw = Draw(data)
    plan = CASES[op.name](draw)
    operands = spaced(op, plan, np.random.default_rng(draw.integer(0, 2**16)), dtype)
    defaults = {attribute.name: attribute.default for attribute in op.attributes}
    attributes = {**defaults, **plan.attributes}
    shape = op.shape(*map(np.shape, operands), **attributes)
    rng = np.random.default_rng(draw.integer(0, 2**16))
    ct = (rng.uniform(0.5, 1.5, shape) * rng.choice((-1, 1), shape)).astype(dtype)
    return Case(op, operands, attributes, np.asarray(ct))


def spaced(op: Op, plan: Plan, rng: np.random.Generator, dtype: str) -> tuple[Any, ...]:
    """Return operands whose entries keep apart from one another, from 0, and in magnitude.

    Entries are places of one grid for all operands, shifted off its middle.
    """
    shapes: list[Shape | None] = [x if isinstance(x, tuple) else None for x in plan.operands]
    sizes = [0 if shape is None else prod(shape) for shape in shapes]
    places = 2 * (sum(sizes) // 2 + 1)
    grid = (rng.permutation(places) + 0.3) / places
    ends = np.cumsum([0, *sizes])
    operands = list(plan.operands)
    for n, shape in enumerate(shapes):
        if shape is not None:
            name = op.operands[0 if op.variadic else n]
            domain = op.domain.get(name, REALS)
            entries = domain.low + (domain.high - domain.low) * grid[ends[n] : ends[n + 1]]
            operands[n] = entries.reshape(shape).astype(dtype)
    if plan.zeros:
        operands[0].reshape(-1)[: plan.zeros] = 0
    return tuple(operands)
