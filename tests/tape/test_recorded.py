"""What a step becomes on the tape: a view or memory of its own, and a node where one is needed."""

from typing import Any

import numpy as np
import pytest

from gradverify.ops.op import Slot
from gradverify.tape.recorded import Ran, node_of, ran, renew, tensor_of
from gradverify.tape.tensor import Node, Tensor
from tests.support import step

MATRIX = np.arange(6.0).reshape(2, 3)
PLACES = np.array([1, 0])
PLACE = np.array(1)


def done(op: str, *arrays: Any, **attributes: Any) -> Ran:
    """Run a step on arrays and numbers."""
    names = [it if isinstance(it, int | float) else f"x{n}" for n, it in enumerate(arrays)]
    tensors = {f"x{n}": Tensor(f"x{n}", it) for n, it in enumerate(arrays) if f"x{n}" in names}
    return ran(step("out", op, *names, **attributes), tensors)


@pytest.mark.parametrize(
    "made",
    [
        done("reshape", MATRIX, shape=(3, 2)),
        done("index", MATRIX, index=(0,)),
        done("index", MATRIX, PLACE, index=(Slot(1), 0)),  # read as a number
        done("astype", MATRIX, dtype=np.dtype(np.float64)),
        done("broadcast_to", MATRIX, shape=(4, 2, 3)),
        done("clip", MATRIX),
        done("flatten", MATRIX[:0]),
        done("detach", MATRIX),
    ],
    ids=lambda made: made.step.op,
)
def test_what_shows_its_operand_is_a_view_of_it(made: Ran) -> None:
    out = tensor_of(made)
    assert out.view is not None
    assert out.root is made.tensors[0]


@pytest.mark.parametrize(
    "made",
    [
        done("reshape", MATRIX.T, shape=(2, 3)),  # rows that do not follow one another
        done("index", MATRIX, PLACES, index=(Slot(1),)),
        done("astype", MATRIX, dtype=np.dtype(np.float32)),
        done("clip", MATRIX, min=0.5),
        done("add", MATRIX, 2),
    ],
    ids=lambda made: made.step.op,
)
def test_what_is_made_anew_has_memory_of_its_own(made: Ran) -> None:
    out = tensor_of(made)
    assert out.view is None
    assert out.root is out


def test_an_index_that_is_a_number_stays_what_it_was() -> None:
    out = tensor_of(done("index", MATRIX, PLACE.copy(), index=(Slot(1), 0)))
    assert out.array == 3
    assert out.view is not None
    assert out.view.step.attributes["index"] == (1, 0)


@pytest.mark.parametrize(
    ("made", "able"),
    [
        (done("exp", MATRIX), True),
        (done("detach", MATRIX), False),
        (done("less", MATRIX, 1), False),
        (done("astype", MATRIX, dtype=np.dtype(np.int64)), False),
        (done("multiply", PLACES, 2), False),
    ],
)
def test_gradients_pass_what_is_floating_and_no_barrier(made: Ran, able: object) -> None:
    assert made.is_differentiable == able


def test_a_node_leads_to_what_requires_a_gradient_and_notes_what_is_saved() -> None:
    made = done("multiply", MATRIX, MATRIX)
    left, right = made.tensors
    left.flagged, right.version = True, 3
    node = node_of(made, tensor_of(made), 1)
    assert node.edges == (left, None)
    assert node.work is not None
    assert node.work.versions == {1: 3}
    assert node.keeps


def view_of_made() -> tuple[Tensor, Tensor]:
    """Return a tensor with a node, and a view of it with one."""
    x = Tensor("x", MATRIX, flagged=True)
    made = ran(step("y", "add", "x", 1), {"x": x})
    y = tensor_of(made)
    y.node = node_of(made, y, 1)
    shows = ran(step("v", "transpose", "y"), {"y": y})
    v = tensor_of(shows)
    v.node = node_of(shows, v, 2)
    return y, v


def test_a_view_has_a_new_node_once_its_memory_has_a_new_version() -> None:
    y, v = view_of_made()
    old = v.node
    assert isinstance(old, Node)
    assert not renew(v, 3)
    y.put(np.array(0.0), noticed=False)
    assert not renew(v, 3)
    y.put(np.array(0.0), noticed=True)
    assert (renew(y, 3), renew(v, 3), renew(v, 4)) == (False, True, False)
    assert isinstance(v.node, Node)
    assert v.node is not old
    assert v.node.edges == (y.node,)
    assert (v.node.order, v.node.work, v.node.keeps) == (3, None, False)


def test_the_gradient_that_is_kept_goes_to_the_new_node_and_hooks_stay_behind() -> None:
    y, v = view_of_made()
    old = v.node
    assert isinstance(old, Node)
    old.retains = v.retains = True
    old.hooks.append(None)
    v.hooked = old
    y.put(np.array(0.0), noticed=True)
    assert renew(v, 3)
    assert isinstance(v.node, Node)
    assert (old.retains, v.node.retains) == (False, True)
    assert (old.hooks, v.node.hooks, v.hooked) == ([None], [], None)


def test_a_view_of_what_requires_nothing_stays_a_leaf() -> None:
    x = Tensor("x", MATRIX)
    v = tensor_of(ran(step("v", "transpose", "x"), {"x": x}))
    x.put(np.array(0.0), noticed=True)
    assert not renew(v, 1)
    x.flagged = True
    assert renew(v, 1)
    assert v.node is not None
