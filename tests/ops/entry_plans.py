"""Plans of random calls: ops on entries and reductions."""

from math import inf

import numpy as np

from tests.ops.draw import Draw, Plan


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
