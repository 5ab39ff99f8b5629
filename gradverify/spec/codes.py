"""The codes of all findings, by family: stable for ever."""

from typing import Final

VALUE: Final = (
    "off-by-factor",
    "sign-flipped",
    "transposed",
    "inputs-swapped",
    "mask-from-wrong-variable",
    "broadcast-not-summed",
    "term-missing",
    "entries-wrong",
    "precision-lost",
    "gradient-missing",
    "not-finite",
    "mismatch",
)

FORWARD: Final = (
    "values-differ",
    "shape-differs",
    "recorded-value-differs",
)

TAPE: Final = (
    "non-leaf-grad-none",
    "retain-graph-is-not-retain-grad",
    "grad-accumulated",
    "backward-needs-scalar",
    "cotangent-shape",
    "cotangent-uninitialised",
    "graph-freed",
    "integer-requires-grad",
    "path-detached",
    "value-changed-behind-tape",
    "saved-value-modified",
    "input-unused",
)

KINK: Final = (
    "kink",
    "convention-differs",
)

CONDUCT: Final = (
    "not-deterministic",
    "remembers-last-call",
    "cotangent-misused",
    "cotangent-modified",
    "input-modified",
    "layout-dependent",
    "batched-differs",
    "forward-mode-differs",
    "second-order-differs",
)

CODES: Final[tuple[str, ...]] = (*VALUE, *FORWARD, *TAPE, *KINK, *CONDUCT)
