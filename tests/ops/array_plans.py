"""Plans of random calls: products, arrangements and indices."""

from typing import Any

import numpy as np
from hypothesis import strategies as st

from gradverify.arrays import Array, Shape
from gradverify.ops.op import Slot
from gradverify.ops.table import OPS
from tests.ops.draw import Draw, Plan


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
