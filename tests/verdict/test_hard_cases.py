"""Right gradients at hard points are not accused, and where nothing can tell, nobody says so.

Every case here was once judged wrongly. torch and jax take part in all of them.
"""

from typing import Final

import pytest

from gradverify.verdict.verdict import Severity
from tests.support import result_of

MASK: Final = "{value: [[1., 0., 0.], [1., 1., 0.], [1., 1., 1.]], requires_grad: false%s}"
WHOLE: Final = ", ".join(f"{k % 7 - 3}." for k in range(90))

PASSED: Final = {
    "a loss that cancels": (
        "inputs: {x: [[30.0, 0.0], [0.0, 40.0]]}\n"
        "ops: ['l = log_softmax(x, axis=1)']\nloss: -mean(l[0, 0] + l[1, 1])\n"
    ),
    "a perfect fit": "inputs: {w: [1., 2.], t: [1., 2.]}\nloss: mean((w - t) ** 2)\n",
    "a perfect fit in float32": (
        "inputs: {w: {value: [1., 2.], dtype: float32}, t: {value: [1., 2.], dtype: float32}}\n"
        "loss: mean((w - t) ** 2)\n"
    ),
    "a flat point": "inputs: {x: 0.0}\nloss: x * x\n",
    "a gradient that is zero in exact arithmetic": (
        "inputs: {x: 'randn(4, 5)', b: 'randn(4, 1)'}\n"
        "ops: ['p = softmax(x + b, axis=1)']\nloss: sum(p * p)\n"
    ),
    "tiny inputs of a loss of order one": "inputs: {x: [1e-8, 2e-8]}\nloss: sum(sqrt(x * x + 1))\n",
    "one entry next to nothing": "inputs: {y: [1.0e-14, 1.0]}\nloss: sum(y * y)\n",
    "a saturating function under a large constant": (
        "inputs: {x: 'randn(3)'}\nloss: sum(tanh(x)) * 1e-3 + 1e12\n"
    ),
    "a pole next to the point": "inputs: {x: [1.000000001, 3.0]}\nloss: sum(1 / (x - 1))\n",
    "faster than the first steps": "inputs: {x: 'randn(3)'}\nloss: sum(sin(1e8 * x))\n",
    "many kinks of both bends": f"inputs: {{x: [{WHOLE}]}}\nloss: mean(clip(x, min=-1, max=1))\n",
    "a kink small beside the curvature": (
        "inputs: {z: [0., 0., 1., 2.]}\n"
        "ops: ['v = 1e-5 * abs(z)']\nloss: 'logsumexp(concat([v, exp(z)], axis=0))'\n"
    ),
    "kinks that compose": "inputs: {x: [0., -1., 2.]}\nloss: vector_norm(minimum(x, 0), ord=1)\n",
    "equal numbers that round alike": "inputs: {x: 'ones(300)'}\nloss: sum(abs(x - 1.0 - 1e-3))\n",
    "a maximum after a multiply-add": (
        "inputs: {x: 'randn(20, 16)', w: 'randn(16)', b: 'randn(16)'}\n"
        "ops: ['v = x * w + b']\nloss: sum(max(v, axis=1))\n"
    ),
    "a mask of minus infinity": (
        f"inputs: {{m: {MASK % ''}, q: 'randn(3, 4)', k: 'randn(3, 4)'}}\n"
        "ops: ['p = softmax(q @ k.T + log(m), axis=1)']\nloss: sum(p ** 2)\n"
    ),
    "a mask of large numbers in float32": (
        f"inputs:\n  m: {MASK % ', dtype: float32'}\n"
        "  q: {value: 'randn(3, 4)', dtype: float32}\n  k: {value: 'randn(3, 4)', dtype: float32}\n"
        "ops: ['p = softmax(q @ k.T + (m - 1) * 1e9, axis=1)']\nloss: sum(p ** 2)\n"
    ),
    "a value that is not finite and does not matter": (
        "inputs: {x: [0., 1.0]}\nops: ['y = x / x']\nloss: sum(x * x)\n"
    ),
    "a kink close to one of many units": (
        "inputs: {x: 'randn(2000, 64)', w: 'randn(64, 64)'}\n"
        "ops: ['h = x @ w', 'r = relu(h)']\nloss: sum(r) * 0.001\nseed: 14\n"
    ),
}


@pytest.mark.parametrize("body", PASSED.values(), ids=PASSED.keys())
def test_right_gradients_pass(body: str) -> None:
    result = result_of(body, oracles=None)
    errors = [f for f in result.findings if f.severity is Severity.ERROR]
    assert (result.status, errors, result.faults) == ("passed", [], ())


@pytest.mark.parametrize("body", PASSED.values(), ids=PASSED.keys())
def test_a_wrong_gradient_there_is_noticed(body: str) -> None:
    """The control: where differences are blind, the libraries' own gradients are not."""
    leaf = next(name for name in ("x", "w", "q", "y", "z") if f"{name}:" in body)
    claim = f"expect: {{grads: {{{leaf}: 3 + 0 * {leaf}}}}}"
    result = result_of(f"{body}{claim}\n", oracles=None)
    assert result.status in {"failed", "undecided"}
    assert all(f.party == "stated" for f in result.findings if f.severity is Severity.ERROR)


def test_deep_networks_keep_a_sharp_eye() -> None:
    layers = "\n".join(f"  - h{k + 1} = tanh(h{k} @ w{k})" for k in range(6))
    weights = "\n".join(f"  w{k}: normal(0, 0.1, 64, 64)" for k in range(6))
    body = f"inputs:\n  h0: 'randn(8, 64)'\n{weights}\nops:\n{layers}\nloss: mean(h6 * h6)\n"
    result = result_of(body, oracles=None)
    assert result.status == "passed"
    allowed = [v.allowed for v in result.comparisons if v.party == "torch" and v.of == "w0"]
    assert max(allowed) < 1e-11
