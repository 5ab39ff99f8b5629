# what users hand over is of any type, which a strict checker does not let pass:
# pyright: basic
"""Halving finds who is at fault, leaf or entry, in few looks whose bars are honest."""

import numpy as np
import pytest

from gradverify.arrays import Array
from gradverify.function.search import Search, look
from gradverify.function.trial import Trial
from tests.function.functions import STEP, normal, square, square_vjp, trial_of


def begun(size: int) -> Trial:
    return trial_of(square, square_vjp, normal(size))


def search_of(trial: Trial, wrong: dict[int, float]) -> tuple[Search, float]:
    """Return the search for errors of a claim, and its gap."""
    flat, direction = trial.claimed[0].flat.copy(), trial.lines()[0].direction
    for entry, error in wrong.items():
        flat[entry] += error
    gap = float((flat - trial.claimed[0].flat) @ direction)
    return Search(trial, flat, direction, STEP), gap


@pytest.mark.parametrize("step", [2.0**-3, STEP, 2.0**-12])
def test_a_look_is_within_its_bars_for_all_cotangents(step: float) -> None:
    trial = trial_of(np.exp, lambda ct, out, _: ct * out, normal(30))
    direction = trial.lines()[0].direction
    before = trial.ask.forward
    seen = look(trial.point, direction, step)
    assert trial.ask.forward == before + 4
    slope = np.exp(trial.primals[0]) * direction
    for k, (value, bar) in enumerate(zip(seen.values, seen.bars, strict=True)):
        assert abs(value - float(trial.point.cotangents[k] @ slope)) <= 3 * bar
        assert bar < 1e-3 * np.linalg.norm(slope)


@pytest.mark.parametrize("size", [4, 500, 40_000])
@pytest.mark.parametrize("gross", [False, True])
def test_one_wrong_entry_is_found_in_few_looks(size: int, *, gross: bool) -> None:
    trial, entry = begun(size), size // 2 + 1
    search, gap = search_of(trial, {entry: 5.0})
    search.gross = gross
    before = search.left
    found = list(search.entries(np.arange(size), gap))
    assert [k for k, _ in found] == [entry]
    assert found[0][1] == pytest.approx(gap, rel=1e-3)
    assert before - search.left <= np.ceil(np.log2(size))


def test_several_wrong_entries_are_found() -> None:
    wrong = {7: 5.0, 101: -4.0, 388: 3.0}
    search, gap = search_of(begun(400), wrong)
    assert {k for k, _ in search.entries(np.arange(400), gap)} == set(wrong)


def test_groups_at_fault_are_found_with_their_shares() -> None:
    trial = begun(90)
    search, gap = search_of(trial, {5: 5.0, 65: 2.0})
    groups: list[Array] = [np.arange(0, 30), np.arange(30, 60), np.arange(60, 90)]
    found = search.groups(groups, gap)
    assert set(found) == {0, 2}
    assert sum(found.values()) == pytest.approx(gap)


def test_where_nothing_is_wrong_a_part_has_no_gap() -> None:
    search, _ = search_of(begun(100), {})
    gap, bar = search.gap(np.arange(50))
    assert abs(gap) <= bar


def test_looks_come_to_an_end() -> None:
    search, gap = search_of(begun(5000), {k: 1.0 + k % 7 for k in range(0, 5000, 2)})
    before = search.left
    _ = list(search.entries(np.arange(5000), gap))
    assert search.left >= 0
    assert before <= 1000
