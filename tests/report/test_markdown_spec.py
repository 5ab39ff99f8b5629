"""A section has who is wrong in a table, by how much, why, and the command; the rest is folded."""

from dataclasses import replace
from math import inf

from gradverify.baseline.compared import Change, Regression
from gradverify.report.markdown_spec import change_rows, render_section
from gradverify.report.record import Record
from gradverify.verdict.verdict import SpecResult

SECTION = """\
### <code>specs/autograd-intro/two-layer-numpy.grad.yaml:2</code> Two layers by hand: failed

the gradient of <code>loss</code> by <code>w1</code>, as derived, is wrong:

| party | against the truth | allowed | worst at | |
| --- | ---: | ---: | --- | --- |
| rules | 1.1e-15 | 4e-13 | &#91;3, 71&#93; | ok |
| torch | 0 | 4e-13 | &#91;3, 71&#93; | ok |
| derived | 7.3e-01 | 4e-13 | &#91;0, 14&#93; | WRONG derived -12.41, true 3.07 |

**mask-from-wrong-variable** of <code>w1</code>, as derived at \
<code>specs/autograd-intro/two-layer-numpy.grad.yaml:31</code>: <code>grad&#95;h</code> is masked \
where <code>grad&#95;h&#95;relu &lt; 0</code>; masking where <code>h &lt; 0</code> agrees to \
2e-15. Mask with the variable that entered the relu.

Again: <code>gradverify run x</code>"""


def test_a_section_is_told_whole(failed: SpecResult) -> None:
    assert render_section(failed, "gradverify run x") == SECTION


def test_a_fault_is_shown_as_it_was_printed(broken: SpecResult) -> None:
    text = render_section(broken, "gradverify run x")
    assert f"<pre>{broken.faults[0]}</pre>" in text


def test_a_missing_finding_is_named(failed: SpecResult) -> None:
    text = render_section(replace(failed, missing=({"code": "kink", "of": "x|y"},)), "")
    assert "The finding <code>kink</code> (of x&#124;y) is listed, and nobody made it." in text


def test_many_arrays_are_folded_away(failed: SpecResult) -> None:
    wrong = failed.comparisons[2]
    many = tuple(replace(wrong, of=f"w{k}") for k in range(5))
    text = render_section(replace(failed, comparisons=many), "")
    assert text.count("| party |") == 2
    assert "<details><summary>and 3 more arrays, as text</summary>\n\n<pre>" in text
    assert "`w4`" in text


def test_the_command_of_a_finding_stands_in_its_section_alone(failed: SpecResult) -> None:
    code = failed.findings[0].code
    new = Regression(Change.FINDING, "derived", "w1", "", "is new", inf, code=code)
    assert "Again" not in change_rows(failed, (new,), "gradverify run x")[0]
    assert "Again" in change_rows(replace(failed, status="passed"), (new,), "gradverify run x")[0]
    moved = replace(new, change=Change.MOVED)
    assert "Again" in change_rows(failed, (new, moved), "gradverify run x")[0]


def test_a_message_ends_with_a_full_stop_before_its_advice(failed: SpecResult) -> None:
    for message in ("it is wrong", "it is wrong."):
        finding = replace(failed.findings[0], message=message)
        text = render_section(replace(failed, findings=(finding,)), "")
        assert ": it is wrong. Mask with the variable" in text


def test_a_change_is_a_row_and_the_command_is_told_once(against: Record) -> None:
    result = against.results[0]
    rows = change_rows(result, against.compared[result.id].regressions * 2, "gradverify run x")
    assert [row.count(" | ") for row in rows] == [3, 3]
    assert [row.count("<br>Again: <code>gradverify run x</code>") for row in rows] == [1, 0]
