"""A tape shows what PyTorch's documents say that it shows; the model says so, and so does torch."""

from typing import Final

import pytest

from tests.tape.scripts import done
from tests.tape.sentences import by_both, seen

MEAN: Final = (
    "inputs: {x: 'ones(2, 2)'}\nops: [y = x + 2, z = y * y * 3, out = z.mean()]\nloss: out"
)
SQUARE: Final = "inputs: {x: 1.}\nops: [y = x * x]\nloss: y"
DOUBLE: Final = "inputs: {x: 1.}\nops: [y = 2 * x]\nloss: y"
SHIFTED: Final = "inputs: {x: 1.}\nops: [y = x + 2]\nloss: y"


@by_both
def test_gradients_add_up_until_they_are_zeroed(tape: str) -> None:
    steps = ("backward: out", "grad: {x: 0}", "backward: sum(x)", "grad: {x: 0}", "zero: x")
    again = ("grad: {x: 0}", "backward: sum(x)", "grad: {x: 0}")
    assert seen(tape, MEAN, *steps, *again) == [{"x": it} for it in (4.5, 5.5, 0, 1)]


@by_both
def test_a_gradient_that_is_set_to_none_begins_anew(tape: str) -> None:
    steps = ("backward: out", "zero: x, set_to_none: true", "grad: {x: 0}")
    assert seen(tape, MEAN, *steps, "backward: sum(x)", "grad: {x: 0}") == [{"x": None}, {"x": 1}]


@by_both
def test_there_is_no_gradient_to_be_zeroed_before_a_backward_pass(tape: str) -> None:
    steps = ("zero: x", "backward: sum(z)", "grad: {x: 0}")
    assert seen(tape, MEAN, *steps) == [{"x": 18}]


@by_both
def test_only_leaves_keep_a_gradient_unless_they_are_told_to(tape: str) -> None:
    steps = ("backward: out", "grad: {x: 0, y: 0, out: 0}")
    assert seen(tape, MEAN, *steps) == [{"x": 4.5, "y": None, "out": None}]
    assert seen(tape, MEAN, "retain_grad: y", *steps) == [{"x": 4.5, "y": 4.5, "out": None}]


@by_both
def test_a_hook_sees_what_passes_and_may_change_it(tape: str) -> None:
    steps = ("backward: out", "hooked: {y: 0}", "grad: {x: 0}")
    assert seen(tape, MEAN, "hook: y", *steps) == [{"y": 4.5}, {"x": 4.5}]
    assert seen(tape, MEAN, "hook: {y: 2 * grad}", *steps) == [{"y": 4.5}, {"x": 9}]
    assert seen(tape, MEAN, "hook: {x: 2 * grad}", *steps[::2]) == [{"x": 9}]


@by_both
def test_a_hook_that_nothing_passed_has_seen_nothing(tape: str) -> None:
    assert seen(tape, MEAN, "hook: y", "backward: sum(x)", "hooked: {y: 0}") == [{"y": None}]


@by_both
def test_a_second_backward_pass_is_an_error_where_something_was_saved(tape: str) -> None:
    assert seen(tape, SQUARE, "backward: y", "backward: y") == ["graph-freed"]
    assert seen(tape, DOUBLE, "backward: y", "backward: y") == ["graph-freed"]
    twice = ("backward: y", "backward: y", "grad: {x: 0}")
    assert seen(tape, SHIFTED, *twice) == [{"x": 2}]
    kept = ("backward: y, retain_graph: true", *twice[1:])
    assert seen(tape, SQUARE, *kept) == [{"x": 4}]


@by_both
def test_backward_begins_at_one_number_or_with_weights_of_the_same_shape(tape: str) -> None:
    steps = ("backward: z", "backward: z, cotangent: [1, 2, 3]", "grad: {x: 0}")
    errors = ["backward-needs-scalar", "cotangent-shape", {"x": None}]
    assert seen(tape, MEAN, *steps) == errors
    assert seen(tape, MEAN, "backward: y, cotangent: [[1, 2], [3, 4]]", "grad: {x: 0}") == [
        {"x": [[1, 2], [3, 4]]}
    ]


@by_both
def test_backward_from_what_requires_nothing_is_an_error(tape: str) -> None:
    head = "inputs: {x: {value: 1., requires_grad: false}, w: 1.}\nops: [y = x * x]\nloss: w"
    assert seen(tape, head, "backward: y", "retain_grad: y", "hook: y") == ["path-detached"] * 3


@by_both
def test_new_values_behind_the_tape_are_read_where_they_were_saved(tape: str) -> None:
    steps = ("set: {x: 100 * x}", "value: {x: 0, y: 0}", "backward: y", "grad: {x: 0}")
    assert seen(tape, SQUARE, *steps) == [{"x": 100, "y": 1}, {"x": 200}]
    assert seen(tape, DOUBLE, *steps) == [{"x": 100, "y": 2}, {"x": 2}]


@by_both
def test_new_values_under_no_grad_are_noticed_where_they_were_saved(tape: str) -> None:
    steps = ("set: {x: 100 * x}, no_grad: true", "backward: y", "grad: {x: 0}")
    assert seen(tape, SQUARE, *steps) == ["saved-value-modified", {"x": None}]
    assert seen(tape, DOUBLE, *steps) == [{"x": 2}]


@by_both
def test_new_values_of_a_view_are_those_of_what_it_shows(tape: str) -> None:
    head = "inputs: {x: [1., 2.]}\nops: ['v = x[0]', y = x * x]\nloss: sum(y)"
    steps = ("set: {v: 5}", "value: {x: 0, v: 0}", "backward: sum(y)", "grad: {x: 0}")
    assert seen(tape, head, *steps) == [{"x": [5, 2], "v": 5}, {"x": [10, 4]}]
    noticed = ("set: {v: 5}, no_grad: true", *steps[2:])
    assert seen(tape, head, *noticed) == ["saved-value-modified", {"x": None}]


@by_both
def test_what_is_detached_is_a_leaf_that_requires_nothing(tape: str) -> None:
    steps = ("detach: y", "is_leaf: {y: true}", "requires_grad: {y: true, z: true}")
    made = ("run: w = no_grad(x * 2)", "requires_grad: {w: true}", "grad_fn: {w: null, z: null}")
    assert seen(tape, MEAN, *steps, *made) == [
        {"y": True},
        {"y": False, "z": True},
        {"w": False},
        {"w": None, "z": "Mul"},
    ]


@by_both
def test_flags_tell_leaves_from_what_was_made(tape: str) -> None:
    head = "inputs: {x: [1.], n: {value: [1], dtype: int64}}\n"
    head += "ops: [y = x + n, m = n * 2]\nloss: sum(y)"
    steps = ("is_leaf: {x: true, n: true, y: true, m: true}", "requires_grad: {n: true, y: true}")
    leaves = {"x": True, "n": True, "y": False, "m": True}
    assert seen(tape, head, *steps) == [leaves, {"n": False, "y": True}]


@by_both
def test_requires_grad_is_for_floating_leaves(tape: str) -> None:
    head = "inputs: {x: 1., n: {value: 1, dtype: int64}}\nops: [y = 2 * x]\nloss: y"
    steps = ("requires_grad_: {n: true}", "requires_grad_: {y: true}", "is_leaf: {y: true}")
    assert seen(tape, head, *steps) == ["integer-requires-grad", {"y": False}]
    assert seen(tape, head, "requires_grad_: {y: false}", "requires_grad_: {n: false}") == [
        "not-a-leaf"
    ]


@by_both
def test_what_was_made_before_a_leaf_stopped_to_require_a_gradient_leads_nowhere(tape: str) -> None:
    steps = ("requires_grad_: {x: false}", "run: z = 2 * x", "requires_grad: {y: true, z: true}")
    flags = {"y": True, "z": False}
    assert seen(tape, DOUBLE, *steps, "backward: y", "grad: {x: 0}") == [flags, {"x": None}]


@by_both
def test_autograd_grad_touches_no_gradient(tape: str) -> None:
    steps = ("autograd_grad: out, by: {y: 0, x: 0}", "backward: sum(x)", "grad: {x: 0}")
    assert seen(tape, MEAN, *steps) == [{"y": 4.5, "x": 4.5}, {"x": 1}]


@by_both
def test_autograd_grad_by_what_takes_no_part_is_none_where_that_is_allowed(tape: str) -> None:
    head = "inputs: {x: 1., w: 1.}\nops: [y = 2 * x]\nloss: y"
    assert seen(tape, head, "autograd_grad: y, by: {w: 0}") == ["input-unused"]
    assert seen(tape, head, "autograd_grad: y, by: {w: null, x: 0}") == [{"w": None, "x": 2}]


@by_both
def test_a_view_of_what_was_written_to_leads_to_its_base(tape: str) -> None:
    head = "inputs: {x: [1., 2.]}\nops: [y = 3 * x, 'v = y[:1]', w = v * 2]\nloss: sum(w)"
    steps = ("hook: v", "set: {y: 0.5}, no_grad: true", "grad_fn: {v: null, y: null}")
    later = ("run: u = 5 * v", "backward: sum(u)", "hooked: {v: 0}", "grad: {x: 0}")
    kinds = {"v": "AsStrided", "y": "Mul"}
    assert seen(tape, head, *steps, *later) == [kinds, {"v": None}, {"x": [15, 0]}]


@by_both
def test_a_view_of_what_was_written_to_may_be_hooked_then(tape: str) -> None:
    """In torch 2.13 itself that ends the process, unless somebody has looked at its grad_fn."""
    head = "inputs: {x: [1., 2.]}\nops: [y = 3 * x, 'v = y[:1]']\nloss: sum(v)"
    steps = ("set: {y: 0.5}, no_grad: true", "hook: v", "run: u = 5 * v", "backward: sum(u)")
    assert seen(tape, head, *steps, "hooked: {v: 0}") == [{"v": 5}]


@by_both
def test_a_view_requires_a_gradient_once_its_base_does_and_gets_none(tape: str) -> None:
    head = "inputs: {x: {value: [1., 2.], requires_grad: false}, w: 1.}\n"
    head += "ops: ['v = x[:1]', y = 2 * x]\nloss: w"
    steps = ("requires_grad_: {x: true}", "requires_grad: {v: true, y: true}", "is_leaf: {v: true}")
    assert seen(tape, head, *steps, "backward: v") == [
        {"v": True, "y": False},
        {"v": True},
        "path-detached",
    ]


def test_a_gradient_knows_which_backward_passes_it_is_made_of() -> None:
    steps = ["backward: sum(x)", "{backward: y, cotangent: empty(2)}", "grad: {x: 0}"]
    head = "inputs: {x: [1., 2.]}\nops: [y = 2 * x]\nloss: sum(y)\ntape:\n"
    _, model = done(head + "".join(f"  - {step}\n" for step in steps))
    found = model.origins[3, None, "x"]
    assert found is not None
    assert [(part.event, part.random) for part in found.parts] == [(1, False), (2, True)]
    assert {*model.events} == {1, 2}


KNOWN: Final = (("exp(x)", "y"), ("relu(x)", "y"), ("x * x", "x"), ("log(x)", "x"))
STACK: Final = "broadcast_to(x, (2, 1, 1)) @ broadcast_to(x, (1, 1))"
UNKNOWN: Final = (("expm1(x)", "y"), ("max(x)", "x"), ("prod(x)", "x"), (STACK, "x"))


@pytest.mark.parametrize(("op", "name"), [*KNOWN, *UNKNOWN])
def test_a_number_that_changed_values_make_is_known_or_said_not_to_be(op: str, name: str) -> None:
    head = f"inputs: {{x: 1.}}\nops: ['y = {op}']\nloss: sum(y)\ntape:\n  - set: {{{name}: 3}}\n"
    _, model = done(head + "  - backward: sum(y)\n  - grad: {x: 0}\n")
    found = model.origins[3, None, "x"]
    assert found is not None
    (part,) = found.parts
    assert (part.changed, part.unsure) == (True, (op, name) in UNKNOWN)
