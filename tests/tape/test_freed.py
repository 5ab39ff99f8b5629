# torch's own types are partial, and the file must also pass where torch is not installed:
# pyright: basic, reportMissingImports=false
"""A second backward pass raises exactly where the table says that an op keeps anything."""

from collections.abc import Callable
from typing import Final

import pytest
import torch

from gradverify.ops.op import Slot
from gradverify.ops.table import OPS
from gradverify.tape.saved import HIDDEN, keeps
from tests.tape.test_saved import ONE, Recorded, more, runs, some
from tests.tape.test_saved import claimed as places

INDICES: Final = (
    *((Ellipsis,), (), (slice(None),), (slice(0, 4),), (slice(0, 9), slice(None)), (None,)),
    *((slice(-4, None),), (slice(None, None, 2),), (slice(2, 2),), (0,), (Ellipsis, slice(None))),
    *((slice(None), None), (Ellipsis, 0), (slice(None, None, 1),), (slice(1, None),), (Slot(2),)),
)
"""Of all entries and of some, as torch tells them apart by the ends of slices alone."""

every_op = pytest.mark.parametrize("op", OPS)


def claimed(run: Recorded) -> bool:
    return keeps(run.step.op, run.needs, run.step.attributes, run.kinds)


def is_freed(run: Recorded) -> bool:
    """Whether a second backward pass raises."""
    weights = torch.ones_like(run.output)
    run.output.backward(weights)
    try:
        run.output.backward(weights)
    except RuntimeError as error:
        if "a second time" not in str(error):
            raise
        return True
    return False


def wrong(op: str, claim: Callable[[Recorded], bool]) -> list[str]:
    """Return every run of which a claim says something else than the second backward pass."""
    tracked = [run for run in runs(op) if run.output.requires_grad]
    return [str(run) for run in tracked if claim(run) != is_freed(run)]


@every_op
def test_a_second_backward_pass_raises_where_something_is_kept(op: str) -> None:
    assert wrong(op, claimed) == []


@pytest.mark.parametrize("index", INDICES, ids=str)
def test_what_is_written_to_a_part_is_kept_and_to_the_whole_is_not(index: tuple[object]) -> None:
    slots = [ONE] if Slot(2) in index else []
    call = more("index_update", some(4, 3), some(), *slots, index=index)
    found = [call.recorded(needs) for needs in call.every_need() if any(needs)]
    assert [claimed(run) for run in found] == [is_freed(run) for run in found]


@pytest.mark.parametrize("op", [*sorted(HIDDEN), "index", "index_update"])
def test_what_an_op_keeps_besides_operands_and_output_matters(op: str) -> None:
    def of_saved(run: Recorded) -> bool:
        return bool(places(run))

    assert wrong(op, of_saved) != []


def test_a_sum_may_be_gone_through_again_and_a_product_may_not() -> None:
    assert not keeps("add", (True, True), {})
    assert keeps("multiply", (True, False), {}, (None, None))
    assert not keeps("multiply", (False, False), {}, (None, None))
