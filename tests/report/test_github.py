"""In a workflow, at most ten annotations come first, and no text is taken for a command."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from gradverify.errors import Mark
from gradverify.report.console import render_record
from gradverify.report.github import (
    ANNOTATIONS,
    fill_step_summary,
    render_annotations,
    render_github,
)
from gradverify.report.markdown import ROOM, render_markdown
from gradverify.report.record import Record
from gradverify.verdict.verdict import Severity, SpecResult

PATH = "specs/autograd-intro/two-layer-numpy.grad.yaml"


def test_an_annotation_has_the_place_the_size_the_cause_and_the_command(
    failed: SpecResult, again: str
) -> None:
    record = Record(results=(failed,), again={failed.id: again})
    (line,) = render_annotations(record, {})
    assert line == (
        f"::error file={PATH},line=31,col=7,title=mask-from-wrong-variable "
        "(1.8e+12 times what is allowed)%3A Two layers by hand::`grad_h` is masked where "
        "`grad_h_relu < 0`; masking where `h < 0` agrees to 2e-15.%0A"
        f"Mask with the variable that entered the relu.%0AAgain: {again}"
    )


def test_what_is_known_expected_or_a_note_is_not_annotated(
    against: Record, failed: SpecResult, expected: SpecResult
) -> None:
    (moved,) = render_annotations(against, {})
    assert "title=gradient-moved%3A Expected::" in moved
    note = replace(failed, findings=(replace(failed.findings[0], severity=Severity.NOTE),))
    assert "mask-from" not in str(render_annotations(Record(results=(note, expected)), {}))


def test_of_many_the_worst_nine_are_shown_and_the_tenth_counts_the_others(
    failed: SpecResult, broken: SpecResult
) -> None:
    wrong = failed.comparisons[2]
    many = tuple(
        replace(failed, id=f"{k}", title=f"<{k}>", comparisons=(replace(wrong, error=k * 1e-12),))
        for k in range(1, 13)
    )
    lines = render_annotations(Record(results=(*many, broken)), {})
    assert len(lines) == ANNOTATIONS
    assert "title=spec-broken%3A Not a spec::" in lines[0]
    assert [re.findall(r"<(\d+)>", line) for line in lines[1:9]] == [
        [f"{k}"] for k in range(12, 4, -1)
    ]
    assert lines[9].startswith("::error title=gradverify::4 more, none of them worse")
    exactly = render_annotations(Record(results=many[:ANNOTATIONS]), {})
    assert not any("more" in line for line in exactly)


def test_what_moved_for_several_parties_is_one_annotation(against: Record) -> None:
    name = against.results[0].id
    (moved,) = against.compared[name].regressions
    two = (replace(moved, party="jax", times=1.0), moved, replace(moved, of="w2"))
    record = replace(against, compared={name: replace(against.compared[name], regressions=two)})
    lines = render_annotations(record, {})
    assert [line.count("%0ALikewise: jax%0A") for line in lines if "moved" in line] == [1, 0]


def test_what_two_specs_see_at_one_line_of_code_is_one_annotation(failed: SpecResult) -> None:
    def found(title: str, file: str) -> SpecResult:
        finding = replace(failed.findings[0], mark=Mark(file, 20, 1, ""))
        return replace(failed, id=title, title=title, findings=(finding,))

    same = (found("one", "layers.py"), found("two", "layers.py"), found("three", "layers.py"))
    (line,) = render_annotations(Record(results=same), {})
    assert "%0ALikewise: two, three%0A" in line
    assert len(render_annotations(Record(results=(*same, found("four", "other.py"))), {})) == 2
    assert len(render_annotations(Record(results=(found("a", PATH), found("b", PATH))), {})) == 2


def test_an_annotation_is_no_longer_than_somebody_reads(failed: SpecResult) -> None:
    finding = replace(failed.findings[0], message="m" * 10**6)
    record = Record(results=(replace(failed, title="t" * 10**6, findings=(finding,)),))
    (line,) = render_annotations(record, {})
    assert len(line) < 5_000


def test_the_text_stands_where_no_line_is_a_command(failed: SpecResult) -> None:
    hostile = replace(failed, title="x\n::error::y\n::set-output name=a::b", path="::add-mask::p")
    record = Record(results=(hostile,))
    lines = render_github(record, {}, verbose=True).splitlines()
    opening = next(k for k, line in enumerate(lines) if line.startswith("::stop-commands::"))
    token = lines[opening].removeprefix("::stop-commands::")
    assert re.fullmatch(r"[0-9a-f]{32}", token)
    assert lines[-1] == f"::{token}::"
    assert (
        "\n".join(lines[opening + 1 : -1]).rstrip() == render_record(record, verbose=True).rstrip()
    )
    assert all(line.startswith("::error file=") for line in lines[:opening])
    assert token not in render_github(record, {}, verbose=True)


def test_a_path_is_told_from_the_top_of_the_checkout(
    failed: SpecResult, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "sub"
    folder.mkdir()
    monkeypatch.chdir(folder)
    (line,) = render_annotations(Record(results=(failed,)), {"GITHUB_WORKSPACE": str(tmp_path)})
    assert line.startswith(f"::error file=sub/{PATH},line=31,")


def test_the_summary_is_appended_to(record: Record, tmp_path: Path) -> None:
    path = tmp_path / "summary.md"
    _ = path.write_text("before\n", "utf-8")
    assert fill_step_summary(record, {"GITHUB_STEP_SUMMARY": str(path)}) == ""
    assert path.read_text("utf-8") == "before\n" + render_markdown(record)


def test_a_summary_that_cannot_be_filled_is_a_sentence(record: Record, tmp_path: Path) -> None:
    assert fill_step_summary(record, {}) == (
        "GITHUB_STEP_SUMMARY is not set, so that there is no summary of the step to fill"
    )
    problem = fill_step_summary(record, {"GITHUB_STEP_SUMMARY": str(tmp_path)})
    assert problem == f"cannot write the summary of the step, {tmp_path}: is a directory"
    if Path("/dev/full").exists():
        problem = fill_step_summary(record, {"GITHUB_STEP_SUMMARY": "/dev/full"})
        assert problem.endswith("no space left on device")


def test_a_summary_that_is_full_takes_no_more(record: Record, tmp_path: Path) -> None:
    path = tmp_path / "summary.md"
    _ = path.write_text("x" * ROOM, "utf-8")
    assert fill_step_summary(record, {"GITHUB_STEP_SUMMARY": str(path)}).endswith(
        "is full: nothing was added to it"
    )
    assert path.stat().st_size == ROOM
