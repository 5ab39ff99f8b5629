"""Every rule that is broken on purpose is noticed by the comparison with differences."""

import sys
from collections import Counter
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradverify.ops.op import Op
from gradverify.ops.table import OPS
from tests.controls.broken_rules import BREAKS, changes
from tests.ops.cases import Case, drawn
from tests.ops.differences import alike, by_differences, by_rule, with_rules

RULES = with_rules(OPS)
CONSTANT = frozenset({"sign"})  # its gradient is zero, which most breaks leave as it is


def examined(case: Case, made: Counter[str], noticed: Counter[str]) -> None:
    """Count for each way to break a rule whether it changed something, and whether it was seen."""
    right, true = by_rule(case), by_differences(case)
    assert alike(right, true)
    for name, broken in BREAKS.items():
        wrong = broken(case, right)
        if changes(wrong, right):
            made[name] += 1
            noticed[name] += not alike(wrong, true)


def counted(op: Op) -> tuple[Counter[str], Counter[str]]:
    """Return how often each way to break a rule was tried and noticed over a few random calls."""
    made: Counter[str] = Counter()
    noticed: Counter[str] = Counter()

    @settings(max_examples=12, derandomize=True, deadline=None, database=None)
    @given(data=st.data())
    def over_calls(data: st.DataObject) -> None:
        examined(drawn(op, data), made, noticed)

    over_calls()
    return made, noticed


def test_every_broken_rule_is_noticed(
    capsys: pytest.CaptureFixture[str], record_property: Callable[[str, object], None]
) -> None:
    made: Counter[str] = Counter()
    noticed: Counter[str] = Counter()
    for op in RULES.values():
        tried, seen = counted(op)
        assert len(tried) >= (1 if op.name in CONSTANT else 4), op.name
        made += tried
        noticed += seen
    share = noticed.total() / made.total()
    record_property("broken rules noticed", share)
    with capsys.disabled():
        count = f"{noticed.total()} of {made.total()}"
        _ = sys.stdout.write(f"\nbroken rules noticed: {count} ({share:.2%})\n")
    assert made.keys() == BREAKS.keys()
    assert noticed == made
