"""Views show one memory, and who kept an array still has it."""

import numpy as np
import pytest

from gradverify.program.program import Number, Step
from gradverify.tape.recorded import ran, tensor_of
from gradverify.tape.saved import OUT
from gradverify.tape.tensor import Grad, Part, Tensor, Work
from tests.support import step

MATRIX = np.arange(6.0).reshape(2, 3)


def after(base: Tensor, made: Step) -> Tensor:
    """Return what a step makes of a tensor."""
    return tensor_of(ran(made, {str(made.operands[0]): base}))


def transposed(base: Tensor) -> Tensor:
    return after(base, step("v", "transpose", base.key))


def detached(base: Tensor) -> Tensor:
    return after(base, step("d", "detach", base.key))


def test_what_is_written_to_a_view_is_seen_by_all_of_its_memory() -> None:
    x = Tensor("x", MATRIX.copy())
    v, row = transposed(x), after(x, step("r", "index", "x", index=(0,)))
    part = after(v, step("p", "index", "v", index=(slice(1, None), 0)))
    part.put(np.array([7.0, 8.0]), noticed=True)
    assert row.array.tolist() == [0, 7, 8]
    assert x.array.tolist() == [[0, 7, 8], [3, 4, 5]]
    assert v.array.tolist() == x.array.T.tolist()
    assert [tensor.key for tensor in part.family] == ["x", "v", "p", "r"]


def test_who_kept_the_old_array_still_has_it() -> None:
    x = Tensor("x", MATRIX.copy())
    before = x.array
    x.put(np.zeros(()), noticed=False)
    assert before.tolist() == MATRIX.tolist()
    assert x.array.tolist() == [[0, 0, 0], [0, 0, 0]]


@pytest.mark.parametrize("noticed", [False, True])
def test_only_what_the_tape_notices_makes_a_new_version_of_the_memory(noticed: bool) -> None:  # noqa: FBT001 - a case
    x = Tensor("x", MATRIX.copy())
    v = transposed(x)
    v.put(np.array(1.0), noticed=noticed)
    assert v.root is x
    assert x.version == int(noticed)


def test_a_view_of_memory_that_does_not_lie_row_by_row_is_written_to_as_well() -> None:
    x = Tensor("x", np.asfortranarray(MATRIX))
    flat = after(transposed(x), step("f", "flatten", "v"))
    assert flat.root is x
    flat.put(np.arange(6.0) * 10, noticed=True)
    assert x.array.tolist() == [[0, 20, 40], [10, 30, 50]]


def test_a_tensor_of_nothing_can_be_written_to() -> None:
    x = Tensor("x", np.zeros((0, 3)))
    transposed(x).put(np.zeros((3, 0)), noticed=True)
    assert (x.array.shape, x.version) == ((0, 3), 1)


def test_what_is_detached_shares_the_memory_and_not_the_way() -> None:
    x = Tensor("x", MATRIX.copy(), flagged=True)
    d = detached(x)
    v = transposed(d)
    assert v.root is x
    assert v.source is d
    assert not v.requires_grad
    assert [view.step.op for view in v.way] == ["transpose"]
    d.put(np.array(1.0), noticed=True)
    assert x.array.tolist() == [[1, 1, 1], [1, 1, 1]]


def test_a_view_requires_a_gradient_with_its_base_and_has_no_place_for_it() -> None:
    x = Tensor("x", MATRIX.copy())
    v = transposed(x)
    assert not v.requires_grad
    x.flagged = True
    assert v.requires_grad
    assert v.place is None
    assert x.place is x


def test_a_view_that_nobody_has_any_more_is_forgotten() -> None:
    x = Tensor("x", MATRIX.copy())
    v = transposed(x)
    assert [tensor.key for tensor in x.family] == ["x", "v"]
    del v
    assert [tensor.key for tensor in x.family] == ["x"]


def test_what_is_saved_is_read_through_the_tensor() -> None:
    x, y = Tensor("x", np.array([1.0, np.nan])), Tensor("y", np.array([2.0, np.nan]))
    work = Work(step("y", "multiply", "x", 2), (x, Number(2)), y, (x.array, 2, y.array), {0: 0})
    assert (work.changed, work.moved) == (frozenset(), False)
    x.put(x.array.copy(), noticed=True)
    assert (work.changed, work.moved) == (frozenset(), True)
    x.put(np.array(3.0), noticed=False)
    assert (work.changed, work.moved) == ({0}, True)
    y.put(np.array(3.0), noticed=True)
    assert work.changed == {0}
    assert work.tensor(OUT) is y


def test_two_ways_of_one_pass_are_one_share_and_two_passes_are_two() -> None:
    one, other = Part(1, changed=True), Part(1, unsure=True, hooked=True)
    assert one.with_all_of(other) == Part(1, changed=True, unsure=True, hooked=True)
    both = Grad(np.array(1.0), (one,)).plus(Grad(np.array(2.0), (Part(2, random=True),)))
    assert (both.array, both.parts) == (3, (one, Part(2, random=True)))
