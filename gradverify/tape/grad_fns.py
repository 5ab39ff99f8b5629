"""What `grad_fn` is called: the kinds that the output of an op may show in torch.

The names come from torch's tools/autograd/derivatives.yaml, as of torch 2.13: the name of the
function in CamelCase, "Backward", and a number where a function has several signatures. Numbers
change between versions of torch, and so did the ending; a kind is what stands before them.
"""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

NAME: Final = re.compile(r"(?:.*::)?(?P<kind>\w+?)(?:Backwards?\d*)?")


OR: Final = " or "
"""What stands between kinds of which any can be."""


def kind_of(name: str) -> str:
    """Return a name without what versions of torch changed: "Mul" of "MulBackward0"."""
    found = NAME.fullmatch(name)
    return found["kind"] if found else name


def kinds(op: str) -> frozenset[str]:
    """Return every kind that the `grad_fn` of an op's output may be of; none where it has none."""
    return KINDS[op]


NEVER: Final[frozenset[str]] = frozenset()
"""Of ops whose output never takes part in the graph."""

# Which of several it is depends on what is behind the dash.
KINDS: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        "add": frozenset({"Add"}),
        "subtract": frozenset({"Sub", "Rsub"}),  # - Rsub of a number on the left
        "multiply": frozenset({"Mul"}),
        "divide": frozenset({"Div", "Mul"}),  # - Mul by the reciprocal of a number on the left
        "power": frozenset({"Pow"}),
        "negative": frozenset({"Neg"}),
        "exp": frozenset({"Exp"}),
        "log": frozenset({"Log"}),
        "log1p": frozenset({"Log1P"}),
        "expm1": frozenset({"Expm1"}),
        "sqrt": frozenset({"Sqrt"}),
        "sin": frozenset({"Sin"}),
        "cos": frozenset({"Cos"}),
        "tanh": frozenset({"Tanh"}),
        "sigmoid": frozenset({"Sigmoid"}),
        "relu": frozenset({"Relu"}),
        "softplus": frozenset({"Softplus"}),
        "abs": frozenset({"Abs"}),
        "sign": frozenset({"Sign"}),
        "square": frozenset({"Pow"}),
        "reciprocal": frozenset({"Reciprocal"}),
        "maximum": frozenset({"Maximum"}),
        "minimum": frozenset({"Minimum"}),
        "clip": frozenset({"Clamp", "View"}),  # - View without bounds
        "where": frozenset({"Where"}),
        **dict.fromkeys(("equal", "not_equal", "less", "less_equal"), NEVER),
        **dict.fromkeys(("greater", "greater_equal"), NEVER),
        **dict.fromkeys(("logical_and", "logical_or", "logical_not"), NEVER),
        # - the axes of both, and whether a stack is on the right
        "matmul": frozenset({"Dot", "Mv", "Mm", "Squeeze", "UnsafeView", "Clone", "Transpose"}),
        "mm": frozenset({"Mm"}),
        "bmm": frozenset({"Bmm"}),
        "dot": frozenset({"Dot"}),
        "addmm": frozenset({"Addmm"}),
        "addbmm": frozenset({"Addbmm"}),
        "baddbmm": frozenset({"Baddbmm"}),
        "outer": frozenset({"Mul"}),
        "sum": frozenset({"Sum"}),
        "mean": frozenset({"Mean"}),
        "prod": frozenset({"Prod"}),
        "max": frozenset({"Amax"}),
        "min": frozenset({"Amin"}),
        "logsumexp": frozenset({"Logsumexp"}),
        "var": frozenset({"Var"}),
        "std": frozenset({"Std"}),
        "vector_norm": frozenset({"LinalgVectorNorm"}),
        # - UnsafeView of a copy, ReshapeAlias of what is not contiguous and needs none
        "reshape": frozenset({"View", "ReshapeAlias", "UnsafeView"}),
        "flatten": frozenset({"View", "ReshapeAlias", "UnsafeView"}),
        "permute_dims": frozenset({"Permute"}),
        "transpose": frozenset({"Permute"}),
        "matrix_transpose": frozenset({"Transpose"}),
        "squeeze": frozenset({"Squeeze"}),
        "expand_dims": frozenset({"Unsqueeze", "View"}),  # - View where no axis is new
        "concat": frozenset({"Cat"}),
        "stack": frozenset({"Stack"}),
        "broadcast_to": frozenset({"Expand"}),
        # - the last entry that does something; Alias where none does, Index with arrays
        "index": frozenset({"Select", "Slice", "Unsqueeze", "Alias", "Index"}),
        # - CopySlices of a part, Copy and Fill of the whole, IndexPut of arrays alone
        "index_update": frozenset({"CopySlices", "Copy", "Fill", "IndexPut"}),
        "astype": frozenset({"ToCopy", "View"}),  # - View to the dtype that is there
        **dict.fromkeys(("constant", "detach", "no_grad"), NEVER),
        "softmax": frozenset({"Softmax"}),
        "log_softmax": frozenset({"LogSoftmax"}),
        "cross_entropy": frozenset({"NllLoss"}),
        "mse_loss": frozenset({"MseLoss"}),
    }
)
