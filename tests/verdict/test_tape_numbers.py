"""A number of a tape is held to the true gradient, as precisely as it is written."""

from typing import Final

import pytest

from gradverify.verdict.verdict import SpecResult, Verdict
from tests.support import result_of

MEAN: Final = """
inputs: {x: "ones(2, 2)", v: {value: [1., 2.], dtype: float32}}
ops: [y = exp(x), out = y.mean()]
loss: out
tape:
  - backward: out
"""


def reading(result: SpecResult, party: str = "stated", kind: str = "grad") -> Verdict:
    (found,) = [v for v in result.comparisons if (v.party, v.kind) == (party, kind)]
    return found


@pytest.mark.parametrize(
    ("stated", "status"),
    [
        ("0.68", "agree"),
        ("0.6796", "agree"),
        ("0.6795", "disagree"),
        ("0.67957046", "agree"),
        ("0.67957044", "disagree"),
        ("y / 4", "agree"),
        ("exp(x) / 4", "agree"),
        ("exp(x) / 4 + 1e-12", "disagree"),
        ("[[0.68, 0.68], [0.68, 0.69]]", "disagree"),
        ("1", "disagree"),
    ],
)
def test_a_number_is_as_precise_as_it_is_written_and_an_expression_exact(
    stated: str, status: str
) -> None:
    body = f"{MEAN}  - grad: {{x: {stated}}}\n"
    assert reading(result_of(body)).status == status


def test_the_model_is_held_to_rounding() -> None:
    found = reading(result_of(MEAN + "  - grad: {x: 0.68}\n"), "tape")
    assert found.error < 1e-15 < found.allowed < 1e-13


def test_a_value_is_read_after_it_was_changed() -> None:
    changed = MEAN + "  - set: {x: 2 * x}\n  - value: {x: %s}\n"
    assert reading(result_of(changed % 2), kind="value").status == "agree"
    assert reading(result_of(changed % 1), kind="value").status == "disagree"


def test_float32_is_held_to_its_own_rounding() -> None:
    body = MEAN + "  - backward: sum(v * v / 3)\n  - grad: {v: 2 * v / 3}\n"
    assert reading(result_of(body), "tape").status == "agree"


def test_what_a_hook_saw_and_autograd_gave_are_numbers_too() -> None:
    body = MEAN.replace("  - backward", "  - hook: y\n  - backward") + "  - hooked: {y: %s}\n"
    assert reading(result_of(body % 0.25), kind="hooked").status == "agree"
    assert reading(result_of(body % 0.26), kind="hooked").status == "disagree"
    body = MEAN + "  - {autograd_grad: sum(y * y), by: {x: %s}, error: graph-freed}\n"
    assert result_of(body % "2 * y * y").status == "passed"
    body = body.replace("backward: out", "{backward: out, retain_graph: true}")
    body = body.replace(", error: graph-freed", "")
    assert reading(result_of(body % "2 * y * y"), kind="autograd.grad").status == "agree"
    assert reading(result_of(body % "y * y"), kind="autograd.grad").status == "disagree"


def test_a_hook_that_changes_a_gradient_changes_what_is_read() -> None:
    body = MEAN.replace("  - backward", "  - hook: {y: 2 * grad}\n  - backward")
    assert reading(result_of(body + "  - grad: {x: y / 2}\n")).status == "agree"
    assert reading(result_of(body + "  - grad: {x: y / 4}\n")).status == "disagree"


def test_a_value_is_as_rough_as_the_narrowest_format_that_it_comes_from() -> None:
    body = """
inputs: {x: [0.7, -1.3, 0.4], u: [0.3, 0.2, 0.1]}
ops: ["y = exp(sin(exp(astype(x, 'float32'))))", "z = astype(y, 'float64') * 3", v = exp(u)]
tape:
  - value: {z: %s, v: "exp(u)"}
"""
    right = "[7.40459490, 3.92663562, 8.12946939]"
    result = result_of(body % right, oracles=("rules", "torch", "stated"))
    assert {v.status for v in result.comparisons if v.of == "z"} == {"agree"}
    wrong = result_of(body % right.replace("7.4045", "7.4040"))
    assert wrong.status == "failed"
    wrong = result_of((body % right).replace('"exp(u)"', '"exp(u) + 1e-9"'))
    assert wrong.status == "failed"


CHAOS: Final = """
inputs: {w: 0.3}
loss: (w ** 2 / 2 - w ** 3 / 3) * 3.9
tape:
  - repeat: {times: %d, backward: loss, update: {w: w.grad}, zero: w}
  - value: {w: %s}
"""


def test_nobody_is_wrong_about_a_value_that_rounding_decides() -> None:
    result = result_of(CHAOS % (300, 0.5), oracles=("rules", "torch", "stated"))
    found = {v.party: v.status for v in result.comparisons if (v.kind, v.of) == ("value", "w")}
    assert found == {"tape": "agree", "torch": "agree", "stated": "undecided"}
    result = result_of(CHAOS % (5, 0.5), oracles=("rules", "torch", "stated"))
    found = {v.party: v.status for v in result.comparisons if (v.kind, v.of) == ("value", "w")}
    assert found == {"tape": "agree", "torch": "agree", "stated": "disagree"}


def test_a_sum_that_cancels_over_a_loop_is_rounded_as_its_terms_are() -> None:
    body = """
inputs: {x: "randn(20, 2)", t: "randn(20, 1)", b: 0., v: [[-1], [1]]}
loss: mean((tanh(x + b) @ v - t) ** 2)
tape:
  - repeat: {times: 2, backward: loss, update: {v: v - 0.01 * v.grad}, zero: v}
  - grad: {b: %s}
"""
    result = result_of(body % 0, oracles=("rules", "torch", "stated"))
    found = {v.party: v.status for v in result.comparisons if v.of == "b" and v.at == "tape step 2"}
    assert found == {"tape": "agree", "torch": "agree", "stated": "disagree"}
