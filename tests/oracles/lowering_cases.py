"""For every op, the operands and attributes with which its lowerings are compared to its rule."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final, TypeAlias, final

import numpy as np
from numpy.typing import DTypeLike

from gradverify.arrays import Array, Shape
from gradverify.ops.op import REALS, Slot
from gradverify.ops.table import OPS
from gradverify.oracles.oracle import Gradients, Oracle, Wanted
from gradverify.oracles.rules import Rules
from gradverify.program.program import Program, Step
from tests.support import program_of, read_only, step, worst_error

Operand: TypeAlias = "Shape | float | Array"
"""A shape to be filled at random from the op's domain, a number, or an array as it stands."""


@final
@dataclass(frozen=True, slots=True)
class Case:
    """One call of an op."""

    operands: tuple[Operand, ...]
    attributes: Mapping[str, Any] = field(default_factory=dict[str, Any])


def case(*operands: Operand, **attributes: Any) -> Case:
    return Case(operands, attributes)


LABELS: Final = np.array([2, 0, 2], np.int64)
MASK: Final = np.array([[True, False, True], [False, False, True]])

TRUE: Final = np.ones((), np.bool_)

UNARY_OPS: Final = (
    *("negative", "exp", "log", "log1p", "expm1", "sqrt", "sin", "cos", "tanh", "sigmoid"),
    *("relu", "softplus", "abs", "sign", "square", "reciprocal"),
    *("flatten", "transpose", "detach", "no_grad"),
)
BINARY_OPS: Final = (
    *("add", "subtract", "multiply", "divide", "power", "maximum", "minimum"),
    *("equal", "not_equal", "less", "less_equal", "greater", "greater_equal"),
)
UNARY: Final = tuple(case(shape) for shape in [(), (0,), (1,), (2, 3), (2, 0), (1, 3, 1)])
BINARY: Final = (
    *(case(shape, shape) for shape in [(), (0,), (1,), (2, 3)]),
    *(case((2, 3), other) for other in [(), (3,), (1, 3), (2, 1), (1, 1, 1), (4, 1, 1)]),
    *(case(other, (2, 3)) for other in [(), (3,), (2, 1), (4, 1, 1)]),
    case((2, 0), (1,)),
    case((2, 3), 2.0),
    case((2, 3), 2),
    case(2.0, (2, 3)),
)
LOGICAL: Final = (case(MASK, MASK[::-1]), case(MASK, MASK[0]), case(MASK, TRUE))
REDUCED: Final = (
    *(case(shape, **kept) for shape in [(), (3,), (2, 3)] for kept in [{}, {"keepdims": True}]),
    *(case((2, 3, 4), axis=axis) for axis in [0, -1, (0,), (0, 2), (-1, 0), (0, 1, 2)]),
    *(case((2, 3, 4), axis=axis, keepdims=True) for axis in [1, -2, (2, 0)]),
    case((1, 3), axis=0),
    case((0, 3), axis=1),
)
OF_NOTHING: Final = (case((0,)), case((2, 0), axis=1), case((2, 0), axis=1, keepdims=True))
SPREAD: Final = (
    case((3,)),
    case((3,), correction=1),
    case((2, 3), keepdims=True),
    *(case((4, 3, 5), axis=axis, correction=1) for axis in [0, -1, (0, 2)]),
    case((4, 3), axis=0, correction=0, keepdims=True),
)
ALONG: Final = (
    case((3,), axis=0),
    case((2, 3), axis=1),
    case((2, 3), axis=0),
    case((2, 3, 4), axis=-2),
    case((1, 1), axis=1),
    case((0, 3), axis=1),
)

CASES: Final[Mapping[str, Sequence[Case]]] = MappingProxyType(
    {
        **dict.fromkeys(
            UNARY_OPS,
            UNARY,
        ),
        **dict.fromkeys(
            BINARY_OPS,
            BINARY,
        ),
        **dict.fromkeys(["logical_and", "logical_or"], LOGICAL),
        "logical_not": (case(MASK), case(TRUE)),
        **dict.fromkeys(["sum", "prod"], (*REDUCED, *OF_NOTHING)),
        **dict.fromkeys(["mean", "max", "min", "logsumexp"], REDUCED),
        **dict.fromkeys(["var", "std"], SPREAD),
        **dict.fromkeys(["softmax", "log_softmax"], ALONG),
        "clip": (
            case((2, 3), min=-0.5),
            case((2, 3), max=0.5),
            case((4, 3), min=-0.5, max=0.5),
            case((), min=0),
            case((0,), min=0),
        ),
        "where": (
            case(MASK, (2, 3), (2, 3)),
            case(MASK, (2, 1), (3,)),
            case(MASK[0], (), (2, 3)),
            case(MASK, 0, (2, 3)),
            case(MASK, (2, 3), 0.5),
        ),
        "matmul": (
            case((3,), (3,)),
            case((2, 3), (3,)),
            case((3,), (3, 2)),
            case((2, 3), (3, 4)),
            case((5, 2, 3), (3, 4)),
            case((5, 1, 2, 3), (4, 3, 2)),
            case((5, 2, 3), (3,)),
            case((3,), (5, 3, 2)),
            case((2, 0), (0, 3)),
            case((0, 2), (2, 3)),
        ),
        "mm": (case((2, 3), (3, 4)), case((1, 1), (1, 1)), case((2, 0), (0, 3))),
        "bmm": (case((5, 2, 3), (5, 3, 4)), case((0, 2, 3), (0, 3, 4))),
        "dot": (case((3,), (3,)), case((1,), (1,)), case((0,), (0,))),
        "outer": (case((3,), (2,)), case((1,), (3,)), case((0,), (3,))),
        "addmm": (
            case((2, 4), (2, 3), (3, 4)),
            case((4,), (2, 3), (3, 4), beta=0.5, alpha=2),
            case((2, 1), (2, 3), (3, 4), beta=2, alpha=0.5),
        ),
        "addbmm": (
            case((2, 4), (5, 2, 3), (5, 3, 4)),
            case((4,), (5, 2, 3), (5, 3, 4), beta=0.5, alpha=2),
        ),
        "baddbmm": (
            case((5, 2, 4), (5, 2, 3), (5, 3, 4)),
            case((4,), (5, 2, 3), (5, 3, 4), beta=0.5, alpha=2),
        ),
        "vector_norm": (
            *REDUCED,
            *(case((2, 3), ord=ord_, axis=1) for ord_ in [1, 2, float("inf")]),
            case((2, 3), ord=1),
        ),
        "reshape": (
            case((2, 3), shape=(3, 2)),
            case((2, 3), shape=(6,)),
            case((2, 3), shape=(-1, 1)),
            case((2, 3), shape=(2, 3)),
            case((1,), shape=()),
            case((0, 3), shape=(0,)),
        ),
        "permute_dims": (case((2, 3, 4), axes=(2, 0, 1)), case((3,), axes=(0,))),
        "matrix_transpose": (case((2, 3)), case((4, 2, 3)), case((0, 3))),
        "squeeze": (
            case((1, 3), axis=0),
            case((1, 3, 1), axis=(0, -1)),
            case((1, 3, 1), axis=-1),
        ),
        "expand_dims": (case((2, 3), axis=0), case((2, 3), axis=-1), case((), axis=0)),
        "concat": (
            case((2, 3), (1, 3), axis=0),
            case((2, 3), (2, 0), (2, 4), axis=-1),
            case((3,), axis=0),
        ),
        "stack": (case((2, 3), (2, 3), axis=0), case((3,), (3,), axis=-1), case((), (), axis=0)),
        "broadcast_to": (
            case((), shape=(2, 3)),
            case((3,), shape=(2, 3)),
            case((2, 1), shape=(2, 3)),
            case((2, 3), shape=(2, 3)),
            case((1,), shape=(0,)),
            case((2, 1), shape=(4, -1, 3)),
        ),
        "index": (
            case((3,), index=(-1,)),
            case((4, 3), index=(0, 1)),
            case((4, 3), index=(slice(1, None, 2),)),
            case((4, 3), index=(slice(None), None, 1)),
            case((2, 4, 3), index=(Ellipsis, 0)),
            case((4, 3), index=(Ellipsis,)),
            case((4, 3), index=(slice(2, 2),)),
            case((4, 3), LABELS, index=(Slot(1),)),
            case((4, 3), LABELS, index=(slice(None), Slot(1))),
            case((4, 3), LABELS, LABELS, index=(Slot(1), Slot(2))),
            case((4, 5, 3), LABELS, index=(slice(None), -1, Slot(1))),
            case((4, 5, 3), LABELS, LABELS[:, None], index=(Slot(1), Slot(2))),
            case((4, 3), LABELS.astype(np.uint8), index=(Slot(1),)),
            case((4, 3), np.array(1), index=(Slot(1), 0)),
        ),
        "index_update": (
            case((4, 3), (), index=(0, 1)),
            case((4, 3), 0.5, index=(0, 1)),
            case((4, 3), (3,), index=(-1,)),
            case((4, 3), (2, 3), index=(slice(None, None, 2),)),
            case((4, 3), (1,), index=(Ellipsis, 0)),
            case((4, 3), (2, 3), LABELS[:2], index=(Slot(2),)),
            case((4, 5, 3), (2, 3), LABELS[:2], index=(0, Slot(2))),
            case((0, 3), (), index=(slice(None),)),
        ),
        "astype": (
            case((2, 3), dtype=np.dtype(np.float32)),
            case((2, 3), dtype=np.dtype(np.float64)),
            case(LABELS, dtype=np.dtype(np.float64)),
            case(MASK, dtype=np.dtype(np.int8)),
        ),
        "constant": (case(value=np.arange(6.0).reshape(2, 3)), case(value=LABELS)),
        "cross_entropy": (
            *(case((3, 4), LABELS, reduction=word) for word in ["mean", "sum", "none"]),
            case((4,), np.array(1), reduction="mean"),
        ),
        "mse_loss": tuple(case((2, 3), (2, 3), reduction=word) for word in ["mean", "sum", "none"]),
    }
)


@final
@dataclass(frozen=True, slots=True)
class Subject:
    """All cases of one op in one program, compiled once; the loss weighs all outputs."""

    program: Program
    primals: Mapping[str, Array]
    wanted: Wanted


def subject_of(op: str, dtype: DTypeLike = np.float64, most: int | None = None) -> Subject:
    """Return the program of an op's first cases, on values of `dtype` from the op's domain."""
    rng = np.random.default_rng(7)
    inputs: dict[str, Array] = {}
    steps: list[Step] = []
    for number, one in enumerate(CASES[op][:most]):
        named: list[str | float] = []
        for place, operand in enumerate(one.operands):
            name = f"x{number}.{place}"
            if isinstance(operand, float | int):
                named.append(operand)
                continue
            named.append(name)
            array = operand if isinstance(operand, np.ndarray) else _drawn(rng, op, place, operand)
            inputs[name] = array.astype(dtype) if array.dtype.kind == "f" else array
        steps.append(step(f"out{number}", op, *named, **one.attributes))
    weighed = [*steps, *_weighing(rng, program_of(inputs, *steps))]
    return _subject(program_of(inputs, *weighed), inputs)


def worst_against_rules(oracle: Oracle, subject: Subject) -> float:
    """Return the largest error in any value and any gradient; infinite where a dtype differs."""
    claimed = oracle.differentiate(subject.program, read_only(subject.primals), subject.wanted)
    true = Rules().differentiate(subject.program, subject.primals, subject.wanted)
    assert isinstance(claimed, Gradients), claimed
    assert isinstance(true, Gradients), true
    assert claimed.values.keys() == true.values.keys()
    assert claimed.wrt.keys() == true.wrt.keys()
    pairs = [(claimed.values[name], true.values[name]) for name in true.values]
    pairs += [(claimed.wrt[name], true.wrt[name]) for name in true.wrt]
    return max(_error(one, other) for one, other in pairs)


def _error(claimed: Array, true: Array) -> float:
    return worst_error(claimed, true) if claimed.dtype == true.dtype else float("inf")


def _drawn(rng: np.random.Generator, op: str, place: int, shape: Shape) -> Array:
    operands = OPS[op].operands
    domain = OPS[op].domain.get(operands[min(place, len(operands) - 1)], REALS)
    return np.asarray(rng.uniform(domain.low, domain.high, shape))


def _weighing(rng: np.random.Generator, program: Program) -> list[Step]:
    """Return steps that add up all floating outputs, each times weights of its own."""
    steps = [step("total0", "constant", value=np.array(0.0))]
    floating = [one.output for one in program.steps if program.kinds[one.output].differentiable]
    for number, name in enumerate(floating):
        kind = program.kinds[name]
        weights = np.asarray(rng.uniform(0.5, 2, kind.shape), kind.dtype)
        steps += [
            step(f"weights{number}", "constant", value=weights),
            step(f"weighed{number}", "multiply", name, f"weights{number}"),
            step(f"sum{number}", "sum", f"weighed{number}"),
            step(f"wide{number}", "astype", f"sum{number}", dtype=np.dtype(np.float64)),
            step(f"total{number + 1}", "add", f"total{number}", f"wide{number}"),
        ]
    return steps


def _subject(program: Program, inputs: Mapping[str, Array]) -> Subject:
    names = tuple(name for name in program.kinds if name.startswith(("x", "out")))
    floating = tuple(name for name in names if program.kinds[name].differentiable)
    return Subject(program, inputs, Wanted(names, floating, np.array(1.0)))
