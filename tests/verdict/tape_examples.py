"""The smallest tape script that makes each finding of a tape, and the one beside it that does not.

A row is (code, party, variable, wrong, right): both are the keys of a spec besides its title.
"""

from typing import Final

from tests.verdict.examples import Example

MEAN: Final = """
inputs: {x: "ones(2, 2)"}
ops: [y = x + 2, z = 3 * y * y, out = z.mean()]
loss: out
tape:
"""
SQUARE: Final = "inputs: {x: 1.}\nops: [y = x * x]\nloss: y\ntape:\n"
UNUSED: Final = "inputs: {x: [1., 2.], w: 3.}\nops: [y = sum(x * x)]\nloss: y\ntape:\n"
VECTOR: Final = "inputs: {x: [1., 2.]}\nops: [y = x * x]\nloss: sum(y)\ntape:\n"
WHOLE: Final = "inputs: {n: {value: [1, 2], dtype: int64}, x: [1., 2.]}\nloss: sum(x * n)\ntape:\n"

TAPE_EXAMPLES: Final = (
    Example(
        "non-leaf-grad-none", "stated", "y",
        MEAN + "  - backward: out\n  - grad: {y: 4.5}\n",
        MEAN + "  - retain_grad: y\n  - backward: out\n  - grad: {y: 4.5}\n",
    ),
    Example(
        "retain-graph-is-not-retain-grad", "stated", "y",
        MEAN + "  - {backward: out, retain_graph: true}\n  - grad: {y: 4.5}\n",
        MEAN + "  - retain_grad: y\n  - {backward: out, retain_graph: true}\n  - grad: {y: 4.5}\n",
    ),
    Example(
        "grad-accumulated", "stated", "x",
        MEAN + "  - backward: out\n  - backward: sum(x)\n  - grad: {x: 1}\n",
        MEAN + "  - backward: out\n  - zero: x\n  - backward: sum(x)\n  - grad: {x: 1}\n",
    ),
    Example(
        "backward-needs-scalar", "stated", "y",
        VECTOR + "  - backward: y\n",
        VECTOR + "  - {backward: y, cotangent: [1, 1]}\n",
    ),
    Example(
        "cotangent-shape", "stated", "out",
        MEAN + "  - {backward: out, cotangent: [1]}\n",
        MEAN + "  - {backward: out, cotangent: 1}\n  - grad: {x: 4.5}\n",
    ),
    Example(
        "cotangent-uninitialised", "stated", "x",
        MEAN + "  - {backward: out, cotangent: empty()}\n  - grad: {x: -1.35e+21}\n",
        MEAN + "  - {backward: out, cotangent: 1}\n  - grad: {x: 4.5}\n",
    ),
    Example(
        "graph-freed", "stated", "y",
        SQUARE + "  - backward: y\n  - backward: y\n",
        SQUARE + "  - {backward: y, retain_graph: true}\n  - zero: x\n  - backward: y\n",
    ),
    Example(
        "integer-requires-grad", "stated", "n",
        WHOLE + "  - requires_grad_: {n: true}\n",
        WHOLE + "  - requires_grad_: {x: true}\n",
    ),
    Example(
        "path-detached", "stated", "z",
        SQUARE + "  - run: z = sum(detach(x) * x.detach())\n  - backward: z\n",
        SQUARE + "  - run: z = sum(detach(x) * x)\n  - backward: z\n",
    ),
    Example(
        "value-changed-behind-tape", "tape", "x",
        SQUARE + "  - set: {x: x * 100}\n  - backward: y\n  - grad: {x: 200}\n",
        SQUARE + "  - backward: y\n  - set: {x: x * 100}\n  - grad: {x: 2}\n",
    ),
    Example(
        "saved-value-modified", "stated", "y",
        SQUARE + "  - {set: {x: x * 100}, no_grad: true}\n  - backward: y\n",
        SQUARE + "  - backward: y\n  - {set: {x: x * 100}, no_grad: true}\n",
    ),
    Example(
        "input-unused", "stated", "w",
        UNUSED + "  - backward: y\n  - grad: {w: 0}\n",
        UNUSED + "  - backward: y * w\n  - grad: {w: 5}\n",
    ),
)  # fmt: skip
