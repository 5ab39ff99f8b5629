"""The smallest realistic spec that makes each finding, and the one beside it that does not.

A row is (code, party, variable, wrong, right): both are the keys of a spec besides its title.
"""

from typing import Final, NamedTuple


class Example(NamedTuple):
    """A spec that makes a finding, of which party and variable, and its right twin."""

    code: str
    party: str
    of: str
    wrong: str
    right: str


SQUARES: Final = "inputs: {a: [[1., 2., -3.], [0.5, 4., 6.]]}\nloss: sum(a * a)\n"
ABOVE: Final = "inputs: {t: [1., 2., 3.], y: [0.5, 4., 2.5]}\nloss: sum((t - y) ** 2)\n"
PRODUCT: Final = """
inputs: {x: [[1., 2.], [3., -4.]], w: [[0.5, 2.], [-1., 3.]]}
ops: [y = x @ w]
loss: sum(y ** 2)
"""
TIMES: Final = "inputs: {a: [1., 2., 3.], b: [4., -5., 6.]}\nloss: sum(a * b)\n"
NETWORK: Final = """
inputs: {x: "randn(5, 4)", y: "randn(5, 2)", w1: "randn(4, 6)", w2: "randn(6, 2)"}
ops:
  - h = x @ w1
  - h_relu = relu(h)
  - y_pred = h_relu @ w2
loss: sum((y_pred - y) ** 2)
derived:
  ops:
    - grad_y_pred = 2 * (y_pred - y)
    - grad_h_relu = grad_y_pred @ w2.T
    - grad_h = where(%s, 0, grad_h_relu)
    - grad_w1 = x.T @ grad_h
  grads: {w1: grad_w1}
"""
BIAS: Final = """
inputs: {x: "randn(5, 3)", b: "randn(3)"}
ops: [y = x + b]
loss: sum(y ** 2)
derived:
  ops: [ct = 2 * y]
  grads: {b: "%s"}
"""
SHARES: Final = "inputs: {x: [1., 2., 3.]}\nops: [y = x * x + x]\nloss: sum(y)\n"
LONG: Final = """
inputs: {x: "randn(30)"}
loss: sum(exp(x))
derived:
  ops: [g = exp(x), "g[29] = %s"]
  grads: {x: g}
"""
NARROW: Final = """
inputs: {x: [0.1, 0.2, 0.3]}
loss: sum(exp(x))
derived:
  ops: ["g = astype(exp(x), '%s')"]
  grads: {x: g}
"""
UNSAFE: Final = """
inputs: {x: [0.0, 2.0]}
loss: sum(where(x > 0, x * x, 0.0))
derived:
  ops: ["%s"]
  grads: {x: g}
"""
TIE: Final = "inputs: {x: [%s, 2.0]}\nloss: sum(relu(x))\nexpect: {grads: {x: [%s, 1.0]}}\n"
PRINTED: Final = (
    "inputs: {x: [3.0]}\nops: [y = x / 7]\nloss: sum(y)\nrecorded: {values: {y: [%s]}}\n"
)

EXAMPLES: Final = (
    Example(
        "off-by-factor", "stated", "a",
        SQUARES + "expect: {grads: {a: a}}", SQUARES + "expect: {grads: {a: 2 * a}}",
    ),
    Example(
        "sign-flipped", "stated", "y",
        ABOVE + "expect: {grads: {y: 2 * (t - y)}}", ABOVE + "expect: {grads: {y: 2 * (y - t)}}",
    ),
    Example(
        "transposed", "stated", "w",
        PRODUCT + "expect: {grads: {w: (2 * y).T @ x}}",
        PRODUCT + "expect: {grads: {w: x.T @ (2 * y)}}",
    ),
    Example(
        "inputs-swapped", "stated", "a",
        TIMES + "expect: {grads: {a: a, b: b}}", TIMES + "expect: {grads: {a: b, b: a}}",
    ),
    Example(
        "mask-from-wrong-variable", "derived", "w1",
        NETWORK % "grad_h_relu < 0", NETWORK % "h < 0",
    ),
    Example("broadcast-not-summed", "derived", "b", BIAS % "ct[0]", BIAS % "sum(ct, axis=0)"),
    Example(
        "term-missing", "stated", "x",
        SHARES + "expect: {grads: {x: 2 * x}}", SHARES + "expect: {grads: {x: 2 * x + 1}}",
    ),
    Example("entries-wrong", "derived", "x", LONG % "0.0", LONG % "exp(x[29])"),
    Example("precision-lost", "derived", "x", NARROW % "float32", NARROW % "float64"),
    Example(
        "gradient-missing", "stated", "a",
        SQUARES + "expect: {grads: {a: 0 * a}}", SQUARES + "expect: {grads: {a: a + a}}",
    ),
    Example(
        "not-finite", "derived", "x",
        UNSAFE % "g = where(x > 0, 2 * x, 0 / x)", UNSAFE % "g = where(x > 0, 2 * x, 0.0)",
    ),
    Example(
        "mismatch", "stated", "a",
        SQUARES + "expect: {grads: {a: [[1., 7., 2.], [0.3, -2., 5.]]}}",
        SQUARES + "expect: {grads: {a: [[2., 4., -6.], [1., 8., 12.]]}}",
    ),
    Example(
        "values-differ", "stated", "y",
        SHARES + "expect: {values: {y: [2., 6., 13.]}}",
        SHARES + "expect: {values: {y: [2., 6., 12.]}}",
    ),
    Example("shape-differs", "derived", "b", BIAS % "sum(ct)", BIAS % "sum(ct, axis=0)"),
    Example("recorded-value-differs", "recorded", "y", PRINTED % "0.430", PRINTED % "0.429"),
    Example("kink", "finite_difference", "x", TIE % ("0.0", "0.0"), TIE % ("0.1", "1.0")),
    Example("convention-differs", "stated", "x", TIE % ("0.0", "0.5"), TIE % ("0.0", "0.0")),
)  # fmt: skip
