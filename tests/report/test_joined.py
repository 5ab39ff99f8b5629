"""Parts of a run, joined, are the record of the whole one; parts of two runs are refused."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from gradverify.baseline.compared import Compared, SpecCompared
from gradverify.report.joined import CannotJoinError, Part, joined, warnings
from gradverify.report.record import Record, exit_code, summarise
from gradverify.verdict.verdict import SpecResult


def result(base: SpecResult, path: str, line: int) -> SpecResult:
    return replace(base, id=f"{path}::{line}", path=path, line=line)


def shard(number: int, count: int, *results: SpecResult, elsewhere: int) -> Part:
    again = {one.id: f"run {one.id}" for one in results}
    record = Record(
        results=results,
        total=len(results),
        seconds=1.5,
        environment={"torch": "2.13.0", "platform": f"machine {number}"},
        again=again,
        shard=(number, count),
        elsewhere=elsewhere,
    )
    return Part(f"{number}.json", record)


def altered(part: Part, **changes: object) -> Part:
    return replace(part, record=replace(part.record, **changes))


@pytest.fixture
def results(expected: SpecResult) -> tuple[SpecResult, ...]:
    """Four specs in the order of one run; the last file cannot be read to its end."""
    unreadable = replace(result(expected, "b", 3), id="b", status="broken", comparisons=())
    a2, a9, b7 = result(expected, "a", 2), result(expected, "a", 9), result(expected, "b", 7)
    return a2, a9, b7, unreadable


@pytest.fixture
def parts(results: tuple[SpecResult, ...]) -> tuple[Part, Part]:
    a2, a9, b7, unreadable = results
    one = shard(1, 2, a9, unreadable, elsewhere=2)
    other = shard(2, 2, a2, b7, elsewhere=2)
    return one, other


def test_results_come_in_the_order_of_one_run_whatever_the_order_of_the_reports(
    parts: tuple[Part, Part], results: tuple[SpecResult, ...]
) -> None:
    for order in (parts, parts[::-1]):
        record = joined(order)
        assert record.results == results
        assert (record.total, record.elsewhere, record.shard) == (4, 0, None)
        assert record.seconds == 3.0
        assert record.again == {one.id: f"run {one.id}" for one in results}


def test_a_shard_that_nobody_has_is_a_broken_spec_that_names_it(
    parts: tuple[Part, Part], expected: SpecResult
) -> None:
    spec = result(expected, "a", 2)
    record = joined([shard(2, 3, spec, elsewhere=5)])
    assert [one.id for one in record.results] == [spec.id, "shard 1/3", "shard 3/3"]
    (fault,) = record.results[1].faults
    assert fault == (
        "shard 1/3 is missing: none of the reports is of it; of all specs, 5 are in none of the "
        "reports, and nobody knows whether they pass"
    )
    assert record.again["shard 3/3"] == "gradverify run --shard 3/3 --report json=PATH"
    assert exit_code(summarise(record)) == 2
    whole = joined(parts)
    assert not any(one.id.startswith("shard") for one in whole.results)


def test_an_empty_shard_is_no_missing_one(expected: SpecResult) -> None:
    spec = result(expected, "a", 2)
    record = joined([shard(1, 2, spec, elsewhere=0), shard(2, 2, elsewhere=1)])
    assert exit_code(summarise(record)) == 0


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"shard": (1, 2)}, "both are shard 1/2"),
        ({"shard": (2, 3)}, "one is shard 1/2, the other shard 2/3"),
        ({"shard": None}, "the first is shard 1/2, and the other no shard"),
        ({"seed": 7}, "one has the seeds of its specs, the other --seed 7"),
        ({"elsewhere": 3}, "all shards of one have 4 specs, of the other 5"),
        ({"baseline": Compared("b")}, "one was held against a baseline, and the other was not"),
    ],
)
def test_what_is_not_of_one_run_is_refused(
    changes: Mapping[str, object], problem: str, parts: tuple[Part, Part]
) -> None:
    one, other = parts
    with pytest.raises(CannotJoinError) as caught:
        _ = joined([one, altered(other, **changes)])
    assert str(caught.value) == f"1.json and 2.json are not parts of one run: {problem}"


@pytest.mark.parametrize(("status", "same"), [("passed", "the same"), ("failed", "different")])
def test_a_spec_that_two_reports_have_is_refused(
    status: str, same: str, expected: SpecResult
) -> None:
    spec = result(expected, "a", 2)
    other = replace(spec, status=status, seconds=9.0)
    parts = [Part("1.json", Record((spec,), 1)), Part("2.json", Record((other,), 1))]
    with pytest.raises(CannotJoinError) as caught:
        _ = joined(parts)
    assert str(caught.value).endswith(f"both have the spec a::2, with {same} results")


def test_versions_that_differ_are_told_and_kept_and_machines_are_not(
    parts: tuple[Part, Part],
) -> None:
    one, other = parts
    newer = altered(other, environment={"torch": "2.14.0", "platform": "machine 2"})
    assert warnings([one, newer]) == [
        "the reports were made with different versions of torch: 2.13.0 in 1.json, 2.14.0 in 2.json"
    ]
    assert joined([one, newer]).environment["torch"] == "2.13.0, 2.14.0"
    assert warnings(parts) == []


def test_what_another_shard_has_is_not_gone(parts: tuple[Part, Part]) -> None:
    one, other = parts
    here = Compared("b.json", gone=("a::2", "old"), prune="prune")
    record = joined([altered(one, baseline=here), altered(other, baseline=replace(here, gone=()))])
    assert record.baseline == replace(here, gone=("old",))


def test_an_interrupted_part_makes_the_whole_one_interrupted(parts: tuple[Part, Part]) -> None:
    one, other = parts
    record = joined([one, altered(other, interrupted=True)])
    assert exit_code(summarise(record)) == 130


def test_what_a_baseline_says_of_each_spec_is_kept(parts: tuple[Part, Part]) -> None:
    one, other = parts
    name = other.record.results[0].id
    compared = {name: SpecCompared(is_new=True)}
    baseline = Compared("b.json")
    record = joined(
        [altered(one, baseline=baseline), altered(other, baseline=baseline, compared=compared)]
    )
    assert record.compared == compared
