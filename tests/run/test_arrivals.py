"""Results are taken in order, each once, in whatever order they come."""

from collections.abc import Iterator, Sequence

from hypothesis import given
from hypothesis import strategies as st

from gradverify.run.arrivals import Arrivals
from gradverify.run.outcome import faulty
from gradverify.run.task import Done
from gradverify.verdict.verdict import SpecResult
from tests.support import spec_of

SPEC = spec_of("inputs: {x: 1.0}\nloss: x * x\n")


def result(seconds: float) -> SpecResult:
    return faulty(SPEC, ["broken"], 0, seconds)


def dones(positions: Sequence[int]) -> Iterator[Done]:
    return (Done(position, result(turn)) for turn, position in enumerate(positions))


@given(st.lists(st.integers(0, 9)))
def test_every_position_is_taken_once_and_the_first_result_counts(positions: list[int]) -> None:
    arrivals = Arrivals(dones(positions))
    for position in range(10):
        found = arrivals.take(position)
        if position in positions:
            assert found == result(positions.index(position))
        else:
            assert found is None
    assert arrivals.rest() == ()


def test_what_came_early_is_the_rest() -> None:
    arrivals = Arrivals(dones([5, 3, 0, 1]))
    assert arrivals.take(0) is not None
    assert [position for position, _ in arrivals.rest()] == [3, 5]


def test_whoever_closes_ends_what_runs() -> None:
    ended: list[bool] = []

    def running() -> Iterator[Done]:
        try:
            yield from dones(range(9))
        finally:
            ended.append(True)

    arrivals = Arrivals(running())
    assert arrivals.take(0) is not None
    assert not ended
    arrivals.close()
    assert ended
