"""The Markdown page has its verdict first, what moved next, and fits a step's summary."""

from dataclasses import replace

import pytest

from gradverify.report.markdown import ROOM, render_markdown, render_page
from gradverify.report.record import Record
from gradverify.verdict.verdict import SpecResult


def test_the_verdict_comes_first_and_numbers_last(record: Record) -> None:
    page = render_markdown(record)
    assert page.startswith(
        "## gradverify: ❌ a spec is broken\n\n"
        "3 specs: 1 passed, 1 failed, 0 undecided, 1 broken.\n\n### <code>specs/autograd-intro"
    )
    assert page.endswith("| time | 1.5 s |\n| python | 3.11.7 |\n")


def test_a_run_in_which_all_is_well_has_no_section(expected: SpecResult) -> None:
    page = render_markdown(Record(results=(expected,)))
    assert page.startswith("## gradverify: ✅ all as expected\n")
    assert page.count("###") == 1


def test_what_differs_from_the_baseline_stands_above_the_specs(against: Record) -> None:
    page = render_markdown(against)
    assert (
        "2 specs: 0 passed, 1 known, 1 worse, 0 failed, 0 undecided, 0 broken.\n\n"
        "### Against the baseline <code>baseline.json</code>\n\n"
        "1 new or worse in 1 spec, 2 gone. "
        "Environment: torch 2.12.0 -&gt; 2.13.0.\n\n"
        "| spec | what | of | how |\n| --- | --- | --- | --- |\n"
        f"| <code>{against.results[0].path}:2</code> Expected | gradient-moved |"
    ) in page
    assert "&#91;0, 14&#93; was 3.07 and is 1.53" in page
    assert "<details><summary>Known to the baseline: 1</summary>" in page
    assert "If this was meant: <code>gradverify baseline update</code>" in page
    assert "is wrong" not in page


def test_a_page_that_is_too_long_is_cut_and_says_how_much_is_left_out(failed: SpecResult) -> None:
    many = tuple(replace(failed, id=f"{k}", title="t" * 1000) for k in range(2_000))
    page = render_markdown(Record(results=many))
    assert ROOM - 10_000 < len(page.encode()) <= ROOM
    shown = page.count("\n### ") - 1
    assert f"*Left out, since the page is full: {2_000 - shown} specs that did not pass.*" in page
    assert page.rstrip().endswith("|")


def test_one_section_that_is_too_long_does_not_keep_out_the_others(
    failed: SpecResult, broken: SpecResult
) -> None:
    giant = replace(broken, faults=tuple("f" * 15_000 for _ in range(100)))
    page = render_markdown(Record(results=(giant, failed)))
    assert "Two layers by hand" in page
    assert "1 spec that did not pass" in page


@pytest.mark.parametrize("room", [0, 100, 1_000, 2_000, 4_000])
def test_a_page_takes_no_more_room_than_it_has(room: int, against: Record) -> None:
    assert len(render_page(against, room).encode()) <= room


def test_a_shard_says_which_one_it_is(record: Record) -> None:
    assert "3 specs, shard 2 of 8: " in render_markdown(replace(record, shard=(2, 8)))
