"""What is true of entries has no gradient, and a choice passes it to what was chosen."""

import numpy as np

from gradverify.ops.comparison import gap, logical_and, logical_not, logical_or, where_vjp
from gradverify.ops.op import Result
from gradverify.ops.table import OPS


def test_every_op_that_answers_true_or_false_has_no_rule() -> None:
    without = {name for name, op in OPS.items() if op.vjp is None}
    assert without == {name for name, op in OPS.items() if op.result is Result.BOOLEAN}
    assert "less" in without


def test_a_choice_passes_its_cotangent_to_what_was_chosen() -> None:
    condition = np.array([True, False])
    ct = np.array([2.0, 3.0])
    none, by_x, by_y = where_vjp(ct, ct, condition, ct, ct)
    assert none is None
    assert np.array_equal(by_x, [2.0, 0.0])
    assert np.array_equal(by_y, [0.0, 3.0])


def test_logic_answers_bools_for_numbers_too() -> None:
    x, y = np.array([0.0, 1.0, 2.0]), np.array([1, 1, 0])
    assert np.array_equal(logical_and(x, y), np.array([False, True, False]))
    assert np.array_equal(logical_or(x, y), np.array([True, True, True]))
    assert np.array_equal(logical_not(x), np.array([True, False, False]))


def test_the_gap_of_bools_and_of_unsigned_numbers_is_a_distance() -> None:
    assert np.array_equal(gap(np.array([True, True]), np.array([True, False])), [0.0, 1.0])
    assert np.array_equal(gap(np.array([1], np.uint8), np.array([3], np.uint8)), [2.0])
