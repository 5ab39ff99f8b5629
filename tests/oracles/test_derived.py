"""A hand-written backward pass runs as it stands, whatever it gets wrong."""

import numpy as np

from gradverify.oracles.derived import Derived
from gradverify.oracles.oracle import Gradients, Unsupported, Wanted
from gradverify.oracles.rules import Rules
from gradverify.program.inputs import make_primals
from gradverify.program.program import Program
from tests.program.built import built
from tests.support import read_only, worst_error

NOTHING = Wanted((), (), None)

NETWORK = """
inputs: {{x: 'randn(5, 4)', w: 'randn(4, 3)', v: 'randn(3, 2)', t: 'randn(5, 2)'}}
ops:
  - h = x @ w
  - r = relu(h)
  - p = r @ v
loss: sum((p - t) ** 2)
derived:
  ops:
    - grad_p = 2 * (p - t)
    - grad_v = r.T @ grad_p
    - grad_r = grad_p @ v.T
    - grad_h = where({mask} < 0, 0, grad_r)
    - grad_w = x.T @ grad_h
  grads: {{v: grad_v, w: grad_w, h: grad_h, x: grad_h @ w.T}}
"""


def derived(program: Program) -> Gradients:
    reply = Derived().differentiate(program, read_only(make_primals(program, 3)), NOTHING)
    assert isinstance(reply, Gradients)
    return reply


def by_rules(program: Program, *names: str) -> Gradients:
    wanted = Wanted((), names, np.ones(()))
    reply = Rules().differentiate(program, make_primals(program, 3), wanted)
    assert isinstance(reply, Gradients)
    return reply


def test_a_right_backward_pass_gives_the_gradients_it_names() -> None:
    program = built(NETWORK.format(mask="h"))
    found, true = derived(program).wrt, by_rules(program, "v", "w", "h", "x").wrt
    assert found.keys() == {"v", "w", "h", "x"}
    assert all(worst_error(found[name], true[name]) < 1e-14 for name in found)


def test_a_wrong_step_is_run_as_its_author_wrote_it() -> None:
    # where(grad_r < 0, ...): the mask of the document, from the wrong variable
    program = built(NETWORK.format(mask="grad_r"))
    found, true = derived(program), by_rules(program, "v", "w", "h", "x")
    assert worst_error(found.wrt["v"], true.wrt["v"]) < 1e-14
    assert worst_error(found.wrt["w"], true.wrt["w"]) > 0.1
    grad_r = found.values["grad_r"]
    assert np.array_equal(found.wrt["h"], np.where(grad_r < 0, 0, grad_r))


def test_its_intermediate_values_are_answered_by_the_names_of_its_author() -> None:
    program = built(NETWORK.format(mask="h"))
    assert program.derived is not None
    names = {"grad_p", "grad_v", "grad_r", "grad_h", "grad_w"}
    assert program.derived.names.keys() >= names
    values = derived(program).values
    assert set(values) >= {program.derived.names[name] for name in names}
    assert np.array_equal(values["grad_v"], derived(program).wrt["v"])


def test_a_variable_assigned_again_is_meant_as_it_was_last() -> None:
    program = built(
        "inputs: {x: [1., 2.]}\nops: ['y = x * x', 'y = y * 3']\nloss: sum(y)\n"
        "derived:\n  ops: ['g = 3 * x', 'g = 2 * g']\n  grads: {x: g, y: ones(2)}\n"
    )
    reply = derived(program)
    assert reply.wrt["x"].tolist() == [6, 12]
    assert reply.wrt["y#2"].tolist() == [1, 1]
    assert reply.values["g#2"].tolist() == [6, 12]


def test_it_runs_in_the_formats_of_the_program() -> None:
    head = "inputs: {{x: {{value: [0.1, 0.7], dtype: {dtype}}}}}\n"
    body = "loss: sum(exp(x))\nderived: {ops: ['g = exp(x)'], grads: {x: g}}\n"
    narrow, wide = (built(head.format(dtype=d) + body) for d in ("float32", "float64"))
    assert derived(narrow).wrt["x"].dtype == np.float32
    assert derived(wide).wrt["x"].dtype == np.float64
    assert 0 < worst_error(derived(narrow).wrt["x"], derived(wide).wrt["x"]) < 1e-6


def test_without_a_backward_pass_it_says_so() -> None:
    program = built("inputs: {x: [1.]}\nloss: sum(x)\n")
    reply = Derived().differentiate(program, make_primals(program, 0), NOTHING)
    assert isinstance(reply, Unsupported)
    assert "derived" in reply.reason
