"""What torch keeps for its backward pass: the tensors of a step that must not change before it.

The rows follow the formulas of torch's tools/autograd/derivatives.yaml, as of torch 2.13, for the
operations that our lowerings call. What one formula reads is kept where its operand takes part in
the graph; what several formulas read is kept always.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from operator import mul
from types import MappingProxyType
from typing import Any, Final, TypeAlias, final

import numpy as np

from gradverify.arrays import Shape
from gradverify.ops.indexing import spelt_out
from gradverify.program.program import Kind, Slot

OUT: Final = -1
"""The place of a step's output, beside those of its operands."""

MATRIX: Final = 2  # axes
STACK: Final = 3

Places: TypeAlias = frozenset[int]


@final
@dataclass(frozen=True, slots=True)
class Call:
    """A step as its row sees it; `kinds` is empty where nothing is known of the operands."""

    needs: tuple[bool, ...]
    attributes: Mapping[str, Any]
    kinds: tuple[Kind | None, ...]

    @property
    def numbers(self) -> Places:
        """The places of numbers, of which torch makes tensors of its own."""
        return frozenset(place for place, kind in enumerate(self.kinds) if kind is None)

    @property
    def slots(self) -> Sequence[Slot]:
        """The arrays of an index."""
        return [entry for entry in self.attributes["index"] if isinstance(entry, Slot)]

    def kind(self, place: int) -> Kind | None:
        """Return what is known of an operand, None where that is nothing."""
        return self.kinds[place] if self.kinds else None


def saved(
    step_op: str,
    needs: Sequence[bool],
    attributes: Mapping[str, Any],
    kinds: Sequence[Kind | None] = (),
) -> Places:
    """Return the places whose own storage torch keeps, OUT among them.

    `needs` says of every operand whether it takes part in the graph, `kinds` what it is, None
    where it is a number. Without `kinds`, operands count as arrays of at most two axes, indices
    and classes as int64 with axes. Operands count as contiguous: of others, matmul may keep
    copies. A copy is not the operand's own storage.
    """
    if not any(needs):
        return NOTHING
    call = Call(tuple(needs), attributes, tuple(kinds))
    row = ROWS[step_op]
    return (row(call) if callable(row) else row) - call.numbers


def keeps(
    step_op: str,
    needs: Sequence[bool],
    attributes: Mapping[str, Any],
    kinds: Sequence[Kind | None] = (),
) -> bool:
    """Return whether torch keeps anything at all, without which no step can be done backward.

    It is let go after one backward pass: a second raises. The arguments are those of `saved`.
    """
    if not any(needs):
        return False
    if saved(step_op, needs, attributes, kinds) or step_op in HIDDEN:
        return True
    call = Call(tuple(needs), attributes, tuple(kinds))
    if step_op == "index":
        return any(_has_axes(call.kind(it.operand)) for it in call.slots)
    # what is written to a part is kept as a step of its own
    return step_op == "index_update" and not _writes_all(call)


def _has_axes(kind: Kind | None) -> bool:
    return kind is None or kind.shape != ()


def _writes_all(call: Call) -> bool:
    """Whether an index is of nothing but slices from end to end, by which torch copies at once."""
    entries, first = call.attributes["index"], call.kind(0)
    if first is None or None in entries:
        return False
    pairs = zip(spelt_out(entries, first.shape), first.shape, strict=True)
    return all(isinstance(it, slice) and _spans(it, size) for it, size in pairs)


def _spans(entry: slice, size: int) -> bool:
    """Whether torch sees by a slice's ends that it is all of an axis."""
    begins = entry.step in (None, 1) and entry.start in (None, 0)
    return begins and (entry.stop is None or entry.stop >= size)


def _each_other(first: int) -> "Rule":
    """Return the rule of a product: each factor is kept for the derivative by the other."""

    def rule(call: Call) -> Places:
        one, other = first, first + 1
        kept = ((other, call.needs[one]), (one, call.needs[other]))
        return frozenset(place for place, needed in kept if needed)

    return rule


def _divide(call: Call) -> Places:
    if 0 in call.numbers:  # number / y is number * reciprocal(y), which keeps what lies between
        return NOTHING
    return BOTH if call.needs[1] else frozenset({1})


def _power(call: Call) -> Places:
    # the derivative by the exponent reads the output, and a number has none
    return frozenset({0}) if 1 in call.numbers else frozenset({0, 1, OUT})


def _clip(call: Call) -> Places:
    bounded = any(bound is not None for bound in call.attributes.values())
    return ITSELF if bounded else NOTHING


def _slots(call: Call) -> Places:
    return frozenset(
        it.operand for it in call.slots if _is_long(call.kind(it.operand), scalar=False)
    )


def _classes(call: Call) -> Places:
    return frozenset({1}) if _is_long(call.kind(1), scalar=True) else NOTHING


def _is_long(kind: Kind | None, *, scalar: bool) -> bool:
    """Whether whole numbers are used as they stand: others are converted first, into a copy.

    `scalar` says whether an array without axes is; torch reads an index out of one as a number.
    """
    return kind is None or (kind.dtype == np.int64 and (scalar or kind.shape != ()))


def _matmul(call: Call) -> Places:
    """A product of stacks is one of matrices: what cannot be arranged as such is copied."""
    kept = _each_other(0)(call)
    if not call.kinds or None in call.kinds:
        return kept
    left, right = (kind.shape for kind in call.kinds if kind is not None)
    if len(right) <= MATRIX:
        return kept
    one_of_many = len(left) == len(right) == STACK and left[0] == 1 != right[0]
    if len(left) <= MATRIX or one_of_many:
        # Where the matrix on the left takes part, torch makes one of the transposed stack as
        # well, lest the derivative by it be a stack first.
        return kept - {1} if call.needs[0] and not _folds(right) else kept
    stack = np.broadcast_shapes(left[:-2], right[:-2])
    return frozenset(place for place in kept if _stacks((left, right)[place], stack))


def _folds(shape: Shape) -> bool:
    """Whether a stack of matrices, transposed, can be seen as one matrix."""
    *stack, _, columns = zip(shape, _strides(shape), strict=True)
    return 0 in shape or _merge([*stack, columns])


def _stacks(shape: Shape, stack: Shape) -> bool:
    """Whether a stack that is broadcast to `stack` can be seen as one with a single axis."""
    own = zip(shape[:-2], _strides(shape), strict=False)
    padded = [(1, 0)] * (len(stack) + 2 - len(shape)) + list(own)
    axes = [
        (n, stride if n == size else 0) for n, (size, stride) in zip(stack, padded, strict=True)
    ]
    return 0 in (*stack, *shape) or _merge(axes)


def _strides(shape: Shape) -> tuple[int, ...]:
    """Return how many entries a step along each axis of a contiguous array leaps."""
    return tuple(accumulate(shape[:0:-1], mul, initial=1))[::-1]


def _merge(axes: Sequence[tuple[int, int]]) -> bool:
    """Whether axes, of a size and a stride each, can be seen as one."""
    long = [axis for axis in axes if axis[0] != 1]
    return all(outer == inner * size for (_, outer), (size, inner) in pairwise(long))


Rule: TypeAlias = Callable[[Call], Places]

NOTHING: Final[Places] = frozenset()
ITSELF: Final = frozenset({0})
OUTPUT: Final = frozenset({OUT})
ITSELF_AND_OUTPUT: Final = ITSELF | OUTPUT
BOTH: Final = frozenset({0, 1})

ROWS: Final[Mapping[str, Places | Rule]] = MappingProxyType(
    {
        **dict.fromkeys(("add", "subtract", "negative", "sign"), NOTHING),
        **dict.fromkeys(("equal", "not_equal", "less", "less_equal"), NOTHING),
        **dict.fromkeys(("greater", "greater_equal"), NOTHING),
        **dict.fromkeys(("logical_and", "logical_or", "logical_not"), NOTHING),
        **dict.fromkeys(("sum", "mean", "concat", "stack"), NOTHING),
        **dict.fromkeys(("reshape", "flatten", "broadcast_to", "squeeze", "expand_dims"), NOTHING),
        **dict.fromkeys(("permute_dims", "transpose", "matrix_transpose"), NOTHING),
        **dict.fromkeys(("astype", "constant", "detach", "no_grad"), NOTHING),
        **dict.fromkeys(("log", "log1p", "sin", "cos", "square", "abs", "softplus"), ITSELF),
        "var": ITSELF,
        **dict.fromkeys(("exp", "expm1", "sqrt", "tanh", "sigmoid", "relu"), OUTPUT),
        **dict.fromkeys(("reciprocal", "softmax", "log_softmax"), OUTPUT),
        **dict.fromkeys(("max", "min", "prod", "logsumexp"), ITSELF_AND_OUTPUT),
        **dict.fromkeys(("std", "vector_norm"), ITSELF_AND_OUTPUT),
        **dict.fromkeys(("maximum", "minimum", "mse_loss"), BOTH),
        **dict.fromkeys(("multiply", "mm", "bmm", "dot", "outer"), _each_other(0)),
        **dict.fromkeys(("addmm", "addbmm", "baddbmm"), _each_other(1)),
        "where": frozenset({0}),  # the condition
        "divide": _divide,
        "power": _power,
        "clip": _clip,
        "matmul": _matmul,
        "index": _slots,
        "index_update": _slots,
        "cross_entropy": _classes,
    }
)

HIDDEN: Final = frozenset(
    {
        *("multiply", "divide"),  # a number as a tensor, and what lies between number and quotient
        "matmul",  # a copy
        "cross_entropy",  # the weight of all classes together, and classes that were converted
    }
)
"""The ops that keep a tensor of their own, where they keep none of their operands' or output's."""

VIEWS: Final = frozenset(
    {
        *("reshape", "flatten", "broadcast_to", "squeeze", "expand_dims"),
        *("permute_dims", "transpose", "matrix_transpose"),
        *("detach", "no_grad"),
        "index",  # without arrays that have axes
        "astype",  # to the dtype that is there
        "clip",  # without bounds
    }
)
"""The ops whose output may share its storage with their first operand."""
