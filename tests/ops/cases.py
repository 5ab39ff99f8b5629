"""Random operands and attributes for every op: rows of the table get their tests from here."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import inf, prod
from types import MappingProxyType
from typing import Any, Final, TypeVar, final

import numpy as np
from hypothesis import strategies as st

from gradverify.arrays import Array, Shape
from gradverify.ops.op import REALS, Op, Slot
from gradverify.ops.table import OPS

Item = TypeVar("Item")


@final
@dataclass(frozen=True, slots=True)
class Plan:
    """What is drawn: shapes of floating operands, or operands as they are, and attributes."""

    operands: tuple[Any, ...]
    attributes: Mapping[str, Any] = field(default_factory=dict[str, Any])
    zeros: int = 0  # so many entries of the first operand are set to 0


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
        arrays = enumerate(self.operands)
        return tuple(n for n, x in arrays if isinstance(x, np.ndarray) and x.dtype.kind == "f")

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


@final
class Draw:
    """Draws what a plan needs, by hypothesis."""

    def __init__(self, data: st.DataObject) -> None:
        self.data = data

    def integer(self, low: int, high: int) -> int:
        return self.data.draw(st.integers(low, high))

    def flag(self) -> bool:
        return self.data.draw(st.booleans())

    def of(self, items: Sequence[Item]) -> Item:
        return self.data.draw(st.sampled_from(items))

    def shape(self, low: int = 0, high: int = 3, side: int = 0) -> Shape:
        return tuple(self.integer(side, 3) for _ in range(self.integer(low, high)))

    def part_of(self, shape: Shape) -> Shape:
        """Draw a shape that broadcasts to another."""
        sizes = tuple(1 if self.integer(0, 3) == 0 else size for size in shape)
        return sizes[self.integer(0, len(sizes)) if self.integer(0, 2) == 0 else 0 :]

    def pair(self, shape: Shape) -> tuple[Shape, Shape]:
        """Draw two shapes that broadcast to another together, or at least to a part of it."""
        return self.of(((shape, self.part_of(shape)), (self.part_of(shape), shape)))

    def whole(self, shape: Shape, low: int, high: int) -> Array:
        rng = np.random.default_rng(self.integer(0, 2**16))
        return rng.integers(low, high, size=shape)

    def axes(self, shape: Shape) -> int | tuple[int, ...] | None:
        if not shape or self.integer(0, 3) == 0:
            return self.of((None, ()))
        count = len(shape)
        if self.flag():
            return self.integer(-count, count - 1)
        some = self.data.draw(st.permutations(range(count)))[: self.integer(1, count)]
        return tuple(axis - count if self.flag() else axis for axis in some)


Planner = Callable[[Draw], Plan]


def unary(draw: Draw) -> Plan:
    return Plan((draw.shape(),))


def binary(draw: Draw) -> Plan:
    if draw.integer(0, 4) == 0:
        number = draw.of((1, 2, 0.5, -1.5, True))
        return Plan((draw.shape(), number) if draw.flag() else (number, draw.shape()))
    return Plan(draw.pair(draw.shape()))


def power(draw: Draw) -> Plan:
    if draw.flag():
        return Plan((draw.shape(), draw.of((0, 1, 2, 3, -1, 0.5, -2.5, 0.0, 2.0))))
    if draw.integer(0, 4) == 0:
        return Plan((draw.of((2, 0.5)), draw.shape()))
    return Plan(draw.pair(draw.shape()))


def divide(draw: Draw) -> Plan:
    if draw.integer(0, 4) == 0:
        return Plan((draw.shape(), 2) if draw.flag() else (3, draw.shape()))
    return Plan(draw.pair(draw.shape()))


def masks(draw: Draw) -> Plan:
    shapes = draw.pair(draw.shape())
    return Plan(tuple(draw.whole(shape, 0, 2).astype(bool) for shape in shapes))


def one_mask(draw: Draw) -> Plan:
    return Plan((draw.whole(draw.shape(), 0, 2).astype(bool),))


def where(draw: Draw) -> Plan:
    shape = draw.shape()
    condition = draw.whole(draw.part_of(shape), 0, 2).astype(bool)
    return Plan((condition, shape, 0 if draw.integer(0, 4) == 0 else draw.part_of(shape)))


def clip(draw: Draw) -> Plan:
    low, high = draw.of(((-1, 1.5), (None, 0.25), (0, None), (None, None), (-0.5, 0)))
    return Plan((draw.shape(),), {"min": low, "max": high})


def over(draw: Draw, side: int = 0) -> Plan:
    shape = draw.shape(side=side)
    return Plan((shape,), {"axis": draw.axes(shape), "keepdims": draw.flag()})


def over_some(draw: Draw) -> Plan:
    return over(draw, side=1)


def product(draw: Draw) -> Plan:
    plan = over(draw)
    return Plan(plan.operands, plan.attributes, zeros=draw.integer(0, 3))


def spread_out(draw: Draw) -> Plan:
    plan = over_some(draw)
    shape, axis = plan.operands[0], plan.attributes["axis"]
    count = np.ones(shape).size // np.ones(shape).sum(axis=axis).size
    return Plan((shape,), {**plan.attributes, "correction": draw.integer(0, min(1, count - 1))})


def norm(draw: Draw) -> Plan:
    plan = over_some(draw)
    return Plan(plan.operands, {**plan.attributes, "ord": draw.of((1, 2, inf))})


def matmul(draw: Draw) -> Plan:
    rows, inner, columns = (draw.integer(0, 3) for _ in range(3))
    left, right = draw.pair(draw.shape(high=2))
    x = (inner,) if draw.integer(0, 3) == 0 else (*left, rows, inner)
    y = (inner,) if draw.integer(0, 3) == 0 else (*right, inner, columns)
    return Plan((x, y))


def vectors(draw: Draw) -> Plan:
    size = draw.integer(0, 3)
    return Plan(((size,), (size,)))


def any_vectors(draw: Draw) -> Plan:
    return Plan(((draw.integer(0, 3),), (draw.integer(0, 3),)))


def matrices(draw: Draw, *batch: int) -> tuple[Shape, Shape, Shape]:
    """Draw the shapes of two matrices and of their product."""
    rows, inner, columns = (draw.integer(0, 3) for _ in range(3))
    return (*batch, rows, inner), (*batch, inner, columns), (*batch, rows, columns)


def mm(draw: Draw) -> Plan:
    return Plan(matrices(draw)[:2])


def bmm(draw: Draw) -> Plan:
    return Plan(matrices(draw, draw.integer(0, 3))[:2])


def added(draw: Draw, shapes: tuple[Shape, Shape, Shape]) -> Plan:
    scales = {"beta": draw.of((1, 0.5, 0)), "alpha": draw.of((1, -2))}
    return Plan((draw.part_of(shapes[2]), *shapes[:2]), scales)


def addmm(draw: Draw) -> Plan:
    return added(draw, matrices(draw))


def addbmm(draw: Draw) -> Plan:
    x, y, (_, *matrix) = matrices(draw, draw.integer(0, 3))
    return added(draw, (x, y, tuple(matrix)))


def baddbmm(draw: Draw) -> Plan:
    return added(draw, matrices(draw, draw.integer(0, 3)))


def reshape(draw: Draw) -> Plan:
    shape, target = draw.of(
        (
            *(((2, 3), (3, 2)), ((2, 3), (-1,)), ((4,), (2, -1)), ((), (1, 1)), ((1, 1), ())),
            *(((0, 2), (2, 0)), ((0, 2), (-1, 2)), ((2, 1, 3), (6, 1)), ((0,), (0, 3))),
        )
    )
    return Plan((shape,), {"shape": target})


def permute(draw: Draw) -> Plan:
    shape = draw.shape()
    axes = draw.data.draw(st.permutations(range(len(shape))))
    signed = tuple(axis - len(shape) if draw.flag() else axis for axis in axes)
    return Plan((shape,), {"axes": signed})


def matrix(draw: Draw) -> Plan:
    return Plan((draw.shape(low=2),))


def squeeze(draw: Draw) -> Plan:
    shape, axis = draw.of(
        (((1, 2, 1), None), ((1, 2, 1), 0), ((1, 2, 1), -1), ((1, 2, 1), (0, 2)), ((), None))
    )
    return Plan((shape,), {"axis": axis})


def expand_dims(draw: Draw) -> Plan:
    shape = draw.shape(high=2)
    count = len(shape)
    one = draw.integer(-count - 1, count)
    return Plan((shape,), {"axis": draw.of((one, (0, -1), (1, 0)))})


def broadcast_to(draw: Draw) -> Plan:
    target = draw.shape()
    shape = draw.part_of(target)
    kept = len(target) - len(shape)
    signed = (
        -1 if n >= kept and draw.flag() and shape[n - kept] == size else size
        for n, size in enumerate(target)
    )
    return Plan((shape,), {"shape": tuple(signed)})


def concat(draw: Draw) -> Plan:
    shape = draw.shape(low=1)
    axis = draw.integer(-len(shape), len(shape) - 1)
    at = axis % len(shape)
    sizes = [draw.integer(0, 3) for _ in range(draw.integer(1, 3))]
    return Plan(tuple((*shape[:at], n, *shape[at + 1 :]) for n in sizes), {"axis": axis})


def stack(draw: Draw) -> Plan:
    shape = draw.shape(high=2)
    axis = draw.integer(-len(shape) - 1, len(shape))
    return Plan((shape,) * draw.integer(1, 3), {"axis": axis})


def an_index(draw: Draw, shape: Shape, first: int) -> tuple[tuple[Any, ...], tuple[Array, ...]]:
    """Draw an index into a shape, and the arrays that fill its slots from `first` on."""
    style = draw.of(("basic", "array", "arrays", "number beside array"))
    at = draw.integer(0, len(shape) - 1)
    before = tuple(basic_entry(draw, size, numbers=style == "basic") for size in shape[:at])
    after = (Ellipsis,) if draw.flag() else ()
    if style == "basic":
        return (*before, *((None,) if draw.flag() else ()), *after), ()
    one = draw.whole(draw.of(((), (2,), (3, 1))), -shape[at], shape[at])
    if style == "array" or at + 1 == len(shape):
        return (*before, Slot(first), *after), (one,)
    if style == "number beside array":
        return (*before, Slot(first), draw.integer(0, shape[at + 1] - 1), *after), (one,)
    other = draw.whole((2,), -shape[at + 1], shape[at + 1])
    return (*before, Slot(first), Slot(first + 1), *after), (one, other)


def basic_entry(draw: Draw, size: int, *, numbers: bool) -> Any:
    slices = (slice(None), slice(1, None), slice(None, -1), slice(0, 3, 2))
    return draw.of((*slices, 0, -1, size - 1) if numbers else slices)


def index(draw: Draw) -> Plan:
    shape = draw.shape(low=1, side=1)
    entries, arrays = an_index(draw, shape, 1)
    return Plan((shape, *arrays), {"index": entries})


def index_update(draw: Draw) -> Plan:
    shape = draw.shape(low=1, side=1)
    entries, arrays = an_index(draw, shape, 2)
    slots = tuple(map(np.shape, arrays))
    target = OPS["index"].shape(shape, (), *slots, index=entries)
    value = 2 if draw.integer(0, 4) == 0 else draw.part_of(target)
    return Plan((shape, value, *arrays), {"index": entries})


def along(draw: Draw) -> Plan:
    shape = draw.shape(low=1)
    return Plan((shape,), {"axis": draw.integer(-len(shape), len(shape) - 1)})


def mse_loss(draw: Draw) -> Plan:
    shape = draw.shape(side=1)
    return Plan((shape, shape), {"reduction": draw.of(("mean", "sum", "none"))})


def cross_entropy(draw: Draw) -> Plan:
    shape = draw.shape(low=1, high=2, side=1)
    target = draw.whole(shape[:-1], 0, shape[-1])
    return Plan((shape, target), {"reduction": draw.of(("mean", "sum", "none"))})


def astype(draw: Draw) -> Plan:
    return Plan((draw.shape(),), {"dtype": "float64"})


def constant(draw: Draw) -> Plan:
    return Plan((), {"value": np.ones(draw.shape())})


CASES: Final[Mapping[str, Planner]] = MappingProxyType(
    {
        **dict.fromkeys(("add", "subtract", "multiply", "maximum", "minimum"), binary),
        **dict.fromkeys(("equal", "not_equal", "less", "less_equal"), binary),
        **dict.fromkeys(("greater", "greater_equal"), binary),
        **dict.fromkeys(("negative", "exp", "expm1", "log", "log1p", "sqrt", "sin"), unary),
        **dict.fromkeys(("cos", "tanh", "square", "reciprocal", "abs", "sign"), unary),
        **dict.fromkeys(("relu", "sigmoid", "softplus", "detach", "no_grad"), unary),
        **dict.fromkeys(("flatten", "transpose"), unary),
        **dict.fromkeys(("logical_and", "logical_or"), masks),
        "sum": over,
        **dict.fromkeys(("mean", "max", "min", "logsumexp"), over_some),
        **dict.fromkeys(("var", "std"), spread_out),
        **dict.fromkeys(("softmax", "log_softmax"), along),
        "power": power,
        "divide": divide,
        "logical_not": one_mask,
        "where": where,
        "clip": clip,
        "prod": product,
        "vector_norm": norm,
        "matmul": matmul,
        "dot": vectors,
        "mm": mm,
        "bmm": bmm,
        "outer": any_vectors,
        "addmm": addmm,
        "addbmm": addbmm,
        "baddbmm": baddbmm,
        "reshape": reshape,
        "permute_dims": permute,
        "matrix_transpose": matrix,
        "squeeze": squeeze,
        "expand_dims": expand_dims,
        "broadcast_to": broadcast_to,
        "concat": concat,
        "stack": stack,
        "index": index,
        "index_update": index_update,
        "mse_loss": mse_loss,
        "cross_entropy": cross_entropy,
        "astype": astype,
        "constant": constant,
    }
)


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
    sizes = [prod(item) if isinstance(item, tuple) else 0 for item in plan.operands]
    places = 2 * (sum(sizes) // 2 + 1)
    grid = (rng.permutation(places) + 0.3) / places
    ends = np.cumsum([0, *sizes])
    operands = list(plan.operands)
    for n, item in enumerate(plan.operands):
        if isinstance(item, tuple):
            name = op.operands[0 if op.variadic else n]
            domain = op.domain.get(name, REALS)
            entries = domain.low + (domain.high - domain.low) * grid[ends[n] : ends[n + 1]]
            operands[n] = entries.reshape(item).astype(dtype)
    if plan.zeros:
        operands[0].reshape(-1)[: plan.zeros] = 0
    return tuple(operands)
