"""In which order a backward pass goes, what stops it, and what has happened by then."""

from typing import Final

import numpy as np
import pytest

from gradverify.tape.engine import Pass, worked_out
from gradverify.tape.script import Computed
from gradverify.tape.tape import TapeError
from gradverify.tape.tensor import Grad, Node, Part, Tensor
from tests.tape.scripts import done
from tests.tape.sentences import by_both, seen

TWO: Final = "inputs: {x: 1., w: 1.}\nops: [y = 2 * x, z = 3 * w]\nloss: y + z"
ONE: Final = Grad(np.array(1.0), (Part(1),))


@by_both
def test_what_was_made_last_goes_back_first(tape: str) -> None:
    """By the time that y's graph turns out to be freed, z's has been gone through."""
    steps = ("backward: y", "backward: y + z", "grad: {x: 0, w: 0}")
    assert seen(tape, TWO, *steps) == ["graph-freed", {"x": 2, "w": 3}]
    steps = ("backward: z", "backward: y + z", "grad: {x: 0, w: 0}")
    assert seen(tape, TWO, *steps) == ["graph-freed", {"x": None, "w": 3}]


@by_both
def test_a_leaf_takes_its_gradient_before_older_nodes_run(tape: str) -> None:
    steps = ("backward: y", "zero: x", "backward: y + x", "grad: {x: 0, w: 0}")
    assert seen(tape, TWO, *steps) == ["graph-freed", {"x": 0, "w": None}]
    steps = ("backward: y", "backward: y + w", "grad: {x: 0, w: 0}")
    assert seen(tape, TWO, *steps) == ["graph-freed", {"x": 2, "w": 1}]


@by_both
def test_a_pass_that_fails_frees_only_what_it_went_through(tape: str) -> None:
    steps = ("backward: y", "backward: y + z", "backward: z")
    assert seen(tape, TWO, *steps) == ["graph-freed", "graph-freed"]
    steps = ("backward: z", "backward: y + z", "backward: y", "grad: {x: 0}")
    assert seen(tape, TWO, *steps) == ["graph-freed", {"x": 2}]


@by_both
def test_autograd_grad_goes_no_further_than_it_must(tape: str) -> None:
    head = "inputs: {x: 1.}\nops: [y = 2 * x, z = 3 * y]\nloss: z"
    steps = ("autograd_grad: z, by: {y: 0}", "backward: y", "grad: {x: 0}", "backward: z")
    assert seen(tape, head, *steps) == [{"y": 3}, {"x": 2}, "graph-freed"]


@by_both
def test_autograd_grad_notes_what_arrives_before_a_node_that_it_runs(tape: str) -> None:
    """A hook changes the gradient of a leaf; of what is on the way to another it comes too late."""
    head = "inputs: {x: 1.}\nops: [y = x + 2]\nloss: y"
    hook = "hook: {y: 2 * grad}"
    assert seen(tape, head, hook, "autograd_grad: y, by: {y: 0}") == [{"y": 2}]
    assert seen(tape, head, hook, "autograd_grad: y, by: {x: 0, y: 0}") == [{"x": 2, "y": 1}]
    assert seen(tape, head, "hook: {x: 2 * grad}", "autograd_grad: y, by: {x: 0}") == [{"x": 2}]


@by_both
def test_hooks_are_called_one_after_another_and_then_the_gradient_is_kept(tape: str) -> None:
    head = "inputs: {x: 1.}\nops: [y = 2 * x]\nloss: y"
    hooks = ("retain_grad: y", "hook: {y: 2 * grad}", "hook: {y: grad + 1}", "backward: y")
    assert seen(tape, head, *hooks, "hooked: {y: 0}", "grad: {y: 0, x: 0}") == [
        {"y": 2},
        {"y": 3, "x": 6},
    ]


@by_both
def test_a_hook_reads_what_tensors_hold_by_then(tape: str) -> None:
    head = "inputs: {x: 1., w: 1.}\nops: [y = x + 2]\nloss: y"
    steps = ("hook: {y: w * grad}", "set: {w: 7}", "backward: y", "grad: {x: 0}")
    assert seen(tape, head, *steps) == [{"x": 7}]


@by_both
def test_two_ways_to_a_tensor_add_up_before_it_is_passed(tape: str) -> None:
    head = "inputs: {x: 1.}\nops: [y = x + 2]\nloss: 3 * y + 4 * y"
    steps = ("hook: y", "backward: 3 * y + 4 * y", "hooked: {y: 0}", "grad: {x: 0}")
    assert seen(tape, head, *steps) == [{"y": 7}, {"x": 7}]


@by_both
def test_a_pass_may_begin_at_a_leaf(tape: str) -> None:
    assert seen(tape, TWO, "backward: x", "grad: {x: 0, w: 0}") == [{"x": 1, "w": None}]


@by_both
def test_what_is_freed_is_said_before_what_was_modified(tape: str) -> None:
    head = "inputs: {x: 2.}\nops: [y = x * x]\nloss: y"
    change = "set: {x: 3}, no_grad: true"
    assert seen(tape, head, "backward: y", change, "backward: y") == ["graph-freed"]
    assert seen(tape, head, change, "backward: y", "backward: y") == ["saved-value-modified"] * 2


@by_both
def test_a_saved_output_is_read_as_it_is_by_now(tape: str) -> None:
    for op in ("exp(x)", "relu(x)", "tanh(x)", "sigmoid(x)"):
        head = f"inputs: {{x: 1.}}\nops: [y = {op}]\nloss: y"
        (found,) = seen(tape, head, "set: {y: 0.5}", "backward: y", "grad: {x: 0}")
        wanted = {"exp(x)": 0.5, "relu(x)": 1, "tanh(x)": 0.75, "sigmoid(x)": 0.25}[op]
        assert found == {"x": wanted}


@by_both
def test_a_gradient_has_the_dtype_and_the_shape_of_its_tensor(tape: str) -> None:
    head = (
        "inputs: {x: {value: [[1.]], dtype: float32}, w: [1., 2.]}\nops: [y = x * w]\nloss: sum(y)"
    )
    steps = ("backward: sum(y)", "grad: {x: 0, w: 0}")
    assert seen(tape, head, *steps) == [{"x": 3, "w": 1}]


def test_the_gradient_of_a_narrow_tensor_is_narrow() -> None:
    head = "inputs: {x: {value: [[1.]], dtype: float16}, w: [1., 2.]}\nloss: sum(x * w)\ntape:\n"
    shown, _ = done(head + "  - backward: sum(x * w)\n  - grad: {x: 0}\n")
    found = shown[-1].numbers["x"]
    assert found is not None
    assert (found.dtype, found.shape) == (np.float16, (1, 1))


def test_a_node_that_is_reached_by_nothing_is_not_run() -> None:
    x = Tensor("x", np.array(1.0), flagged=True)
    freed = Node(1, Tensor("y", np.array(1.0)), (x,), None, keeps=True, freed=True)
    alone = Node(2, Tensor("z", np.array(1.0)), (x, freed), None, keeps=False)
    Pass(False, {"x": x}, {}).run(x, ONE)  # noqa: FBT003 - the first field
    with pytest.raises(TapeError, match="freed by an earlier"):
        Pass(False, None, {}).run(freed, ONE)  # noqa: FBT003 - the first field
    assert alone.freed is False


def test_an_expression_reads_what_is_nearer_first() -> None:
    shown, _ = done("inputs: {x: 2.}\nloss: x * x\ntape:\n  - set: {x: 3 * x}\n  - value: {x: 0}\n")
    assert shown[-1].numbers["x"] == 6
    assert worked_out(Computed((), "x"), {"x": 1}, {"x": np.array(2)}) == 2
    assert worked_out(Computed((), "x"), {"x": np.array(1)}) == 1
